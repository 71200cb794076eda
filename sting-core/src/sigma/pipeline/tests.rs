//! Every transformation and condition, and what is refused.

use super::Pipeline;
use crate::event::Event;
use crate::sigma::{CorrelatorConfig, RuleConfig, RuleSet};

const RULE: &str = "title: t\nid: r\nlogsource: {category: process_creation, product: windows}\ndetection:\n";

fn pipeline(transformations: &str) -> Pipeline {
    let yaml =
        format!("name: p\nvars: {{servers: [srv*, '100%'], one: 1}}\ntransformations:\n{transformations}");
    Pipeline::parse(&yaml, "p.yml").unwrap()
}

fn load(detection: &str, transformations: &[&str]) -> RuleSet {
    let config =
        transformations.iter().fold(RuleConfig::default(), |config, t| config.with_pipeline(pipeline(t)));
    RuleSet::parse_with([("r.yml".to_owned(), format!("{RULE}{detection}"))], &config)
}

/// Holds events against a rule with selection `s` after a pipeline: by the index, by the full scan, and by `explain`.
#[track_caller]
fn check(selection: &str, transformation: &str, matching: &[&str], others: &[&str]) {
    let detection = format!("  s: {selection}\n  other: {{z: z}}\n  condition: s or other\n");
    let set = load(&detection, &[&format!("  - {transformation}\n")]);
    assert_eq!(set.errors(), [], "{transformation}");
    let expected = matching.iter().map(|json| (json, true)).chain(others.iter().map(|json| (json, false)));
    for (json, expected) in expected {
        let event = Event::from_json(json.as_bytes()).unwrap();
        let found = set.matches(&event);
        assert_eq!(!found.is_empty(), expected, "{transformation} {json}");
        assert_eq!(found, set.matches_by_full_scan(&event), "{transformation} {json}");
        assert_eq!(set.rules()[0].explain(&event).matched, expected, "{transformation} {json}");
    }
}

#[test]
fn fields_get_other_names() {
    let one = "{type: field_name_mapping, mapping: {f: x.y, g: h}}";
    check("{f|contains: a}", one, &[r#"{"x": {"y": "bab"}}"#], &[r#"{"f": "a"}"#]);
    check("{f|fieldref: g}", one, &[r#"{"x.y": "a", "h": "a"}"#], &[r#"{"x.y": "a", "g": "a"}"#]);
    let two = "{type: field_name_mapping, mapping: {f: [x, y]}}";
    check("{f: a}", two, &[r#"{"x": "a"}"#, r#"{"y": "a"}"#], &[r#"{"f": "a"}"#, r#"{"x": "b"}"#]);
    check(
        "{f|contains|all: [a, b]}",
        two,
        &[r#"{"x": "a", "y": "b"}"#, r#"{"y": "ab"}"#],
        &[r#"{"x": "a"}"#],
    );
    // Two names of one field: it is absent, or another, only if it is so under both.
    check("{f: null}", two, &["{}", r#"{"f": "a"}"#], &[r#"{"x": "a"}"#, r#"{"y": "a"}"#]);
    check("{f|neq: a}", two, &[r#"{"x": "b"}"#], &[r#"{"x": "a"}"#, r#"{"y": "a"}"#]);
    check("{f|exists: false}", two, &["{}"], &[r#"{"y": ""}"#]);
    let prefixes = "{type: field_name_prefix_mapping, mapping: {win.sys: s, win.: [e., d.]}}";
    check("{win.f: a}", prefixes, &[r#"{"e": {"f": "a"}}"#, r#"{"d.f": "a"}"#], &[r#"{"win.f": "a"}"#]);
    check("{win.sys: a}", prefixes, &[r#"{"s": "a"}"#], &[r#"{"e.sys": "a"}"#]);
    check(
        "{f: a}",
        "{type: field_name_prefix, prefix: data.}",
        &[r#"{"data": {"f": "a"}}"#],
        &[r#"{"f": "a"}"#],
    );
    check("{f|re: a}", "{type: field_name_suffix, suffix: .raw}", &[r#"{"f.raw": "a"}"#], &[r#"{"f": "a"}"#]);
    check("[{f: a}, {g: b}]", one, &[r#"{"h": "b"}"#, r#"{"x.y": "a"}"#], &[r#"{"g": "b"}"#]);
    check("[word]", one, &[r#"{"any": "a word"}"#], &["{}"]);
}

#[test]
fn conditions_choose_rules_and_fields() {
    let renamed = [r#"{"x": "a"}"#];
    let kept = [r#"{"f": "a"}"#];
    for (conditions, applies) in [
        ("", true),
        ("rule_conditions: [{type: logsource, product: windows}]", true),
        ("rule_conditions: [{type: logsource, product: linux}]", false),
        ("rule_conditions: [{type: logsource, product: windows, service: sysmon}]", false),
        ("rule_conditions: [{type: logsource, service: sysmon}], rule_cond_not: true", true),
        (
            "rule_conditions: [{type: logsource, product: linux}, {type: logsource, category: process_creation}]",
            false,
        ),
        (
            "rule_cond_op: or, rule_conditions: [{type: logsource, product: linux}, {type: logsource, product: windows}]",
            true,
        ),
        ("field_name_conditions: [{type: include_fields, fields: [f]}]", true),
        ("field_name_conditions: [{type: include_fields, fields: [g]}]", false),
        ("field_name_conditions: [{type: exclude_fields, fields: f}]", false),
        ("field_name_conditions: [{type: include_fields, fields: ['[e-g]$'], mode: re}]", true),
        ("field_name_conditions: [{type: include_fields, fields: [f]}], field_name_cond_not: true", false),
    ] {
        let transformation = format!("{{type: field_name_mapping, mapping: {{f: x}}, {conditions}}}");
        let (matching, other) = if applies { (renamed, kept) } else { (kept, renamed) };
        check("{f: a}", &transformation, &matching, &other);
    }
}

#[test]
fn selections_come_and_go() {
    let add = "{type: add_condition, conditions: {EventID: [1, 2], h: b}}";
    check("{f: a}", add, &[r#"{"f": "a", "EventID": 2, "h": "b"}"#], &[r#"{"f": "a"}"#, r#"{"z": "z"}"#]);
    let not = "{type: add_condition, conditions: {h: b}, negated: true}";
    check("{f: a}", not, &[r#"{"f": "a"}"#, r#"{"z": "z"}"#], &[r#"{"f": "a", "h": "b"}"#]);
    let drop = "{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [g]}]}";
    check("{f: a, g: b}", drop, &[r#"{"f": "a"}"#], &[r#"{"g": "b"}"#]);
    let set = load("  s: {g: a}\n  condition: s\n", &[&format!("  - {drop}\n")]);
    let error = set.errors()[0].to_string();
    assert!(error.starts_with("r.yml:5: pipeline p.yml:4: drops everything"), "{error}");
    let set = load("  s: {g: a}\n  condition: s\n", &["  - {type: rule_failure, message: not ours}\n"]);
    assert_eq!(
        (set.len(), set.errors()[0].to_string()),
        (0, "r.yml:1: pipeline p.yml:4: not ours".to_owned())
    );
}

#[test]
fn values_are_replaced() {
    let replace = r"{type: replace_string, regex: '^C:\\(?P<rest>\w+)(z?)', replacement: '\g<rest>-\2\1\\'}";
    check(r"{f|startswith: 'C:\ab'}", replace, &[r#"{"f": "ab-ab\\c"}"#], &[r#"{"f": "C:\\ab"}"#]);
    check(r"{f|re: 'C:.ab'}", replace, &[r#"{"f": "C:\\ab"}"#], &[r#"{"f": "ab"}"#]);
    check(r"['C:\ab']", replace, &[r#"{"f": "ab-ab\\"}"#], &[r#"{"f": "C:\\ab"}"#]);
    check(
        "{f: 11}",
        "{type: replace_string, regex: 1, replacement: 2}",
        &[r#"{"f": 11}"#],
        &[r#"{"f": 22}"#],
    );
    let vars = "{type: value_placeholders}";
    check(
        "{f|expand: '%servers%-%one%'}",
        vars,
        &[r#"{"f": "srv7-1"}"#, r#"{"f": "100%-1"}"#],
        &[r#"{"f": "x"}"#],
    );
    let none = "{type: value_placeholders, exclude: [servers]}";
    check(
        "{f|expand: ['%servers%', b]}",
        none,
        &[r#"{"f": "b"}"#],
        &[r#"{"f": "srv7"}"#, r#"{"f": "%servers%"}"#],
    );
    let wild = "{type: wildcard_placeholders, include: [any]}";
    check("{f|expand: 'a%any%z'}", wild, &[r#"{"f": "a--z"}"#], &[r#"{"f": "a"}"#]);
    check("{f|re|expand: '^a%any%z$'}", wild, &[r#"{"f": "a--z"}"#], &[r#"{"f": "a"}"#]);
    let set = load("  s: {f|expand: '%nobody%'}\n  condition: s\n", &[&format!("  - {vars}\n")]);
    assert!(set.warnings().next().unwrap().message.contains("nobody"));
}

#[test]
fn a_log_source_is_changed_and_routes() {
    let to = "  - {type: change_logsource, product: windows, service: security}\n";
    let then = "  - {type: field_name_mapping, mapping: {f: g}, rule_conditions: [{type: logsource, service: security}]}\n";
    let set = load("  s: {f: a}\n  condition: s\n", &[&format!("{to}{then}")]);
    assert_eq!(set.rules()[0].logsource.service.as_deref(), Some("security"));
    assert_eq!(set.rules()[0].logsource.category, None);
    for (channel, expected) in [("Security", 1), ("Microsoft-Windows-Sysmon/Operational", 0)] {
        let json = format!(r#"{{"Channel": "{channel}", "EventID": 4624, "g": "a"}}"#);
        let event = Event::from_json(json.as_bytes()).unwrap();
        assert_eq!((set.matches(&event).len(), set.matches_by_full_scan(&event).len()), (expected, expected));
    }
}

#[test]
fn priorities_order_pipelines() {
    let named = |priority: i64, from: &str, to: &str| {
        let yaml = format!(
            "priority: {priority}\ntransformations: [{{type: field_name_mapping, mapping: {{{from}: {to}}}}}]\n"
        );
        Pipeline::parse(&yaml, "p.yml").unwrap()
    };
    let config = RuleConfig::default()
        .with_pipeline(named(20, "g", "h"))
        .with_pipeline(named(-1, "f", "g"))
        .with_pipeline(named(20, "h", "i"));
    let rule = format!("{RULE}  s: {{f: a}}\n  condition: s\n");
    let set = RuleSet::parse_with([("r.yml".to_owned(), rule)], &config);
    let explanation = set.rules()[0].explain(&Event::from_json(br#"{"i": "a"}"#).unwrap());
    let test = &explanation.selections[0].tests[0];
    assert!(test.holds);
    assert_eq!((test.field.as_str(), test.names.as_slice()), ("i", &["i".to_owned()][..]));
}

#[test]
fn explain_names_every_alternative() {
    let set = load(
        "  s: {f: a}\n  condition: s\n",
        &["  - {type: field_name_mapping, mapping: {f: [x, Image]}}\n"],
    );
    let explanation = set.rules()[0].explain(&Event::from_json(br#"{"process.executable": "b"}"#).unwrap());
    let test = &explanation.selections[0].tests[0];
    assert_eq!((test.field.as_str(), test.values.as_slice()), ("x", &["b".to_owned()][..]));
    for name in ["x", "Image", "process.executable"] {
        assert!(test.names.iter().any(|other| other == name), "{name}");
    }
}

#[test]
fn filters_and_correlations_follow_their_rules() {
    let yaml = format!(
        "{RULE}  s: {{f: a}}\n  condition: s\n---\ntitle: Known\nlogsource: {{category: process_creation, product: windows}}
filter:\n  rules: [r]\n  known: {{User: root}}\n  condition: known
---\ntitle: Many\ncorrelation: {{type: event_count, rules: [r], group-by: [User], timespan: 1m, condition: {{gte: 2}}}}\n"
    );
    let steps = "  - {type: change_logsource, category: other}\n  - type: field_name_mapping\n    mapping: {User: who}
    rule_conditions: [{type: logsource, category: other}]\n";
    let config = RuleConfig::default().with_pipeline(pipeline(steps));
    let set = RuleSet::parse_with([("r.yml".to_owned(), yaml.clone())], &config);
    assert_eq!(set.errors(), []);
    let event = |who: &str, second: u32| {
        let json = format!(r#"{{"timestamp": "2024-01-01T00:00:0{second}Z", "f": "a", "who": "{who}"}}"#);
        Event::from_json(json.as_bytes()).unwrap()
    };
    assert_eq!((set.matches(&event("root", 0)).len(), set.matches(&event("ada", 0)).len()), (0, 1));
    let mut correlator = set.correlator(CorrelatorConfig::default()).unwrap();
    assert!(correlator.push(&event("ada", 1)).is_empty() && correlator.push(&event("bob", 2)).is_empty());
    assert_eq!(correlator.push(&event("ada", 3)).len(), 1);
    // A filter that leaves open whether the mapping is for its rules cannot be applied, and says so.
    let open = yaml.replace(
        "logsource: {category: process_creation, product: windows}\nfilter",
        "logsource: {product: windows}\nfilter",
    );
    let only = "  - {type: field_name_mapping, mapping: {User: who}, rule_conditions: [{type: logsource, category: process_creation}]}\n";
    let set = RuleSet::parse_with(
        [("r.yml".to_owned(), open)],
        &RuleConfig::default().with_pipeline(pipeline(only)),
    );
    assert!(set.errors()[0].message.contains("some of the filter's rules only"), "{:?}", set.errors());
}

#[test]
fn what_is_refused() {
    let message = |yaml: &str| Pipeline::parse(yaml, "p.yml").unwrap_err().to_string();
    for (step, fault) in [
        ("{type: nest, items: []}", "p.yml:2: unknown transformation `nest`"),
        ("{mapping: {a: b}}", "p.yml:2: `type` is missing"),
        ("{type: field_name_mapping}", "p.yml:2: `mapping` is missing"),
        ("{type: field_name_mapping, mapping: {a: []}}", "p.yml:2: `a` maps to no field name"),
        ("{type: field_name_mapping, mapping: {a: 'b|re'}}", "p.yml:2: `a` maps to no field name"),
        ("{type: field_name_mapping, mapping: {a: {b: c}}}", "p.yml:2: a text is needed"),
        ("{type: field_name_mapping, mapping: {a: b}, map: {}}", "p.yml:2: unknown key `map`"),
        ("{type: drop_detection_item}", "p.yml:2: `drop_detection_item` would drop everything"),
        ("{type: add_condition, conditions: {}}", "p.yml:2: `conditions` is no map"),
        ("{type: add_condition, conditions: {a: b}, negated: 1}", "p.yml:2: `negated` takes"),
        (
            "{type: replace_string, regex: '(?=a)', replacement: b}",
            "p.yml:2: regular expression: look-around",
        ),
        (
            r"{type: replace_string, regex: '(a)', replacement: '\2'}",
            "p.yml:2: the expression has no group `2`",
        ),
        ("{type: change_logsource}", "p.yml:2: no log source"),
        (
            "{type: rule_failure, message: a, rule_conditions: [{type: tag}]}",
            "p.yml:2: unknown rule condition",
        ),
        ("{type: rule_failure, message: a, rule_cond_op: xor}", "p.yml:2: unknown operator"),
        (
            "{type: field_name_prefix, prefix: a, field_name_conditions: [{type: fields}]}",
            "p.yml:2: unknown field name",
        ),
    ] {
        let found = message(&format!("transformations:\n  - {step}\n"));
        assert!(found.starts_with(fault), "{step}: {found}");
    }
    assert!(message("name: p\n").starts_with("p.yml:1: `transformations` is missing"));
    assert!(
        message("transformations: []\nfinalizers: []\n").starts_with("p.yml:2: unknown key `finalizers`")
    );
    assert!(message("priority: high\ntransformations: []\n").starts_with("p.yml:1: `priority`"));
    assert!(
        message("").contains("no pipeline") && message("a: 1\n---\na: 2\n").contains("a second pipeline")
    );
    let many = "  - {type: rule_failure, message: x}\n".repeat(1001);
    assert!(message(&format!("transformations:\n{many}")).contains("1002: more than 1000 transformations"));
}

#[test]
fn what_grows_has_limits() {
    let fault = |step: &str, times: usize, selection: &str| {
        let set =
            load(&format!("  s: {selection}\n  condition: s\n"), &[&format!("  - {step}\n").repeat(times)]);
        set.errors()[0].message.clone()
    };
    let twice = "{type: replace_string, regex: a, replacement: aa}";
    assert!(fault(twice, 100, "{f: a}").contains("more than 1048576 bytes"));
    assert!(
        fault("{type: field_name_prefix, prefix: long_long_}", 200, "{f: a}").contains("over 1024 bytes")
    );
    let two = "{type: field_name_prefix_mapping, mapping: {f: [fa, fb]}}";
    assert!(fault(two, 5, "{f: a}").contains("more than 16 names"));
    let placeholders = "%servers%".repeat(14);
    let fill = fault("{type: value_placeholders}", 1, &format!("{{f|expand: '{placeholders}'}}"));
    assert!(fill.contains("more than 10000 values"));
}
