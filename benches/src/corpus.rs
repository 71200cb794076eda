//! Generated inputs, for what real data does not cover or where there is none. The same count and seed
//! give the same bytes everywhere.

use std::fs;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sting_cli::generate;

use crate::job::Failure;

/// Writes `count` items of a kind: one file, or a folder of files for `documents`.
///
/// # Errors
/// Fails if there is no such kind or the path cannot be written.
pub fn write(kind: &str, count: usize, seed: u64, out: &Path) -> Result<(), Failure> {
    match kind {
        "logs" => fs::write(out, joined(generate::logs(count, seed).0, "\n"))?,
        "events" => {
            let events = generate::events(count, seed).0;
            fs::write(out, joined(events.iter().map(ToString::to_string), "\n"))?;
        }
        "prose" => fs::write(out, joined(texts(count, seed, ".txt")?, "\n\n"))?,
        "markdown" => fs::write(out, joined(texts(count, seed, ".md")?, "\n\n"))?,
        "vectors" => Vectors::generate(count, seed).write(out)?,
        "documents" => {
            for document in generate::documents(count, seed).0 {
                let path = out.join(document.name);
                fs::create_dir_all(path.parent().unwrap_or(out))?;
                fs::write(path, document.bytes)?;
            }
        }
        _ => return Err(format!("no corpus is called {kind}").into()),
    }
    Ok(())
}

fn joined(items: impl IntoIterator<Item = String>, end: &str) -> String {
    items.into_iter().flat_map(|item| [item, end.to_owned()]).collect()
}

/// The texts of those of `count` generated documents whose name has this ending.
///
/// # Errors
/// Fails if one of them is not UTF-8.
pub fn texts(count: usize, seed: u64, ending: &str) -> Result<Vec<String>, Failure> {
    let documents = generate::documents(count, seed).0.into_iter();
    let texts = documents.filter(|document| document.name.ends_with(ending));
    texts.map(|document| Ok(String::from_utf8(document.bytes)?)).collect()
}

/// Rows to search, queries, and the true nearest rows of each query by cosine.
#[derive(Debug, PartialEq)]
pub struct Vectors {
    /// Numbers in a row.
    pub dim: usize,
    /// Unit rows, one after the other.
    pub base: Vec<f32>,
    /// Unit queries, one after the other.
    pub queries: Vec<f32>,
    /// [`Vectors::DEPTH`] row numbers a query, the nearest first.
    pub truth: Vec<u32>,
}

impl Vectors {
    /// How many true neighbours are kept for a query.
    pub const DEPTH: usize = 100;
    const QUERIES: usize = 500;

    /// Rows of 384 numbers in 200 overlapping clusters of 32 inner dimensions: as hard for a graph as text
    /// embeddings are, unlike uniform noise (harder) or far clusters (easier).
    fn generate(count: usize, seed: u64) -> Self {
        const DIM: usize = 384;
        const INNER: usize = 32;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = move || (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0;
        let spread: Vec<f32> = (0..INNER * DIM).map(|_| normal()).collect();
        let centres: Vec<[f32; INNER]> = (0..200).map(|_| std::array::from_fn(|_| normal())).collect();
        let mut rows = |count: usize| {
            let mut rows = Vec::with_capacity(count * DIM);
            for row in 0..count {
                // Multiplying by a large odd number visits the clusters in a mixed order.
                let centre = &centres[row.wrapping_mul(2_654_435_761) % centres.len()];
                let inner = centre.map(|x| x + 0.8 * normal());
                let mut row: Vec<f32> = (0..DIM).map(|_| 0.5 * normal()).collect();
                for (weight, direction) in inner.iter().zip(spread.chunks(DIM)) {
                    row.iter_mut().zip(direction).for_each(|(x, d)| *x += weight * d);
                }
                let length = dot(&row, &row).sqrt();
                rows.extend(row.iter().map(|x| x / length));
            }
            rows
        };
        let (base, queries) = (rows(count), rows(Self::QUERIES));
        let truth = queries.chunks(DIM).flat_map(|query| nearest(&base, query, Self::DEPTH)).collect();
        Self { dim: DIM, base, queries, truth }
    }

    /// Share of the true `k` nearest rows that were found, over all queries.
    pub fn recall(&self, found: &[Vec<u32>], k: usize) -> f64 {
        let depth = self.truth.len() * self.dim / self.queries.len();
        let hits = found.iter().zip(self.truth.chunks(depth)).map(|(found, truth)| {
            found.iter().take(k).filter(|id| truth[..k.min(depth)].contains(id)).count()
        });
        hits.sum::<usize>() as f64 / (found.len() * k) as f64
    }

    // Four counts (rows, queries, dimensions, depth), then base, queries and truth; all little-endian, 4 bytes each.
    fn write(&self, out: &Path) -> Result<(), Failure> {
        let queries = self.queries.len() / self.dim;
        let counts = [self.base.len() / self.dim, queries, self.dim, self.truth.len() / queries];
        let mut bytes: Vec<u8> = counts.iter().flat_map(|n| (*n as u32).to_le_bytes()).collect();
        bytes.extend(self.base.iter().chain(&self.queries).flat_map(|x| x.to_le_bytes()));
        bytes.extend(self.truth.iter().flat_map(|id| id.to_le_bytes()));
        Ok(fs::write(out, bytes)?)
    }

    /// Reads what `corpus vectors` wrote.
    ///
    /// # Errors
    /// Fails if the file cannot be read or is shorter than it says.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(path)?;
        let mut words = bytes.as_chunks::<4>().0.iter().copied();
        let mut count =
            || words.next().map(|word| u32::from_le_bytes(word) as usize).ok_or("the file is empty");
        let (rows, queries, dim, depth) = (count()?, count()?, count()?, count()?);
        let base: Vec<f32> = words.by_ref().take(rows * dim).map(f32::from_le_bytes).collect();
        let queries: Vec<f32> = words.by_ref().take(queries * dim).map(f32::from_le_bytes).collect();
        let truth: Vec<u32> = words.map(u32::from_le_bytes).collect();
        if dim == 0 || truth.len() != queries.len() / dim * depth {
            return Err(format!("{} is cut short; delete it", path.display()).into());
        }
        Ok(Self { dim, base, queries, truth })
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn nearest(base: &[f32], query: &[f32], k: usize) -> Vec<u32> {
    let scores = base.chunks(query.len()).map(|row| dot(row, query));
    let mut ranked: Vec<(f32, u32)> = scores.zip(0u32..).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked.iter().take(k).map(|(_, id)| *id).collect()
}

#[cfg(test)]
mod tests {
    use super::Vectors;

    #[test]
    fn vectors_survive_the_disk_and_know_their_neighbours() {
        let vectors = Vectors::generate(300, 1);
        assert_eq!(vectors, Vectors::generate(300, 1));
        let path = std::env::temp_dir().join(format!("sting-bench-{}.vectors", std::process::id()));
        vectors.write(&path).unwrap();
        assert_eq!(vectors, Vectors::read(&path).unwrap());
        std::fs::remove_file(path).unwrap();

        let truth: Vec<Vec<u32>> = vectors.truth.chunks(Vectors::DEPTH).map(<[u32]>::to_vec).collect();
        assert_eq!(vectors.recall(&truth, 10), 1.0);
        let half: Vec<Vec<u32>> = truth.iter().map(|ids| [&ids[..5], &[999; 5]].concat()).collect();
        assert_eq!(vectors.recall(&half, 10), 0.5);
    }
}
