//! SigmaHQ's rules on what their authors recorded for them.

use std::fs;
use std::path::{Path, PathBuf};

use sting_core::event::Event;
use sting_core::sigma::RuleSet;

use crate::eval::shared;
use crate::job::Failure;

pub(super) fn run() -> Result<(), Failure> {
    let root = shared("sigma")?;
    let mut files = Vec::new();
    for folder in ["rules", "rules-compliance", "rules-emerging-threats", "rules-threat-hunting"] {
        for path in below(&root.join(folder), &["yml"])? {
            files.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    let rules = RuleSet::parse(files);
    let (mut recordings, mut found, mut exact, mut more) = (0, 0, 0, 0);
    for info in below(&root.join("regression_data"), &["yml"])? {
        let text = fs::read_to_string(&info)?;
        let rule = text.split_once("rule_metadata:").and_then(|(_, rest)| scalar(rest, "id:"));
        let rule = rule.ok_or("a recording names no rule")?;
        let expected = scalar(&text, "match_count:").map(str::parse::<usize>).transpose()?;
        for path in below(info.parent().unwrap_or(&root), &["json", "raw"])? {
            let hits = events(&path)?.iter().filter(|event| is_found(&rules, event, rule)).count();
            recordings += 1;
            found += usize::from(hits > 0);
            exact += usize::from(expected.is_none_or(|expected| expected == hits) && hits > 0);
            more += usize::from(expected.is_some_and(|expected| expected < hits));
        }
    }
    println!("## Rules\n");
    println!("{} rules compiled, {} refused.\n", rules.len(), rules.errors().len());
    println!(
        "| recordings | rule found | as often as its authors say, or found where they say nothing | more often |"
    );
    println!("|---:|---:|---:|---:|\n| {recordings} | {found} | {exact} | {more} |\n");
    Ok(())
}

fn is_found(rules: &RuleSet, event: &Event, rule: &str) -> bool {
    rules.matches(event).iter().any(|found| found.rule_id == rule)
}

/// The events of a recording: JSON objects one after the other, or lines.
fn events(path: &Path) -> Result<Vec<Event>, Failure> {
    let text = fs::read_to_string(path)?;
    if path.extension().is_some_and(|extension| extension == "raw") {
        return Ok(text.lines().map(Event::from_text).collect());
    }
    let values = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
    values.map(|value| Ok(Event::from_json(value?.to_string().as_bytes())?)).collect()
}

/// The value of a line such as `match_count: 4` that is no comment.
fn scalar<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(key)).map(str::trim)
}

/// Every file below a folder with one of these extensions, in order.
pub(super) fn below(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
