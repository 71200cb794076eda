//! Templates, on the labelled lines of loghub: grouping accuracy by line (Zhu and others, 2019) and its F1 by template (Khan
//! and others, 2022). A group counts if it holds exactly the lines of one true template.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sting_core::template::{TemplateConfig, TemplateId, TemplateMiner};

use crate::eval::shared;
use crate::job::Failure;

pub(super) fn run() -> Result<(), Failure> {
    let root = shared("loghub_2k")?;
    println!(
        "## Templates\n\nOne setting for all systems.\n\n| system | grouping accuracy | FGA |\n|---|---:|---:|"
    );
    let mut systems: Vec<String> = std::fs::read_dir(&root)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, Failure>>()?;
    systems.sort();
    let (mut accuracies, mut f1s, mut count) = (0.0, 0.0, 0.0);
    for system in systems {
        let path = root.join(&system).join(format!("{system}_2k.log_structured.csv"));
        if !path.exists() {
            continue;
        }
        let [truth, lines] = columns(&path, ["EventId", "Content"])?;
        let (accuracy, f1) = grouping(&truth, &mine(&lines)?);
        println!("| {system} | {accuracy:.3} | {f1:.3} |");
        (accuracies, f1s, count) = (accuracies + accuracy, f1s + f1, count + 1.0);
    }
    println!("| mean | {:.3} | {:.3} |\n", accuracies / count, f1s / count);
    Ok(())
}

/// The template of each line after the last of them was read, with those that it was merged or split into.
fn mine(lines: &[String]) -> Result<Vec<TemplateId>, Failure> {
    let mut miner = TemplateMiner::new(TemplateConfig::default())?;
    let mut became = BTreeMap::new();
    let mut ids = Vec::with_capacity(lines.len());
    for line in lines {
        let mined = miner.push(line);
        became.extend(mined.change.replaced().iter().map(|old| (*old, mined.id)));
        ids.push(mined.id);
    }
    for id in &mut ids {
        while let Some(next) = became.get(id) {
            *id = *next;
        }
    }
    Ok(ids)
}

fn grouping(truth: &[String], found: &[TemplateId]) -> (f64, f64) {
    let truth = groups(truth);
    let found = groups(found);
    let right: Vec<&Vec<usize>> = truth.intersection(&found).collect();
    let lines: usize = truth.iter().map(Vec::len).sum();
    let accuracy = right.iter().map(|group| group.len()).sum::<usize>() as f64 / lines as f64;
    (accuracy, 2.0 * right.len() as f64 / (truth.len() + found.len()) as f64)
}

/// The lines of each label.
fn groups<T: Ord>(labels: &[T]) -> BTreeSet<Vec<usize>> {
    let mut groups: BTreeMap<&T, Vec<usize>> = BTreeMap::new();
    for (line, label) in labels.iter().enumerate() {
        groups.entry(label).or_default().push(line);
    }
    groups.into_values().collect()
}

/// Columns of a CSV file, by name.
pub(super) fn columns<const N: usize>(path: &Path, names: [&str; N]) -> Result<[Vec<String>; N], Failure> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let mut columns = std::array::from_fn(|_| Vec::new());
    for record in reader.records() {
        let record = record?;
        for (column, name) in columns.iter_mut().zip(names) {
            let at = headers.iter().position(|header| header == name).ok_or("a column is missing")?;
            column.push(record[at].to_owned());
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::grouping;

    /// Lines 0 and 1 are grouped rightly, 2 and 3 should be apart.
    #[test]
    fn grouping_by_hand() {
        let truth = ["a", "a", "b", "c"].map(str::to_owned);
        assert_eq!(grouping(&truth, &[7, 7, 8, 8]), (0.5, 2.0 / 5.0));
    }
}
