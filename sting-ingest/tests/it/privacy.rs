//! Planted secrets are in no byte that a run writes, says or returns.

use crate::bench::Bench;
use std::cell::RefCell;
use sting_core::{Span, Waiver};
use sting_ingest::comb::Scrubbing;
use sting_ingest::{Comb, Limits, RunOptions, extract, part_source};

const SECRETS: [&str; 8] = [
    "maria.lopez@example.org",
    "4111111111111111",
    "AKIAQ3EGRUDQM7XBZ2KT",
    "DE89370400440532013000",
    "ghp_0123456789abcdefghijABCDEFGHIJ456789",
    "hunter2-hunter2",
    "peter.meier@example.net",
    "192-45-6789",
];

/// Documents with secrets in text, cells, keys, headers, attachments, comments, names and paths, and
/// in documents that cannot be read.
fn planted() -> Bench {
    let [email, card, aws, iban, github, password, other, _] = SECRETS;
    let bench = Bench::new(&[]);
    bench.put("text.md", format!("# Call {email}\n\nPay {card} to {iban}.\n").as_bytes());
    bench.put(&format!("{email}/notes_{card}.txt"), format!("key {aws} and {github}").as_bytes());
    bench.put(
        "rows.csv",
        format!("name,password,mail\nx,{password},{email}\ny,\"{password}\",\"{other}\"\n").as_bytes(),
    );
    let escaped = email.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<Vec<_>>().concat();
    bench.put(
        "a.json",
        format!(
            "{{\"mail\": \"{escaped}\", \"{other}\": 1, \"card\": {card}, \"password\": \"{password}\"}}"
        )
        .as_bytes(),
    );
    let entities = email.bytes().map(|byte| format!("&#{byte};")).collect::<Vec<_>>().concat();
    bench.put(
        "p.html",
        format!("<title>{email}</title><p>{entities}<img alt='{iban}'><!-- {github} -->").as_bytes(),
    );
    bench.put(
        "m.eml",
        format!(
            "From: {email}\nTo: {other}\nSubject: card {card}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{aws}\n--b\n\
             Content-Type: text/plain; name=\"{email}.txt\"\nContent-Disposition: attachment\n\n{iban}\n--b\n\
             Content-Type: image/png; name=\"{other}.png\"\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--\n"
        )
        .as_bytes(),
    );
    bench.put(&format!("{other}.png"), b"\x89PNG\r\n\x1a\n");
    bench.put(&format!("broken-{card}.eml"), format!("{email}\n\n{aws}").as_bytes());
    bench.put("app.log", format!("2024-05-01T10:00:00 login {email} from 10.1.2.3\n").repeat(3).as_bytes());
    bench
}

/// Bytes that tell a secret: it as it stands, and in the other forms in which it went in.
fn tells(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[test]
fn planted_secrets_are_nowhere() {
    let bench = planted();
    let said = RefCell::new(Vec::new());
    let on_progress = |progress: &sting_ingest::Progress| said.borrow_mut().push(format!("{progress:?}"));
    let options = RunOptions { on_progress: Some(&on_progress), ..RunOptions::default() };
    // Pages are not compressed, so that what is in them can be seen.
    let mut comb = bench.comb();
    comb.output.compression = sting_ingest::comb::Compression::None;
    let manifest = bench.run_with(&comb, options).unwrap();
    assert_eq!((manifest.documents.new, manifest.documents.skipped, manifest.documents.failed), (7, 1, 1));
    assert!(manifest.findings.values().flat_map(|actions| actions.values()).sum::<usize>() >= 20);
    let mut written = vec![("progress".to_owned(), said.into_inner().concat().into_bytes())];
    written.push(("manifest".to_owned(), format!("{manifest:?}").into_bytes()));
    for folder in ["out", "store"] {
        for path in crate::shared::files(&bench.path(folder)) {
            written.push((path.display().to_string(), std::fs::read(path).unwrap()));
        }
    }
    for row in bench.rows() {
        written.push(("row".into(), format!("{row:?}").into_bytes()));
    }
    assert!(written.len() > 10);
    for (place, bytes) in &written {
        for secret in SECRETS {
            assert!(!tells(place.as_bytes(), secret) && !tells(bytes, secret), "{secret} is in {place}");
        }
    }
    // What is not secret is still there.
    assert!(bench.check().values().any(|text| text.contains("login")));
}

#[test]
fn scrubbing_can_be_waived_and_that_is_said() {
    let bench = planted();
    let waiver = Waiver { who: "the data protection officer".into(), reason: "synthetic".into() };
    let mut comb = bench.comb();
    comb.scrubbing = Scrubbing { waiver: Some(waiver.clone()), ..Scrubbing::default() };
    let manifest = bench.run_with(&comb, RunOptions::default()).unwrap();
    assert_eq!(manifest.waivers, [waiver]);
    assert!(bench.check().values().any(|text| text.contains(SECRETS[0])));
    // To scrub again is another configuration: everything is written anew.
    let manifest = bench.run().unwrap();
    assert_eq!(manifest.documents.changed, 7);
    for text in bench.check().values() {
        assert!(!text.contains(SECRETS[0]), "{text}");
    }
}

#[test]
fn rules_treat_whole_fields() {
    let bench = Bench::new(&[
        ("a.csv", b"nick,shoe_size,note\nbee,42,\"x, \"\"y\"\"\"\nwasp,43,z\n"),
        ("a.json", br#"{"users": [{"nick": "bee", "deep": {"nick": "hornet"}}], "nick": "ant"}"#),
    ]);
    let json = format!(
        r#"{{"name": "test", "type": "file_system", "connection": {{"parameters": {{"path": {:?}}}}},
        "scrubbing": {{"custom_rules": [{{"field": "$.users[*].nick", "action": "remove"}},
            {{"pattern": "shoe_*", "action": {{"mask": {{"keep_last": 1}}}}}}, {{"field": "note", "action": "replace"}}]}}}}"#,
        bench.path("in")
    );
    let manifest = bench.run_with(&Comb::from_json(&json).unwrap(), RunOptions::default()).unwrap();
    assert_eq!(manifest.findings["field"]["mask"], 2);
    let texts: Vec<_> = bench.check().into_values().collect();
    let all = texts.join("\n");
    assert!(all.contains("bee,***,\"[FIELD]\"\nwasp,***,[FIELD]"), "{all}");
    assert!(
        all.contains(r#"{"nick": "", "deep": {"nick": "hornet"}}"#) && all.contains(r#""nick": "ant""#),
        "{all}"
    );
    let hash = json.replace("\"remove\"", "\"hash\"");
    let error = bench.run_with(&Comb::from_json(&hash).unwrap(), RunOptions::default()).unwrap_err();
    assert_eq!(error.code(), "config");
}

/// A chunk says what its place in the source says, once that is extracted and scrubbed.
#[test]
fn a_chunk_leads_to_what_it_was_made_of() {
    let bench = planted();
    bench.put(
        "long.md",
        "# One\n\nwrite to maria.lopez@example.org today. \n\n## Two\n\nand so on, for a while.\n\n"
            .repeat(60)
            .as_bytes(),
    );
    bench.run().unwrap();
    let config = sting_ingest::PipelineConfig::for_comb(&bench.comb()).unwrap();
    let limits = Limits::default();
    let mut checked = 0;
    for row in bench.rows() {
        let text = |key: &str| row.metadata[key].as_str().unwrap();
        let number = |key: &str| row.metadata[key].as_u64().unwrap() as usize;
        let Ok(bytes) = std::fs::read(bench.path("in").join(text("document"))) else { continue };
        let document = extract(&bytes, text("document"), &limits).unwrap();
        let Some(part) = document.parts.iter().find(|part| part.name == text("part")) else { continue };
        let source = part_source(&bytes, text("document"), &part.name, &limits).unwrap().unwrap();
        let place = Span::new(number("source_start"), number("source_end"));
        assert!(place.end <= source.len());
        let body = &row.text.as_deref().unwrap()
            [row.metadata.get("prefix_bytes").map_or(0, |n| n.as_u64().unwrap() as usize)..];
        if part.source.is_identity() && matches!(text("part_kind"), "text" | "markdown" | "log") {
            let slice = std::str::from_utf8(&source[place.range()]).unwrap();
            assert_eq!(config.scrubber.scrub(slice).unwrap().text.get(), body);
            checked += 1;
        }
    }
    assert!(checked > 5, "{checked}");
}
