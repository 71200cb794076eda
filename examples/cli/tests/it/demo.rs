use crate::sting::{STING, Sandbox};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn the_whole_way_twice() {
    let sandbox = Sandbox::new();
    let first = sandbox.sting("demo --json").json().remove(0);
    assert_eq!(first["documents"]["new"], 42);
    assert_eq!(first["documents"]["failed"], 0);
    assert_eq!(first["searches"].as_array().unwrap().len(), 3);
    for search in first["searches"].as_array().unwrap() {
        let best = &search["hits"][0];
        assert!(best["end"].as_u64() > best["start"].as_u64(), "{best}");
    }
    assert_eq!(
        first["searches"][2]["hits"][0]["document"].as_str().unwrap().split('/').next(),
        Some("tickets")
    );

    // What was planted is gone from everything that was written, and look-alikes are not.
    let kinds = first["truth"]["kinds"].as_object().unwrap();
    assert!(kinds.len() > 10);
    for (kind, check) in kinds.iter().filter(|(kind, _)| kind.as_str() != "phone") {
        assert_eq!(check["left"], 0, "{kind}");
    }
    // Numbers as a country writes them for itself are the one kind that may be missed.
    assert!(number(&kinds["phone"]["left"]) * 20 <= number(&kinds["phone"]["planted"]), "{}", kinds["phone"]);
    let (all, kept) = (number(&first["truth"]["look_alikes"]), number(&first["truth"]["look_alikes_kept"]));
    assert!(kept * 100 >= all * 97, "{kept} of {all} look-alikes");

    // The rules find the planted attacks and nothing else.
    let detection = &first["detection"];
    assert_eq!(detection["events"], 2000);
    assert_eq!(detection["attacks_found"], detection["attacks"]);
    assert_eq!(detection["false_alarms"], 0);
    for alert in detection["alerts"].as_array().unwrap() {
        assert!(alert["reason"] != "" && alert["fields"][0]["field"] != "", "{alert}");
    }

    let page = sandbox.read("demo-out/report.html");
    assert!(page.contains("<svg"));
    for fetch in ["<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(fetch), "{fetch}");
    }

    let second = sandbox.sting("demo").ok();
    assert!(second.contains("Nothing has changed since the last run"), "{second}");
    assert!(second.contains("0 new, 0 changed, 42 unchanged"), "{second}");
    assert!(second.contains("can still be read in the index"), "{second}");
    sandbox.sting("verify demo-out/store").ok();
    sandbox.sting("verify demo-out/ingest/documents").ok();
}

#[test]
fn on_a_folder() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "mine/plan.md",
        "# Plan\n\n## Boats\n\nBuy paint. Ask ana@example.org.\n\n## Sails\n\nMend them.\n",
    );
    sandbox.file("mine/data.json", "{\"note\": \"the oars are in the shed\"}");
    sandbox.file("mine/empty.txt", "");
    let facts = sandbox.sting("demo --dir mine --out results --events 100 --json").json().remove(0);
    assert_eq!(facts["truth"], Value::Null);
    assert_eq!(facts["findings"]["email"]["replace"].as_u64().map(|n| n > 0), Some(true));
    assert_eq!(facts["searches"].as_array().unwrap().len(), 3);
    // The bundled documents and another folder, with the same results folder, do not meet this one.
    sandbox.file("other/a.txt", "Nothing of the sea.");
    sandbox.sting("demo --out results --events 100").ok();
    sandbox.sting("demo --dir other --out results --events 100").ok();
    sandbox.file("mine/plan.md", "# Plan\n\nSell the boat.\n");
    let facts = sandbox.sting("demo --dir mine --out results --events 100 --json").json().remove(0);
    let documents = &facts["documents"];
    assert_eq!(
        (&documents["changed"], &documents["unchanged"], &documents["deleted"]),
        (&json!(1), &json!(2), &json!(0))
    );
    assert!(!sandbox.read("results/report.html").contains("ana@example.org"));
}

#[test]
fn results_inside_of_the_folder_are_not_read() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", "Ask ana@example.org about the boat.");
    for _ in 0..2 {
        let facts = sandbox.sting("demo --dir . --events 20 --json").json().remove(0);
        let documents = &facts["documents"];
        assert_eq!(number(&documents["new"]) + number(&documents["unchanged"]), 1, "{documents}");
    }
    assert!(sandbox.sting("demo --dir . --out .").failed(2).contains("--out"));
}

/// Killed at some moments, the next run finishes what was begun and the result is the same.
#[test]
fn a_killed_run_is_taken_up() {
    let sandbox = Sandbox::new();
    let whole = sandbox.sting("demo --events 200 --out whole --json").json().remove(0);
    for millis in [30, 120, 400] {
        let mut child = sandbox
            .command(STING)
            .args(["demo", "--events", "200", "--out", "killed"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let after = sandbox.sting("demo --events 200 --out killed --json").json().remove(0);
    assert_eq!(after["index"]["chunks"], whole["index"]["chunks"]);
    assert_eq!(after["truth"], whole["truth"]);
    sandbox.sting("verify killed/store").ok();
    let again = sandbox.sting("demo --events 200 --out killed").ok();
    assert!(again.contains("Nothing has changed"), "{again}");
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}
