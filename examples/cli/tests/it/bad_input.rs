use crate::sting::{STING, Said, Sandbox};
use std::fmt::Write;

#[test]
fn not_utf8() {
    let sandbox = Sandbox::new();
    sandbox.file("latin.txt", b"caf\xe9, ana@example.org");
    for command in ["scrub latin.txt", "find latin.txt", "chunk latin.txt"] {
        let said = sandbox.sting(command);
        assert!(said.out.is_empty(), "{}", said.out);
        let complaint = said.failed(1);
        assert!(
            complaint.contains("latin.txt: not UTF-8 at byte 3") && complaint.contains("iconv"),
            "{complaint}"
        );
        assert!(!complaint.contains("ana@"), "{complaint}");
    }
    // Ingest reads it in its own encoding instead.
    sandbox
        .file("docs/latin.txt", b"Der K\xe4se ist f\xfcr die M\xfchle, sch\xf6ne Gr\xfc\xdfe aus K\xf6ln.");
    sandbox.sting("index docs --store store").ok();
    assert!(sandbox.sting("search Mühle --store store --json").ok().contains("Käse"));
}

#[test]
fn empty() {
    let sandbox = Sandbox::new();
    sandbox.file("empty.txt", "");
    sandbox.file("docs/empty.md", "");
    assert_eq!(sandbox.sting("scrub empty.txt").ok(), "");
    assert_eq!(sandbox.sting("find empty.txt --json").ok(), "");
    assert_eq!(sandbox.sting("chunk empty.txt --json").ok(), "");
    assert_eq!(sandbox.sting("embed").ok(), "");
    sandbox.file("rules/none.yml", "");
    sandbox.sting("detect empty.txt --rules rules");
    sandbox.sting("index docs --store store").ok();
    assert_eq!(sandbox.sting("search anything --store store --json").ok(), "");
}

#[test]
fn a_long_line() {
    let sandbox = Sandbox::new();
    let mut line = String::new();
    while line.len() < 4 << 20 {
        write!(line, "word{} and ana@example.org, ", line.len()).unwrap();
    }
    sandbox.file("long.txt", &line);
    let scrubbed = sandbox.sting("scrub long.txt").ok();
    assert!(!scrubbed.contains("ana@") && scrubbed.contains("[EMAIL]"));
    let chunks = sandbox.sting("chunk long.txt --json").json();
    assert!(chunks.iter().all(|chunk| chunk["size"].as_u64().unwrap() <= 1000));
    let event = format!("{{\"CommandLine\": \"{line}\"}}\n");
    sandbox.file(
        "rules/r.yml",
        "title: t\nlogsource: {category: any}\ndetection: {s: {CommandLine|contains: word7}, condition: s}\n",
    );
    let said = sandbox.sting_with(&["detect", "--rules", "rules"], event.as_bytes());
    assert!(said.code == 0 || (said.code == 1 && said.err.contains("-:1: left out")), "{}", said.err);
}

#[test]
fn truncated_files() {
    let sandbox = Sandbox::new();
    sandbox.file("docs/cut.json", "{\"a\": [1, 2");
    sandbox.file("docs/cut.eml", "From: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\nQUJ");
    sandbox.file("docs/cut.html", "<html><body><p>half a <b");
    sandbox.file("docs/good.txt", "this one is whole");
    let said = sandbox.sting("index docs --store store");
    assert!(said.code == 0 || (said.code == 1 && said.out.contains("cut.json")), "{}{}", said.out, said.err);
    assert!(sandbox.sting("search whole --store store --json").ok().contains("good.txt"));

    sandbox.file("events.jsonl", "{\"Image\": \"a\"}\n{\"Image\": \"b");
    sandbox.file(
        "rules/r.yml",
        "title: t\nlogsource: {category: any}\ndetection: {s: {Image: a}, condition: s}\n",
    );
    let said = sandbox.sting("detect events.jsonl --rules rules --json");
    assert!(said.out.contains("\"title\":\"t\""), "what was whole is reported");
    let complaint = said.failed(1);
    assert!(
        complaint.contains("events.jsonl:2: left out") && complaint.contains("1 of 2 lines"),
        "{complaint}"
    );
}

#[test]
fn missing_and_unreadable() {
    let sandbox = Sandbox::new();
    for command in [
        "scrub nowhere.txt",
        "index nowhere --store s",
        "detect --rules nowhere",
        "verify nowhere",
        "run nowhere.json --store s --out o",
    ] {
        let complaint = sandbox.sting(command).failed(1);
        assert!(complaint.contains("nowhere"), "{complaint}");
    }
    // One of several: the others are done.
    sandbox.file("good.txt", "ana@example.org");
    let said = sandbox.sting("scrub nowhere.txt good.txt");
    assert_eq!(said.out, "[EMAIL]");
    assert!(said.failed(1).contains("1 of 2 files"));
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let secret = sandbox.file("docs/closed/secret.txt", "inside");
    sandbox.file("docs/open.txt", "outside");
    let closed = secret.parent().unwrap();
    std::fs::set_permissions(closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read_dir(closed).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let said = sandbox.sting("index docs --store store");
    let shut = sandbox.sting("index docs/closed --store other");
    std::fs::set_permissions(closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(said.out.contains("closed"), "{}", said.out);
    assert!(shut.failed(1).contains("closed"));
    assert!(sandbox.sting("search outside --store store --json").ok().contains("open.txt"));
}

/// A limit on the size of files stands for a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk() {
    let sandbox = Sandbox::new();
    sandbox.file("docs/first.txt", "what was stored stays readable");
    sandbox.sting("index docs --store store").ok();
    sandbox.sting("generate documents --count 70 --out docs/more").ok();
    // 100 blocks of 512 bytes; the signal is ignored so that writes fail as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f 100; exec {STING} index docs --store store");
    let output = sandbox.command("/bin/sh").args(["-c", &script]).output().unwrap();
    let complaint = Said::new(&output).failed(1);
    assert!(complaint.contains("store"), "{complaint}");
    sandbox.sting("verify store").ok();
    assert!(sandbox.sting("search stored --store store --json").ok().contains("first.txt"));
    sandbox.sting("index docs --store store").ok();
    sandbox.sting("verify store").ok();
}

#[test]
fn bad_rules() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", "title: [unclosed\n  x: {");
    sandbox.file(
        "rules/b.yml",
        "title: t\nlogsource: {category: any}\ndetection: {s: {Image: a}, condition: s}\n",
    );
    let said = sandbox.sting_with(&["detect", "--rules", "rules", "--json"], b"{\"Image\": \"a\"}\n");
    assert!(said.out.contains("\"title\":\"t\""), "the good rule is applied");
    let complaint = said.failed(1);
    assert!(complaint.contains("a.yml:") && complaint.contains("1 of 2 rules"), "{complaint}");
}

#[test]
fn a_model_folder_that_lacks_a_file() {
    let sandbox = Sandbox::new();
    sandbox.file("model/config.json", "{}");
    let complaint = sandbox.sting("embed --model model").failed(1);
    assert!(complaint.contains("model"), "{complaint}");
    let complaint = sandbox.sting("demo --model nowhere --events 10").failed(1);
    assert!(complaint.contains("nowhere"), "{complaint}");
}

#[test]
fn a_folder_that_is_no_store() {
    let sandbox = Sandbox::new();
    sandbox.file("other/file.txt", "something else");
    assert!(sandbox.sting("search x --store other").failed(1).contains("other"));
    assert!(sandbox.sting("search x --store nowhere").failed(1).contains("nowhere"));
    sandbox.file("log.evtx", b"ElfFile\0\0\0\n");
    sandbox.file("r.yml", "title: t\nlogsource: {category: any}\ndetection: {s: {Image: a}, condition: s}\n");
    assert!(sandbox.sting("detect log.evtx --rules r.yml").failed(1).contains("EVTX"));
}
