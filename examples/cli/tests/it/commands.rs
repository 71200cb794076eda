use crate::sting::{STING, Sandbox};
use serde_json::{Value, json};
use std::process::Stdio;

const RULE: &str = "title: Shell from the office
id: 4f7b0c9e-1a0e-4f0a-9c55-0d6a1f1f2c11
logsource: {category: process_creation, product: windows}
level: high
detection:
  selection:
    Image|endswith: '\\cmd.exe'
  condition: selection
";

#[test]
fn scrub() {
    let sandbox = Sandbox::new();
    let text = "Schreib an Jörg: joerg@alpenwetter.example 😀\n";
    let said = sandbox.sting_with(&["scrub", "--report"], text.as_bytes());
    assert_eq!(said.out, "Schreib an [PERSON]: [EMAIL] 😀\n");
    assert!(said.err.contains("1  email  replace"), "{}", said.err);

    sandbox.file("note.txt", text);
    let removed = sandbox.sting("scrub note.txt --action email=remove --json").json();
    assert_eq!(removed[0]["text"], "Schreib an [PERSON]:  😀\n");
    let finding = &removed[0]["findings"][1];
    assert_eq!(
        (&finding["start"], &finding["end"], &finding["action"]),
        (&json!(17), &json!(42), &json!("remove"))
    );

    sandbox.file("key", "0123456789abcdef");
    let hashed = sandbox.sting("scrub note.txt --action *=hash --key-file key").ok();
    assert!(hashed.contains("[EMAIL:") && !hashed.contains("joerg"), "{hashed}");
    sandbox.sting("scrub note.txt --action *=hash").failed(1);
    sandbox.sting("scrub note.txt --action email=burn").failed(2);
}

#[test]
fn find() {
    let sandbox = Sandbox::new();
    let text = "first line\n😀 é: ana@example.org, card 4111 1111 1111 1111\n";
    let found = sandbox.sting_with(&["find", "--json"], text.as_bytes()).json();
    let characters: Vec<char> = text.chars().collect();
    let places: Vec<(String, String)> = found
        .iter()
        .map(|found| {
            let span = found["start"].as_u64().unwrap() as usize..found["end"].as_u64().unwrap() as usize;
            (found["kind"].as_str().unwrap().to_owned(), characters[span].iter().collect())
        })
        .collect();
    assert_eq!(
        places,
        [("email".into(), "ana@example.org".into()), ("credit_card".into(), "4111 1111 1111 1111".into())]
    );
    let plain = sandbox.sting_with(&["find"], text.as_bytes()).ok();
    assert!(plain.starts_with("-:2:6: email ("), "{plain}");
    assert!(!plain.contains("ana@"), "values are not printed");
    let only = sandbox.sting_with(&["find", "--entity", "credit_card", "--json"], text.as_bytes()).json();
    assert_eq!(only.len(), 1);
}

#[test]
fn chunk() {
    let sandbox = Sandbox::new();
    let text = "# Bienen\n\nÜber Bienen. Sie tanzen.\n\n# Wespen\n\nNicht.\n";
    sandbox.file("bees.md", text);
    let chunks = sandbox.sting("chunk bees.md --max-size 40 --json").json();
    let characters: Vec<char> = text.chars().collect();
    for chunk in &chunks {
        let span = chunk["start"].as_u64().unwrap() as usize..chunk["end"].as_u64().unwrap() as usize;
        assert_eq!(chunk["text"], characters[span].iter().collect::<String>());
        assert!(chunk["size"].as_u64().unwrap() <= 40);
    }
    assert_eq!(chunks.last().unwrap()["heading"], json!(["Wespen"]));
    assert!(sandbox.sting("chunk bees.md --max-size 40").ok().contains("> Wespen") || chunks.len() > 1);
    let long = text.repeat(20_000);
    let piped = sandbox.sting_with(&["chunk", "-", "--kind", "markdown", "--json"], long.as_bytes()).json();
    assert!(piped.len() > 1000);
    assert_eq!(piped.last().unwrap()["end"], long.trim_end().chars().count());
    let code = "class Bee:\n    def fly(self):\n        return 1\n\n    def rest(self):\n        return 2\n";
    sandbox.file("bee.py", code);
    let code = sandbox.sting("chunk bee.py --kind code:python --max-size 50 --json").json();
    assert_eq!(code.last().unwrap()["heading"], json!(["class Bee", "def rest"]));
    let both = "Bees make honey. Bees live in hives. Über Regen. Rain falls, and rain is cold.";
    sandbox.file("both.txt", both);
    let meaning = sandbox.sting("chunk both.txt --kind semantic --max-size 60 --json").json();
    let texts: Vec<_> = meaning.iter().map(|chunk| chunk["text"].as_str().unwrap()).collect();
    assert!(texts.len() > 1 && texts.join(" ") == both, "{texts:?}");
    sandbox.sting("chunk bees.md --unit tokens").failed(1);
    sandbox.sting("chunk bees.md --unit furlongs").failed(2);
}

#[test]
fn embed() {
    let sandbox = Sandbox::new();
    let lines = sandbox.sting_with(&["embed"], b"a cat\n\na dog\n").json();
    assert_eq!(lines.len(), 3);
    let dim = lines[0]["vector"].as_array().unwrap().len();
    assert!(dim > 0 && lines.iter().all(|line| line["vector"].as_array().unwrap().len() == dim));
    assert_eq!(lines[2]["index"], 2);
    // Nothing to embed is told, and only then.
    let empty: Vec<bool> = lines.iter().map(|line| line["empty"] == true).collect();
    assert_eq!(empty, [false, true, false]);
}

#[test]
fn index_and_search() {
    let sandbox = Sandbox::new();
    sandbox.file("docs/snow.md", "# Snow\n\nA spider sat on the sensor. Ask ana@example.org.\n");
    sandbox.file("docs/mast.txt", "The mast was replaced after the storm.\n");
    let index = || sandbox.sting("index docs --store store --json").json().remove(0);
    let manifest = index();
    assert_eq!(
        (&manifest["documents"]["new"], &manifest["findings"]["email"]["replace"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(index()["documents"]["unchanged"], 2);
    sandbox.file("docs/mast.txt", "The mast was replaced after the storm of last winter.\n");
    std::fs::remove_file(sandbox.path("docs/snow.md")).unwrap();
    let third = index();
    assert_eq!((&third["documents"]["changed"], &third["documents"]["deleted"]), (&json!(1), &json!(1)));

    // Another folder in the same jar leaves the first one alone.
    sandbox.file("more/snow.md", "# Snow\n\nA spider sat on the sensor. Ask ana@example.org.\n");
    sandbox.sting("index more --store store").ok();
    assert_eq!(index()["documents"]["deleted"], 0);

    let hits =
        sandbox.sting_with(&["search", "spider on the sensor", "--store", "store", "--json", "-k", "1"], b"");
    let hits = hits.json();
    assert_eq!(hits.len(), 1);
    assert_eq!(
        (&hits[0]["metadata"]["document"], &hits[0]["metadata"]["heading"]),
        (&json!("snow.md"), &json!(["Snow"]))
    );
    assert!(hits[0]["text"].as_str().unwrap().contains("[EMAIL]"));
    let filter =
        ["search", "mast storm", "--store", "store", "--json", "--filter", r#"{"document": "mast.txt"}"#];
    let filtered = sandbox.sting_with(&filter, b"").json();
    assert!(filtered.iter().all(|hit| hit["metadata"]["document"] == "mast.txt") && !filtered.is_empty());
    let plain = sandbox.sting("search mast --store store --mode keyword").ok();
    assert!(plain.contains("mast.txt, bytes 0 to "), "{plain}");

    assert!(sandbox.sting("search mast --store store --jar nowhere").failed(2).contains("documents"));
    sandbox.sting("search mast --store store --filter {").failed(2);
    sandbox.sting("verify store").ok();
}

#[test]
fn detect_and_analyze() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/shell.yml", RULE);
    sandbox.file(
        "events.jsonl",
        "{\"Image\": \"C:\\\\Windows\\\\explorer.exe\"}\n\n{\"Image\": \"C:\\\\Windows\\\\cmd.exe\"}\n",
    );
    let said = sandbox.sting("detect events.jsonl --rules rules --json");
    assert!(said.err.contains("1 of 2 events matched 1 rule"), "{}", said.err);
    let matches = said.json();
    assert_eq!(matches.len(), 1);
    assert_eq!((&matches[0]["line"], &matches[0]["level"]), (&json!(3), &json!("high")));
    assert_eq!(matches[0]["fields"][0]["field"], "Image");
    let plain = sandbox.sting("detect events.jsonl --rules rules").ok();
    assert!(plain.starts_with("events.jsonl:3: high: Shell from the office\n    Image = "), "{plain}");

    let analyses = sandbox.sting("analyze events.jsonl --rules rules --json").json();
    let levels: Vec<&Value> = analyses.iter().map(|analysis| &analysis["risk_level"]).collect();
    assert_eq!(levels, [&json!("low"), &json!("high")]);
    assert!(analyses[1]["reason"].as_str().unwrap().contains("Image"));
}

#[test]
fn run_and_verify() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.csv", "name,email\nAna,ana@example.org\n");
    sandbox.file(
        "comb.json",
        r#"{"name": "docs", "type": "file_system", "subtype": "local",
            "connection": {"parameters": {"path": "${ROOT}", "file_patterns": ["**/*"], "recursive": true}},
            "extraction": {"mode": "incremental"},
            "scrubbing": {"enabled": true, "profile_id": "default",
                          "custom_rules": [{"field": "name", "action": "remove"}]},
            "output": {"format": "parquet", "compression": "zstd"}}"#,
    );
    let run = || sandbox.sting("run comb.json --store store --out out --set ROOT=in --json").json().remove(0);
    let manifest = run();
    assert_eq!(manifest["documents"]["new"], 1);
    assert_eq!(run()["documents"]["unchanged"], 1);
    sandbox.sting("verify out").ok();
    sandbox.sting("verify store --json").ok();

    let parquet = manifest["files"][0]["path"].as_str().unwrap();
    let path = format!("out/{parquet}");
    let mut bytes = std::fs::read(sandbox.path(&path)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    sandbox.file(&path, bytes);
    let said = sandbox.sting("verify out/manifest.json");
    assert!(said.out.contains(parquet), "{}", said.out);
    said.failed(1);
}

#[test]
fn generate() {
    let sandbox = Sandbox::new();
    let logs = |seed: &str| {
        sandbox.sting(&format!("generate logs --count 50 --seed {seed} --truth truth.jsonl")).ok()
    };
    let text = logs("3");
    assert_eq!(text.lines().count(), 50);
    for line in sandbox.read("truth.jsonl").lines() {
        let planted: Value = serde_json::from_str(line).unwrap();
        let span = planted["span"]["start"].as_u64().unwrap() as usize
            ..planted["span"]["end"].as_u64().unwrap() as usize;
        assert_eq!(text[span], *planted["value"].as_str().unwrap());
    }
    assert_eq!(text, logs("3"));
    assert_ne!(text, logs("4"));
    assert_eq!(sandbox.sting("generate events --count 100 --truth attacks.jsonl").json().len(), 100);
    assert!(sandbox.read("attacks.jsonl").contains("\"campaign\""));
    sandbox.sting("generate documents --count 14 --out docs").ok();
    assert_eq!(std::fs::read_dir(sandbox.path("docs")).unwrap().count(), 7);
    sandbox.sting("generate documents").failed(2);
}

#[test]
fn a_closed_pipe_is_no_fault() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(STING)
        .args(["generate", "logs", "--count", "200000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn usage() {
    let sandbox = Sandbox::new();
    sandbox.sting("").failed(2);
    sandbox.sting("fly").failed(2);
    sandbox.sting("search").failed(2);
    assert!(sandbox.sting("--help").ok().contains("sting demo"));
    assert!(sandbox.sting("scrub --help").ok().contains("Examples:"));
    assert!(sandbox.sting("--version").ok().starts_with("sting "));
}

#[test]
fn scrub_reads_structure_and_accounts_for_it() {
    let sandbox = Sandbox::new();
    sandbox.file("app.log", "level=info password=hunter2 n=1\n{\"ssn\": 536228726}\n");
    let clean = sandbox.sting("scrub --format auto --preset logs --audit audit.json app.log").ok();
    assert_eq!(clean, "level=info password=[PASSWORD] n=1\n{\"ssn\": \"[US_SSN]\"}\n");
    let report: Value = serde_json::from_str(&sandbox.read("audit.json")).unwrap();
    assert_eq!(report["filtering_statistics"]["patterns_matched"], 2);
    sandbox.sting("scrub --format nope app.log").failed(2);
}
