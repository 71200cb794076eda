//! The template miner against the labelled logs of loghub, one setting for all.

use crate::data::shared;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use sting_core::template::{Change, TemplateConfig, TemplateMiner};

/// Grouping accuracy (by line) and F1 of grouping accuracy (by template), as in the benchmark of Zhu et al. (2019) and its
/// revision by Khan et al. (2022): a group counts if it holds exactly the lines of one true template.
fn scores(truth: &[String], found: &[u64]) -> (f64, f64) {
    let groups = |labels: Vec<&dyn std::fmt::Display>| -> BTreeSet<Vec<usize>> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (line, label) in labels.iter().enumerate() {
            groups.entry(label.to_string()).or_default().push(line);
        }
        groups.into_values().collect()
    };
    let truth = groups(truth.iter().map(|label| label as _).collect());
    let found = groups(found.iter().map(|label| label as _).collect());
    let right: Vec<_> = truth.intersection(&found).collect();
    let lines: usize = truth.iter().map(Vec::len).sum();
    let accuracy = right.iter().map(|group| group.len()).sum::<usize>() as f64 / lines as f64;
    (accuracy, 2.0 * right.len() as f64 / (truth.len() + found.len()) as f64)
}

/// The column of a CSV file.
fn column(path: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|header| header == name).unwrap();
    reader.records().map(|record| record.unwrap()[at].to_owned()).collect()
}

/// The template of each line after the last of them was read.
fn mine(lines: &[String]) -> Vec<u64> {
    let mut miner = TemplateMiner::new(TemplateConfig::default()).unwrap();
    let mut became: BTreeMap<u64, u64> = BTreeMap::new();
    let ids: Vec<u64> = lines
        .iter()
        .map(|line| {
            let mined = miner.push(line);
            if let Change::Merged { from } = mined.change {
                became.extend(from.into_iter().map(|old| (old, mined.id)));
            }
            mined.id
        })
        .collect();
    let last = |mut id: u64| {
        while let Some(&next) = became.get(&id) {
            id = next;
        }
        id
    };
    ids.into_iter().map(last).collect()
}

#[test]
fn groups_the_lines_of_labelled_logs() {
    let Some(folder) = shared("loghub_2k") else { return };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let system = entry.unwrap().file_name().into_string().unwrap();
        let path = folder.join(&system).join(format!("{system}_2k.log_structured.csv"));
        if !path.exists() {
            continue;
        }
        let (accuracy, f1) = scores(&column(&path, "EventId"), &mine(&column(&path, "Content")));
        println!("{system:12} grouping accuracy {accuracy:.3}, F1 {f1:.3}");
        all.push((accuracy, f1));
    }
    let mean = |pick: fn(&(f64, f64)) -> f64| all.iter().map(pick).sum::<f64>() / all.len() as f64;
    let (accuracy, f1) = (mean(|s| s.0), mean(|s| s.1));
    println!("{:12} grouping accuracy {accuracy:.3}, F1 {f1:.3}", "mean");
    assert!(accuracy >= 0.92 && f1 >= 0.80, "{accuracy} {f1}");
}
