//! The public rule corpus against the events that its authors recorded for it.

use crate::data::shared;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sting_core::event::Event;
use sting_core::sigma::RuleSet;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("UTF-8")
}

/// Every file below `folder` with one of these extensions, in order.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// All rules of the corpus.
fn corpus(root: &Path) -> RuleSet {
    let folders = ["rules", "rules-compliance", "rules-emerging-threats", "rules-threat-hunting"];
    let paths = folders.iter().flat_map(|folder| files(&root.join(folder), &["yml"]));
    RuleSet::parse(paths.map(|path| {
        let yaml = read(&path);
        (path.display().to_string(), yaml)
    }))
}

/// The JSON objects of a file, one after the other.
fn objects(path: &Path) -> Vec<Event> {
    let text = read(path);
    let values = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
    values
        .map(|value| Event::from_json(value.expect("JSON").to_string().as_bytes()).expect("an event"))
        .collect()
}

/// The value of a scalar line such as `match_count: 4`, for the few keys of a corpus file.
fn line_value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(key)).map(str::trim)
}

#[test]
fn the_corpus_compiles() {
    let Some(root) = shared("sigma") else { return };
    let rules = corpus(&root);
    assert_eq!(rules.errors(), []);
    assert_eq!(rules.len(), 3757);
    let missing: Vec<_> = rules.warnings().map(|warning| warning.message).collect();
    assert_eq!(missing, vec!["no values for the placeholder known_cdcs; give some"; 2]);
}

/// Each rule with recorded events matches as many of them as its authors say.
#[test]
fn recorded_events_are_found() {
    let Some(root) = shared("sigma") else { return };
    let rules = corpus(&root);
    let (mut recordings, mut wrong, mut more) = (0, BTreeMap::new(), Vec::new());
    for info in files(&root.join("regression_data"), &["yml"]) {
        let text = read(&info);
        let rule = text.split_once("rule_metadata:").and_then(|(_, rest)| line_value(rest, "id:")).unwrap();
        for path in files(info.parent().unwrap(), &["json", "raw"]) {
            recordings += 1;
            let events = match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => objects(&path),
                _ => read(&path).lines().map(Event::from_text).collect(),
            };
            // Where no count is given, the recording has to be found at all.
            let expected = line_value(&text, "match_count:").map(|count| count.parse::<usize>().unwrap());
            let found = events
                .iter()
                .filter(|event| rules.matches(event).iter().any(|found| found.rule_id == rule))
                .count();
            if found == 0 || expected.is_some_and(|expected| found < expected) {
                wrong.insert(rule.to_owned(), (found, expected, events.len()));
            } else if expected.is_some_and(|expected| found > expected) {
                more.push(rule.to_owned());
            }
        }
    }
    assert!(recordings >= 95, "{recordings} recordings");
    assert!(wrong.is_empty(), "{wrong:#?}");
    // In two recordings more events match than their authors counted: three write `AnyDesk\user.conf`,
    // and three write `procdump*.exe`.
    assert_eq!(more, ["0b9ad457-2554-44c1-82c2-d56a99c42377", "8fbf3271-1ef6-4e94-8210-03c2317947f6"]);
}

/// The engine finds what evaluating every rule in turn finds, on every event there is.
#[test]
fn the_engine_agrees_with_the_full_scan() {
    let Some(root) = shared("sigma") else { return };
    let rules = corpus(&root);
    let mut events: Vec<Event> =
        files(&root.join("regression_data"), &["json"]).iter().flat_map(|path| objects(path)).collect();
    let recorded = events.len();
    for path in shared("mordor").iter().flat_map(|root| files(root, &["zip"])) {
        // A part of each recording, from all over it.
        let lines = unzipped(&path);
        let step = (lines.len() / 40).max(1);
        events.extend(
            lines.iter().step_by(step).map(|line| Event::from_json(line.as_bytes()).expect("an event")),
        );
    }
    println!("{recorded} events of the rules' authors, {} of attack recordings", events.len() - recorded);
    let differences = events
        .par_iter()
        .filter(|event| rules.matches(event) != rules.matches_by_full_scan(event))
        .map(|event| event.raw().to_owned())
        .collect::<Vec<_>>();
    assert_eq!(differences, Vec::<String>::new());
}

/// The lines of all files of an archive; none where there is no `unzip`.
fn unzipped(archive: &Path) -> Vec<String> {
    let Ok(output) = std::process::Command::new("unzip").arg("-p").arg(archive).output() else {
        println!("skipped: no unzip");
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// A match says which field, value and pattern it is due to.
#[test]
fn a_match_explains_itself() {
    let yaml = r"
title: Encoded PowerShell
id: 6f1f5ae4-0000-4000-8000-000000000001
level: high
tags: [attack.execution, attack.t1059.001]
logsource: {category: process_creation, product: windows}
detection:
    image:
        - Image|endswith: ['\powershell.exe', '\pwsh.exe']
        - OriginalFileName: PowerShell.EXE
    flag:
        CommandLine|contains|windash: ' -enc'
    filter_parent:
        ParentImage|startswith: 'C:\Program Files\Tool\'
    condition: image and flag and not 1 of filter_*
";
    let rules = RuleSet::parse([("enc.yml".to_owned(), yaml.to_owned())]);
    assert_eq!(rules.errors(), []);
    let event = |parent: &str| {
        let json = serde_json::json!({"Event": {"EventData": {
            "Image": r"C:\Windows\System32\WindowsPowerShell\v1.0\PowerShell.exe",
            "CommandLine": "powershell.exe /Enc SQBFAFgA",
            "ParentImage": parent,
        }}});
        rules.matches(&Event::from_json(json.to_string().as_bytes()).unwrap())
    };
    assert!(event(r"C:\Program Files\Tool\run.exe").is_empty());
    let matches = event(r"C:\Windows\explorer.exe");
    assert_eq!(matches.len(), 1);
    let found: Vec<_> = matches[0].fields.iter().map(|f| (f.field.as_str(), f.pattern.as_str())).collect();
    assert_eq!(found, [("Image", r"*\powershell.exe"), ("CommandLine", "* -enc*")]);
    assert_eq!(matches[0].fields[1].value, "powershell.exe /Enc SQBFAFgA");
    assert_eq!(matches[0].tags[1], "attack.t1059.001");
}
