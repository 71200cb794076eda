//! Trains the table of the built-in embedder.
//!
//! ```text
//! cargo run --release -p sting-vector --features candle --example train_builtin -- MODEL OUT TEXT...
//! ```
//!
//! MODEL is the folder of the teacher (all-MiniLM-L6-v2), OUT the file to write, and each TEXT a
//! file or folder: Rust sources give their documentation comments, WordNet's `data.*` files their
//! glosses, and `.md`, `.rst` and `.txt` files their paragraphs.
//!
//! A passage's vector is to be the weighted sum of a row for each of its tokens. The rows are the
//! ridge regression of the teacher's vectors on the passages' tokens, drawn not to zero but to
//! what the teacher says of each token alone, and solved by conjugate gradients. The teacher's
//! vectors are reduced to their principal components first, so that a prefix of a row is a smaller
//! model.

use std::collections::HashSet;
use std::error::Error;
use std::path::Path;

use rayon::prelude::*;
use sting_core::model::Embedder;
use sting_core::token::Tokenizer;
use sting_vector::embed::{BertEmbedder, Precision, load_tokenizer};

const DIM: usize = 128;
const PASSAGES: usize = 120_000;
/// In the weight `A / (A + frequency)` of a token (Arora et al., 2017).
const A: f32 = 1e-3;
const RIDGE: f32 = 3e-3;
const ITERATIONS: usize = 60;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, out, text @ ..] = arguments.as_slice() else {
        return Err("usage: train_builtin MODEL OUT TEXT...".into());
    };
    let passages = passages(text)?;
    eprintln!("{} passages", passages.len());
    let tokenizer = load_tokenizer(model)?;
    let teacher = BertEmbedder::load_with(model, Precision::Bf16)?;
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    let mut targets = Vec::new();
    for (done, part) in passages.chunks(2048).enumerate() {
        targets.extend(teacher.embed(part)?);
        eprintln!("{} embedded", done * 2048 + part.len());
    }
    let names: Vec<&str> = (0..tokenizer.vocab_size() as u32)
        .map(|id| tokenizer.token(id).unwrap_or_default())
        .map(
            |token| {
                if token.starts_with('[') && token.len() > 1 { "" } else { token.trim_start_matches("##") }
            },
        )
        .collect();
    let mut prior = teacher.embed(&names)?;

    let width = teacher.dim();
    let mean = center(&mut targets, width);
    for row in prior.chunks_exact_mut(width).filter(|row| row.iter().any(|&x| x != 0.0)) {
        row.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
    }
    let basis = principal_components(&targets, width);
    let (targets, mut prior) = (project(&targets, &basis, width), project(&prior, &basis, width));

    let (design, weights) = Design::count(&tokenizer, &passages);
    let predicted = design.times(&prior);
    let scale = dot(&predicted, &targets) / dot(&predicted, &predicted);
    for x in &mut prior {
        *x *= scale;
    }

    // Every twentieth passage is held out, to see what was learnt.
    let (train, test) = design.split();
    let part = |rows: &Design| -> Vec<f32> {
        rows.origin.iter().flat_map(|&row| targets[row * DIM..][..DIM].to_vec()).collect()
    };
    eprintln!(
        "mean cosine of held-out passages, tokens alone: {:.4}",
        mean_cosine(&test.times(&prior), &part(&test))
    );
    let rows = solve(&train, &part(&train), prior);
    eprintln!(
        "mean cosine of held-out passages, fitted: {:.4}",
        mean_cosine(&test.times(&rows), &part(&test))
    );
    eprintln!("and of those fitted: {:.4}", mean_cosine(&train.times(&rows), &part(&train)));
    std::fs::write(out, quantize(&rows, &weights))?;
    Ok(())
}

/// Distinct passages of 60 to 600 characters, in an order that depends on their content alone.
fn passages(paths: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = HashSet::new();
    let mut paths: Vec<std::path::PathBuf> = paths.iter().map(Into::into).collect();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let fits = |passage: &String| (60..=600).contains(&passage.len());
            found.extend(split(&path, &text).into_iter().filter(fits));
        }
    }
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort_by_cached_key(|passage| sting_core::Id::of([passage]));
    found.truncate(PASSAGES);
    Ok(found)
}

fn split(path: &Path, text: &str) -> Vec<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    if name.starts_with("data.") && ["noun", "verb", "adj", "adv"].contains(&&*extension) {
        // synset_offset lex_filenum ss_type w_cnt word lex_id [word lex_id...] ... | gloss
        let gloss = |line: &str| {
            let (fields, gloss) = line.split_once(" | ")?;
            let mut fields = fields.split(' ').skip(3);
            let count = usize::from_str_radix(fields.next()?, 16).ok()?;
            let words: Vec<&str> = fields.step_by(2).take(count).collect();
            Some(format!("{}: {}", words.join(", ").replace('_', " "), gloss.trim()))
        };
        return text.lines().filter(|line| !line.starts_with(' ')).filter_map(gloss).collect();
    }
    match &*extension {
        "rs" => paragraphs(text.lines().map(|line| {
            let line = line.trim_start();
            line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).unwrap_or_default()
        })),
        "md" | "rst" | "txt" => paragraphs(text.lines()),
        _ => Vec::new(),
    }
}

fn paragraphs<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut code = false;
    for line in lines.map(str::trim) {
        code ^= line.starts_with("```");
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() && !code && !line.starts_with("```") => {
                last.push_str(line);
                last.push(' ');
            }
            _ => paragraphs.push(String::new()),
        }
    }
    paragraphs
}

/// The passages' tokens: a sparse row each, whose weights sum to 1.
struct Design {
    rows: Vec<Vec<(u32, f32)>>,
    /// Which passage each row is.
    origin: Vec<usize>,
    columns: usize,
}

impl Design {
    /// Also gives the weight of each token.
    fn count(tokenizer: &Tokenizer, passages: &[&str]) -> (Self, Vec<f32>) {
        let tokens: Vec<Vec<u32>> = passages
            .par_iter()
            .map(|passage| {
                let mut tokens = Vec::new();
                tokenizer.encode_into(passage, &mut tokens, false);
                // No more than the teacher has read.
                tokens.truncate(254);
                tokens
            })
            .collect();
        let columns = tokenizer.vocab_size();
        let mut counts = vec![0.0f32; columns];
        tokens.iter().flatten().for_each(|&token| counts[token as usize] += 1.0);
        let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        let weights: Vec<f32> = counts.iter().map(|&count| A / (A + count / total as f32)).collect();
        let row = |mut tokens: Vec<u32>| {
            tokens.sort_unstable();
            let sum: f32 = tokens.iter().map(|&token| weights[token as usize]).sum();
            let group = |same: &[u32]| (same[0], same.len() as f32 * weights[same[0] as usize] / sum);
            tokens.chunk_by(|a, b| a == b).map(group).collect()
        };
        let origin = (0..tokens.len()).collect();
        let rows = tokens.into_iter().map(row).collect();
        (Self { rows, origin, columns }, weights)
    }

    fn split(self) -> (Self, Self) {
        let (test, train): (Vec<_>, Vec<_>) =
            self.rows.into_iter().zip(self.origin).partition(|(_, at)| at % 20 == 0);
        let side = |part: Vec<(Vec<(u32, f32)>, usize)>| {
            let (rows, origin) = part.into_iter().unzip();
            Self { rows, origin, columns: self.columns }
        };
        (side(train), side(test))
    }

    /// A row of [`DIM`] numbers for each passage.
    fn times(&self, table: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; self.rows.len() * DIM];
        out.par_chunks_exact_mut(DIM).zip(&self.rows).for_each(|(out, row)| {
            for &(token, weight) in row {
                let row = &table[token as usize * DIM..][..DIM];
                out.iter_mut().zip(row).for_each(|(x, y)| *x += weight * y);
            }
        });
        out
    }

    /// A row of [`DIM`] numbers for each token.
    fn transposed_times(&self, passages: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; self.columns * DIM];
        for (row, passage) in self.rows.iter().zip(passages.chunks_exact(DIM)) {
            for &(token, weight) in row {
                let out = &mut out[token as usize * DIM..][..DIM];
                out.iter_mut().zip(passage).for_each(|(x, y)| *x += weight * y);
            }
        }
        out
    }
}

/// Conjugate gradients on `(X'X + ridge) D = X'(Y - X prior)`, all columns at once; `prior + D`.
fn solve(design: &Design, targets: &[f32], prior: Vec<f32>) -> Vec<f32> {
    let ridge = RIDGE;
    let predicted = design.times(&prior);
    let rest: Vec<f32> = targets.iter().zip(&predicted).map(|(y, p)| y - p).collect();
    let mut residual = design.transposed_times(&rest);
    let mut direction = residual.clone();
    let mut rows = prior;
    let mut norms = column_dots(&residual, &residual);
    for iteration in 0..ITERATIONS {
        let mut image = design.transposed_times(&design.times(&direction));
        image.iter_mut().zip(&direction).for_each(|(x, d)| *x += ridge * d);
        let curvature = column_dots(&direction, &image);
        let step: Vec<f32> = norms.iter().zip(&curvature).map(|(n, c)| (n / c.max(1e-30)) as f32).collect();
        add_scaled(&mut rows, &direction, &step, 1.0);
        add_scaled(&mut residual, &image, &step, -1.0);
        let next = column_dots(&residual, &residual);
        let turn: Vec<f32> = next.iter().zip(&norms).map(|(n, old)| (n / old.max(1e-30)) as f32).collect();
        for (direction, residual) in direction.chunks_exact_mut(DIM).zip(residual.chunks_exact(DIM)) {
            for ((d, r), turn) in direction.iter_mut().zip(residual).zip(&turn) {
                *d = r + turn * *d;
            }
        }
        norms = next;
        if iteration % 10 == 9 {
            eprintln!("iteration {}: residual {:.2e}", iteration + 1, norms.iter().sum::<f64>().sqrt());
        }
    }
    rows
}

fn add_scaled(x: &mut [f32], y: &[f32], step: &[f32], sign: f32) {
    for (x, y) in x.chunks_exact_mut(DIM).zip(y.chunks_exact(DIM)) {
        for ((x, y), step) in x.iter_mut().zip(y).zip(step) {
            *x += sign * step * y;
        }
    }
}

fn column_dots(a: &[f32], b: &[f32]) -> Vec<f64> {
    let mut dots = vec![0.0; DIM];
    for (a, b) in a.chunks_exact(DIM).zip(b.chunks_exact(DIM)) {
        dots.iter_mut().zip(a.iter().zip(b)).for_each(|(dot, (a, b))| *dot += f64::from(a * b));
    }
    dots
}

fn center(rows: &mut [f32], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    let count = (rows.len() / width) as f32;
    rows.chunks_exact(width)
        .for_each(|row| mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x / count));
    rows.chunks_exact_mut(width).for_each(|row| row.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean));
    mean
}

/// The [`DIM`] directions of greatest variance, greatest first, by orthogonal iteration.
fn principal_components(rows: &[f32], width: usize) -> Vec<Vec<f32>> {
    let sample = rows.chunks_exact(width).step_by(rows.len() / width / 10_000 + 1);
    let mut covariance = vec![vec![0.0f32; width]; width];
    for row in sample {
        for (covariance, &x) in covariance.iter_mut().zip(row) {
            covariance.iter_mut().zip(row).for_each(|(c, y)| *c += x * y);
        }
    }
    let seed = |at: usize| (0..width).map(|i| ((at * 7919 + i * 104_729) % 1009) as f32 - 504.0).collect();
    let mut basis: Vec<Vec<f32>> = (0..DIM).map(seed).collect();
    for _ in 0..60 {
        basis =
            basis.par_iter().map(|vector| covariance.iter().map(|row| dot(row, vector)).collect()).collect();
        for at in 0..DIM {
            let (done, rest) = basis.split_at_mut(at);
            let vector = &mut rest[0];
            for earlier in done {
                let share = dot(earlier, vector);
                vector.iter_mut().zip(earlier).for_each(|(x, y)| *x -= share * *y);
            }
            let norm = dot(vector, vector).sqrt();
            for x in vector {
                *x /= norm;
            }
        }
    }
    basis
}

fn project(rows: &[f32], basis: &[Vec<f32>], width: usize) -> Vec<f32> {
    rows.par_chunks_exact(width).flat_map_iter(|row| basis.iter().map(|vector| dot(row, vector))).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn mean_cosine(a: &[f32], b: &[f32]) -> f32 {
    let rows = a.chunks_exact(DIM).zip(b.chunks_exact(DIM));
    let cosine = |(a, b)| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-12);
    rows.map(cosine).sum::<f32>() / (a.len() / DIM) as f32
}

/// The file of the table: a scale a row, then a byte a number; the tokens' weights are in the rows.
fn quantize(rows: &[f32], weights: &[f32]) -> Vec<u8> {
    let scaled = |row: &[f32], weight: f32| row.iter().map(|x| x * weight).collect::<Vec<f32>>();
    let rows: Vec<Vec<f32>> =
        rows.chunks_exact(DIM).zip(weights).map(|(row, &weight)| scaled(row, weight)).collect();
    let scales: Vec<f32> =
        rows.iter().map(|row| row.iter().fold(0.0f32, |most, x| most.max(x.abs())) / 127.0).collect();
    let mut bytes: Vec<u8> = scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
    for (row, scale) in rows.iter().zip(&scales) {
        bytes.extend(row.iter().map(|x| (x / scale.max(1e-30)).round() as i8 as u8));
    }
    bytes
}
