use super::*;

fn problem(json: &str) -> String {
    Comb::from_json(json).unwrap_err().to_string()
}

const WHOLE: &str = r#"{"name": "docs", "type": "file_system", "subtype": "local",
 "connection": {"parameters": {"path": "${ROOT}/in", "file_patterns": ["**/*"], "recursive": true}},
 "extraction": {"mode": "incremental"},
 "scrubbing": {"enabled": true, "profile_id": "default", "custom_rules": [{"field": "email", "action": "hash"},
    {"pattern": "*_ssn", "action": {"mask": {"keep_last": 4}}}, {"field": "$.users[*].name", "action": "remove"}]},
 "output": {"format": "parquet", "compression": "zstd", "partitioning": ["year", "month"]}}"#;

#[test]
fn the_document_of_the_contract() {
    let variables = Variables::from([("ROOT".to_owned(), "/srv".to_owned())]);
    let comb = Comb::from_json_with(WHOLE, &variables).unwrap();
    assert_eq!(comb.source.path, PathBuf::from("/srv/in"));
    assert_eq!(comb.output.partitioning, [Partition::Year, Partition::Month]);
    let rules = &comb.scrubbing.rules;
    assert!(rules[0].is_about("Email", None) && !rules[0].is_about("e", None));
    assert!(rules[1].is_about("client_SSN", None));
    let path = [Step::Key("users".into()), Step::Item, Step::Key("name".into())];
    assert!(rules[2].is_about("name", Some(&path)) && !rules[2].is_about("name", None));
    assert_eq!(problem(WHOLE), "comb.connection.parameters.path: variable `ROOT` has no value; give it one");
}

#[test]
fn faults_name_the_key_and_the_mend() {
    let head = r#""name": "a", "type": "file_system", "connection": {"parameters": {"path": "x"}}"#;
    for (json, message) in [
        ("{", "comb: is not JSON at line 1, column 1; check quotes, commas and brackets there".to_owned()),
        ("[]", "comb: is a list, not an object; write keys and values".into()),
        (r#"{"name": "a", "type": "file_system"}"#, "comb.connection: is missing; add it".into()),
        (r#"{"name": 1}"#, "comb.name: is a number, not a text; give a text".into()),
        (&format!(r#"{{{head}, "scrubing": {{}}}}"#), "comb: unknown key `scrubing`; did you mean `scrubbing`?".into()),
        (
            &format!(r#"{{{head}, "scrubbing": {{"enabled": false}}}}"#),
            "comb.scrubbing.enabled: scrubbing is off and nobody signed for it; add `waiver` with `who` and `reason`".into(),
        ),
        (
            &format!(r#"{{{head}, "output": {{"compression": "brotli"}}}}"#),
            "comb.output.compression: \"brotli\" is unknown; use `zstd`, `snappy` or `none`".into(),
        ),
        (
            &head.replace("\"x\"", "\"x\", \"file_patterns\": [\"[\"]").replace("\"name\"", "{\"name\"").replace("]}}", "]}}}"),
            "comb.connection.parameters.file_patterns: \"[\" is not a glob; write it as `**/*.md`".into(),
        ),
        (
            r#"{"name": "a", "type": "database", "subtype": "oracle"}"#,
            "comb.type: database/oracle is not a source of this build; use `file_system` with subtype `local`".into(),
        ),
    ] {
        assert_eq!(problem(json), message, "{json}");
    }
}

#[test]
fn a_waiver_is_kept() {
    let json = r#"{"name": "a", "type": "file_system", "connection": {"parameters": {"path": "x"}},
        "scrubbing": {"enabled": false, "waiver": {"who": "dpo", "reason": "public texts"}}}"#;
    let waiver = Comb::from_json(json).unwrap().scrubbing.waiver.unwrap();
    assert_eq!((waiver.who.as_str(), waiver.reason.as_str()), ("dpo", "public texts"));
}

#[test]
fn listing_follows_globs() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.md", "b.txt", "sub/c.md", "sub/skip/d.md", "own/e.md"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    let source = FileSource::new(folder.path()).with_include(["**/*.md"]).with_exclude(["sub/skip/**"]);
    let keys = |source: &FileSource| -> Vec<String> {
        let own = folder.path().join("own").canonicalize().unwrap();
        source.list(&[own]).unwrap().files.into_iter().map(|found| found.key).collect()
    };
    assert_eq!(keys(&source), ["a.md", "sub/c.md"]);
    let flat = FileSource { recursive: false, ..FileSource::new(folder.path()) };
    assert_eq!(keys(&flat), ["a.md", "b.txt"]);
    let missing = FileSource::new(folder.path().join("none")).list(&[]).unwrap_err();
    assert_eq!(missing.code(), "source");
}

#[test]
fn yaml_says_what_json_says() {
    let variables = Variables::from([("ROOT".to_owned(), "/srv".to_owned())]);
    let yaml = r#"
name: docs
type: file_system
subtype: local
connection:
  parameters: {path: "${ROOT}/in", file_patterns: ["**/*"], recursive: true}
extraction: {mode: incremental}
scrubbing:
  enabled: true
  profile_id: default
  custom_rules:
    - {field: email, action: hash}
    - pattern: "*_ssn"
      action: {mask: {keep_last: 4}}
    - {field: "$.users[*].name", action: remove}
output:
  format: parquet
  compression: zstd
  partitioning: [year, month]
"#;
    let read = Comb::from_yaml_with(yaml, &variables).unwrap();
    assert_eq!(read, Comb::from_json_with(WHOLE, &variables).unwrap());
}

/// The two combs of the contract, each as JSON and as YAML.
const CONTRACT: [[&str; 2]; 2] = [
    [
        r#"{"name": "docs", "type": "file_system", "subtype": "local",
 "connection": {"parameters": {"path": "in", "file_patterns": ["**/*"], "recursive": true}},
 "extraction": {"mode": "incremental"},
 "scrubbing": {"enabled": true, "profile_id": "default", "custom_rules": [{"field": "email", "action": "hash"}]},
 "output": {"format": "parquet", "compression": "zstd", "partitioning": ["year", "month"]}}"#,
        r#"
name: docs
type: file_system
subtype: local
connection: {parameters: {path: in, file_patterns: ["**/*"], recursive: true}}
extraction: {mode: incremental}
scrubbing:
  enabled: true
  profile_id: default
  custom_rules:
    - field: email
      action: hash
output: {format: parquet, compression: zstd, partitioning: [year, month]}
"#,
    ],
    [
        r#"{"name": "rows", "type": "database", "subtype": "postgresql",
 "connection": {"parameters": {"host": "127.0.0.1", "port": 5432, "database": "db", "user": "u",
                               "ssl_mode": "require", "table": "events", "key": "id"}},
 "extraction": {"mode": "incremental", "incremental_column": "updated_at", "schedule": "*/5 * * * *"},
 "scrubbing": {"enabled": true, "profile_id": "gdpr"}, "output": {"format": "parquet"}}"#,
        r#"
name: rows
type: database
subtype: postgresql
connection:
  parameters: {host: 127.0.0.1, port: 5432, database: db, user: u, ssl_mode: require, table: events, key: id}
extraction: {mode: incremental, incremental_column: updated_at, schedule: "*/5 * * * *"}
scrubbing: {enabled: true, profile_id: gdpr}
output: {format: parquet}
"#,
    ],
];

#[test]
fn the_combs_of_the_contract_load_from_json_and_yaml() {
    let folder = tempfile::tempdir().unwrap();
    let load = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Comb::load(path)
    };
    let [[json, yaml], database] = CONTRACT;
    let docs = load("docs.json", json).unwrap();
    assert_eq!(docs, load("docs.yml", yaml).unwrap());
    assert_eq!(docs, load("docs.YAML", yaml).unwrap());
    assert_eq!(docs, Comb::from_yaml(json).unwrap(), "JSON is YAML");
    assert_eq!((docs.scrubbing.rules.len(), docs.output.partitioning.len()), (1, 2));
    for (name, text) in ["rows.json", "rows.yaml"].into_iter().zip(database) {
        let message = load(name, text).unwrap_err().to_string();
        assert_eq!(
            message,
            "comb.type: database/postgresql is not a source of this build; use `file_system` with subtype `local`"
        );
    }
    let message = load("docs.yml", &yaml.replace("recursive:", "recursiv:")).unwrap_err().to_string();
    assert_eq!(message, "comb.connection.parameters: unknown key `recursiv`; did you mean `recursive`?");
}

#[test]
fn faults_of_yaml_name_the_line_and_the_mend() {
    for (yaml, message) in [
        ("name: a\nname: b", "comb: key `name` appears twice at line 2; merge the two"),
        ("a: &x 1\nb: *x", "comb: aliases are not supported at line 2; write the value out"),
        (&"[\n".repeat(40), "comb: nested deeper than 32 levels at line 33; flatten it"),
        (&"#\n".repeat(3 << 20), "comb: longer than 4194304 bytes at line 2097153; split the file"),
        (
            "name: a\n---\nname: b",
            "comb: a second document begins at line 3; give each comb a file of its own",
        ),
        ("- 1", "comb: is a list, not an object; write keys and values"),
        ("", "comb: is null, not an object; write keys and values"),
        ("name: 0x1F", "comb.name: is a number, not a text; give a text"),
    ] {
        assert_eq!(Comb::from_yaml(yaml).unwrap_err().to_string(), message);
    }
    // The parser looks ahead and may refuse first.
    assert!(Comb::from_yaml(&"[\n".repeat(10_000)).unwrap_err().to_string().contains(" at line "));
    let message = Comb::from_yaml("name: [\n").unwrap_err().to_string();
    assert!(message.starts_with("comb: not YAML: ") && message.contains(" at line 2; "), "{message}");
}

#[test]
fn numbers_of_yaml_are_those_of_json() {
    for (text, json) in
        [("5432", "5432"), ("-3", "-3"), ("+1", "1"), ("04", "4"), ("0x1F", "31"), (".5", "0.5")]
    {
        assert_eq!(number(text).unwrap().to_string(), json);
    }
    assert_eq!(number("1e999"), None);
}
