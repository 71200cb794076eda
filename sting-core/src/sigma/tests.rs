//! The rule language, case by case from its specification.

use super::{Placeholders, Rule, RuleConfig, RuleSet};
use crate::event::Event;

const HEAD: &str = "title: t\nid: r\nlogsource: {category: test}\ndetection:\n";

fn rules(detection: &str, placeholders: &Placeholders) -> RuleSet {
    let yaml = format!("{HEAD}{detection}");
    let set = RuleSet::parse_with(
        [("t.yml".to_owned(), yaml)],
        &RuleConfig::default().with_placeholders(placeholders.clone()),
    );
    assert_eq!(set.errors(), [], "{detection}");
    set
}

/// Holds events against one selection `s`, by the engine and by the full scan.
#[track_caller]
fn check(selection: &str, matching: &[&str], others: &[&str]) {
    check_with(&format!("  s: {selection}\n  condition: s\n"), &Placeholders::default(), matching, others);
}

#[track_caller]
fn check_with(detection: &str, placeholders: &Placeholders, matching: &[&str], others: &[&str]) {
    let set = rules(detection, placeholders);
    for (json, expected) in
        matching.iter().map(|json| (json, true)).chain(others.iter().map(|json| (json, false)))
    {
        let event = Event::from_json(json.as_bytes()).unwrap();
        let found = set.matches(&event);
        assert_eq!(!found.is_empty(), expected, "{detection} {json}");
        assert_eq!(found, set.matches_by_full_scan(&event), "{detection} {json}");
        assert_eq!(set.rules()[0].explain(&event).matched, expected, "{detection} {json}");
    }
}

fn message(detection: &str) -> String {
    let error = Rule::parse(&format!("{HEAD}{detection}"), "t.yml").unwrap_err();
    assert_eq!(error.path, "t.yml");
    format!("{}: {}", error.line, error.message)
}

#[test]
fn values() {
    check(
        "{f: Abc}",
        &[r#"{"f": "aBC"}"#, r#"{"f": ["x", "abc"]}"#],
        &[r#"{"f": "abcd"}"#, r#"{"g": "abc"}"#, "{}"],
    );
    check("{f: 'a*c?'}", &[r#"{"f": "A--c1"}"#], &[r#"{"f": "ac"}"#]);
    check(r"{f: '\*\?'}", &[r#"{"f": "*?"}"#], &[r#"{"f": "ab"}"#]);
    check(
        "{f: 7}",
        &[r#"{"f": 7}"#, r#"{"f": "7"}"#, r#"{"f": 7.0}"#, r#"{"f": 0.7e1}"#],
        &[r#"{"f": 77}"#, r#"{"f": "7.0"}"#],
    );
    check("{f: 0x10}", &[r#"{"f": 16}"#, r#"{"f": "0x10"}"#], &[r#"{"f": 10}"#]);
    check("{f: true}", &[r#"{"f": true}"#, r#"{"f": "True"}"#], &[r#"{"f": false}"#]);
    check("{f: null}", &["{}", r#"{"f": null}"#], &[r#"{"f": ""}"#]);
    check("{f: ''}", &[r#"{"f": ""}"#], &["{}", r#"{"f": null}"#, r#"{"f": " "}"#]);
    check("{f: [a, b], g: c}", &[r#"{"f": "b", "g": "C"}"#], &[r#"{"f": "b"}"#, r#"{"f": "c", "g": "c"}"#]);
    check("[{f: a}, {g: b}]", &[r#"{"g": "b"}"#, r#"{"f": "a"}"#], &[r#"{"f": "b"}"#]);
    check("{f: ÄÖ}", &[r#"{"f": "äö"}"#], &[r#"{"f": "ao"}"#]);
}

#[test]
fn keywords() {
    check(
        "[one, 't?o']",
        &[r#"{"x": "sayONE"}"#, r#"{"a": {"b": ["-t-o-"]}}"#],
        &[r#"{"one": "x"}"#, r#"{"x": "to"}"#],
    );
    check("alone", &[r#"{"x": "all alone"}"#], &[r#"{"x": "along"}"#]);
    check("{'|all': [one, two]}", &[r#"{"x": "one", "y": "two"}"#], &[r#"{"x": "one"}"#]);
    let set = rules("  s: [needle]\n  condition: s\n", &Placeholders::default());
    assert_eq!(set.matches(&Event::from_text("a Needle here"))[0].fields[0].field, "message");
}

#[test]
fn places() {
    check("{f|contains: b}", &[r#"{"f": "aBc"}"#], &[r#"{"f": "ac"}"#]);
    check("{f|startswith: ab}", &[r#"{"f": "ABc"}"#], &[r#"{"f": "cab"}"#]);
    check("{f|endswith: bc}", &[r#"{"f": "aBC"}"#], &[r#"{"f": "bca"}"#]);
    check(
        "{f|endswith: '?longenough.exe'}",
        &[r#"{"f": "x-longenough.exe"}"#],
        &[r#"{"f": "longenough.exe"}"#],
    );
    check(
        "{f|contains|all: [aa, bbb]}",
        &[r#"{"f": "bbb aa"}"#, r#"{"f": ["bbb", "aa"]}"#],
        &[r#"{"f": "bbb"}"#],
    );
    check("{f|contains|cased: Bcd}", &[r#"{"f": "aBcde"}"#], &[r#"{"f": "abcde"}"#]);
    check("{f|cased: A}", &[r#"{"f": "A"}"#], &[r#"{"f": "a"}"#]);
}

/// Every modifier of the specification: what it lets through, and what it does not.
const MODIFIERS: [(&str, &str, &str, &str); 34] = [
    ("all", "{f|contains|all: [a, b]}", r#"{"f": "ba"}"#, r#"{"f": "aa"}"#),
    ("startswith", "{f|startswith: ab}", r#"{"f": "ABc"}"#, r#"{"f": "cab"}"#),
    ("endswith", "{f|endswith: ab}", r#"{"f": "cAB"}"#, r#"{"f": "abc"}"#),
    ("contains", "{f|contains: ab}", r#"{"f": "cABc"}"#, r#"{"f": "acb"}"#),
    ("exists", "{f|exists: true}", r#"{"f": ""}"#, r#"{"g": "f"}"#),
    ("cased", "{f|endswith|cased: aB}", r#"{"f": "caB"}"#, r#"{"f": "cab"}"#),
    ("cased", "{f|startswith|cased: aB}", r#"{"f": "aBc"}"#, r#"{"f": "ABc"}"#),
    ("neq", "{f|neq: ab}", r#"{"f": "abc"}"#, r#"{"f": "AB"}"#),
    ("neq", "{f|neq: 5}", r#"{"f": 50}"#, r#"{"f": 5}"#),
    ("windash", "{f|windash|contains: -a}", r#"{"f": "x /A"}"#, r#"{"f": "x a"}"#),
    ("re", "{f|re: '^a[0-9]{2,3}(b|c)?$'}", r#"{"f": "a12c"}"#, r#"{"f": "A12c"}"#),
    ("i", "{f|re|i: ^ab$}", r#"{"f": "aB"}"#, r#"{"f": "aBc"}"#),
    ("m", "{f|re|m: ^ab$}", r#"{"f": "x\nab"}"#, r#"{"f": "xab"}"#),
    ("s", "{f|re|s: ^a.b$}", r#"{"f": "a\nb"}"#, r#"{"f": "a\nbc"}"#),
    ("base64", "{f|base64: cmd}", r#"{"f": "Y21k"}"#, r#"{"f": "cmd"}"#),
    ("base64offset", "{f|base64offset|contains: cmd}", r#"{"f": "eGNtZA=="}"#, r#"{"f": "cmd"}"#),
    // `cmd` is 63 00 6d 00 64 00, and the other way round; what is no text is looked for in base64.
    ("utf16le", "{f|utf16le: cmd}", r#"{"f": "c\u0000m\u0000d\u0000"}"#, r#"{"f": "\u0000c\u0000m\u0000d"}"#),
    ("utf16be", "{f|utf16be: cmd}", r#"{"f": "\u0000c\u0000m\u0000d"}"#, r#"{"f": "c\u0000m\u0000d\u0000"}"#),
    ("utf16be", "{f|utf16be|base64: cmd}", r#"{"f": "AGMAbQBk"}"#, r#"{"f": "YwBtAGQA"}"#),
    ("utf16", "{f|utf16|base64: cmd}", r#"{"f": "//5jAG0AZAA="}"#, r#"{"f": "YwBtAGQA"}"#),
    ("wide", "{f|wide|base64: cmd}", r#"{"f": "YwBtAGQA"}"#, r#"{"f": "//5jAG0AZAA="}"#),
    ("lt", "{f|lt: 5}", r#"{"f": -5}"#, r#"{"f": 5}"#),
    ("lte", "{f|lte: 5}", r#"{"f": "5"}"#, r#"{"f": 6}"#),
    ("gt", "{f|gt: 5}", r#"{"f": 1e3}"#, r#"{"f": 5}"#),
    ("gte", "{f|gte: 5}", r#"{"f": 5}"#, r#"{"f": 4}"#),
    ("minute", "{f|minute: 0}", r#"{"f": "2024-01-01T10:00:59Z"}"#, r#"{"f": "2024-01-01T00:10:00Z"}"#),
    ("hour", "{f|hour: 10}", r#"{"f": "2024-01-01T10:00:00Z"}"#, r#"{"f": "2024-10-10T01:10:10Z"}"#),
    ("day", "{f|day: 31}", r#"{"f": "2024-12-31"}"#, r#"{"f": "2024-12-30"}"#),
    // ISO weeks: the last days of 2024 are in the first week of 2025, the first of 2027 in the last of 2026.
    ("week", "{f|week: 53}", r#"{"f": "2027-01-01"}"#, r#"{"f": "2024-12-31"}"#),
    ("month", "{f|month: 2}", r#"{"f": "2024-02-29"}"#, r#"{"f": "2024-12-02"}"#),
    ("year", "{f|year|gte: 2024}", r#"{"f": "2024-01-01"}"#, r#"{"f": "2023-12-31"}"#),
    ("cidr", "{f|cidr: '2001:db8::/32'}", r#"{"f": "2001:DB8::7"}"#, r#"{"f": "2001:db9::7"}"#),
    ("expand", "{f|expand: '%p%!'}", r#"{"f": "value!"}"#, r#"{"f": "%p%!"}"#),
    ("fieldref", "{f|fieldref: g}", r#"{"f": "a", "g": "a"}"#, r#"{"f": "g", "g": "a"}"#),
];

#[test]
fn every_modifier_of_the_specification_has_cases() {
    let given = Placeholders::default().with("p", ["value"]);
    for (_, selection, matching, other) in MODIFIERS {
        check_with(&format!("  s: {selection}\n  condition: s\n"), &given, &[matching], &[other]);
    }
    let shared = std::env::var("STING_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let path = format!("{shared}/data/sigma-specification/specification/sigma-appendix-modifiers.md");
    let Ok(appendix) = std::fs::read_to_string(path) else {
        println!("skipped: no shared data");
        return;
    };
    let named: Vec<&str> = appendix
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("- `")?.split_once("`: ").map(|(name, _)| name))
        .collect();
    assert!(named.len() > 25, "{named:?}");
    for name in named {
        assert!(MODIFIERS.iter().any(|(modifier, ..)| *modifier == name), "no case for {name}");
    }
}

#[test]
fn presence_and_difference() {
    check("{f|exists: true}", &[r#"{"f": 1}"#, r#"{"f": null}"#, r#"{"f": {}}"#], &["{}"]);
    check("{f|exists: false}", &["{}"], &[r#"{"f": ""}"#]);
    check("{f|neq: a}", &[r#"{"f": "b"}"#, "{}"], &[r#"{"f": "A"}"#]);
    check("{f|neq: [a, b]}", &[r#"{"f": "c"}"#], &[r#"{"f": "a"}"#, r#"{"f": "b"}"#]);
    check("{f|contains|neq: abc}", &[r#"{"f": "ab"}"#], &[r#"{"f": "xabcx"}"#]);
}

#[test]
fn regular_expressions() {
    check(r"{f|re: '^a.c\d+$'}", &[r#"{"f": "abc12"}"#], &[r#"{"f": "ABC12"}"#, r#"{"f": "xabc1"}"#]);
    check("{f|re|i: b+}", &[r#"{"f": "aBBa"}"#], &[r#"{"f": "a"}"#]);
    check("{f|re|m: ^b$}", &[r#"{"f": "a\nb\nc"}"#], &[r#"{"f": "a\nbb"}"#]);
    check("{f|re|s: a.b}", &[r#"{"f": "a\nb"}"#], &[r#"{"f": "ab"}"#]);
    check("{f|re: a.b}", &[r#"{"f": "a-b"}"#], &[r#"{"f": "a\nb"}"#]);
    assert!(
        message("  s: {f|re: '(?=a)b'}\n  condition: s\n").contains("5: regular expression: look-around")
    );
    assert!(message("  s: {f|re: '(a)\\1'}\n  condition: s\n").contains("back-references"));
    assert!(message("  s: {f|re: '(a'}\n  condition: s\n").contains("regular expression: "));
    assert!(message("  s: {f|re: '(\\w{500}){500}'}\n  condition: s\n").contains("make it smaller"));
}

#[test]
fn encodings() {
    check("{f|base64: foo}", &[r#"{"f": "Zm9v"}"#], &[r#"{"f": "Zm9vIQ=="}"#]);
    check("{f|base64|contains: fo}", &[r#"{"f": "xZm8=x"}"#], &[r#"{"f": "Zm9v"}"#]);
    // "http" at each of the three offsets, in `xhttp`, `xxhttp` and `xxxhttp` with something after it.
    let shifted = [r#"{"f": "aHR0cDov"}"#, r#"{"f": "eGh0dHA6"}"#, r#"{"f": "eHhodHRwOi8="}"#];
    check("{f|base64offset|contains: http}", &shifted, &[r#"{"f": "http"}"#]);
    // The specification's own bytes of `cmd`, and then in base64.
    check("{f|wide: cmd}", &[r#"{"f": "c\u0000m\u0000d\u0000"}"#], &[r#"{"f": "cmd"}"#]);
    check("{f|utf16le|base64: cmd}", &[r#"{"f": "YwBtAGQA"}"#], &[]);
    check("{f|utf16be|base64: cmd}", &[r#"{"f": "AGMAbQBk"}"#], &[]);
    check("{f|utf16|base64: cmd}", &[r#"{"f": "//5jAG0AZAA="}"#], &[]);
    check(
        "{f|wide|base64offset|contains: ab}",
        &[r#"{"f": "YQBiAA"}"#, r#"{"f": "AGEAYgA="}"#],
        &[r#"{"f": "YWI="}"#],
    );
    assert!(message("  s: {f|utf16: é}\n  condition: s\n").contains("add `base64`"));
    assert!(message("  s: {f|base64: 'a*'}\n  condition: s\n").contains("wildcard"));
}

#[test]
fn dashes() {
    check(
        "{f|contains|windash: ' -enc '}",
        &[
            r#"{"f": "p -enc x"}"#,
            r#"{"f": "p /ENC x"}"#,
            r#"{"f": "p \u2013enc x"}"#,
            r#"{"f": "p \u2014enc x"}"#,
            r#"{"f": "p \u2015enc x"}"#,
        ],
        &[r#"{"f": "p enc x"}"#],
    );
    check("{f|windash|contains: '-a /b'}", &[r#"{"f": "/a -b"}"#, r#"{"f": "-a -b"}"#], &[r#"{"f": "a b"}"#]);
    check("{f|windash|base64: '-a'}", &[r#"{"f": "L2E="}"#, r#"{"f": "LWE="}"#], &[r#"{"f": "LmE="}"#]);
}

#[test]
fn numbers_and_times() {
    check("{f|lt: 5}", &[r#"{"f": 4}"#, r#"{"f": "4.5"}"#], &[r#"{"f": 5}"#, r#"{"f": "x"}"#, "{}"]);
    check("{f|lte: 5}", &[r#"{"f": 5}"#], &[r#"{"f": 5.1}"#]);
    check("{f|gt: 5}", &[r#"{"f": 5.1}"#], &[r#"{"f": 5}"#]);
    check("{f|gte: 5}", &[r#"{"f": 5}"#], &[r#"{"f": 4}"#]);
    check("{f|neq: 5}", &[r#"{"f": 4}"#], &[r#"{"f": 5}"#]);
    let time = r#"{"f": "2024-12-30T23:59:00+02:00"}"#;
    for (part, value) in
        [("minute", 59), ("hour", 23), ("day", 30), ("week", 1), ("month", 12), ("year", 2024)]
    {
        check(
            &format!("{{f|{part}: {value}}}"),
            &[time],
            &[r#"{"f": "2021-07-14 11:30:00"}"#, r#"{"f": "soon"}"#],
        );
    }
    check("{f|hour|gte: 22}", &[time], &[r#"{"f": "2024-12-30 21:59:00"}"#]);
    assert!(message("  s: {f|gt: many}\n  condition: s\n").contains("number is needed"));
}

#[test]
fn networks_and_fields() {
    check("{f|cidr: 10.0.0.0/8}", &[r#"{"f": "10.1.2.3"}"#], &[r#"{"f": "11.1.2.3"}"#, r#"{"f": "x"}"#]);
    check("{f|cidr: ['fe80::/10', '10.0.0.0/8']}", &[r#"{"f": "fe80::1"}"#], &[r#"{"f": "::1"}"#]);
    check(
        "{f|fieldref: g}",
        &[r#"{"f": "A", "g": "a"}"#],
        &[r#"{"f": "a", "g": "b"}"#, r#"{"f": "a"}"#, "{}"],
    );
    check("{f|fieldref|neq: g}", &[r#"{"f": "a", "g": "b"}"#], &[r#"{"f": "a", "g": "a"}"#]);
    check("{f|fieldref|startswith: g}", &[r#"{"f": "abc", "g": "ab"}"#], &[r#"{"f": "ab", "g": "abc"}"#]);
    assert!(message("  s: {f|cidr: ten}\n  condition: s\n").contains("address/prefix"));
}

#[test]
fn placeholders() {
    let given = Placeholders::default().with("servers", ["srv*", "db1"]);
    let detection = "  s: {f|expand: '%servers%'}\n  condition: s\n";
    check_with(detection, &given, &[r#"{"f": "SRV7"}"#, r#"{"f": "db1"}"#], &[r#"{"f": "pc"}"#]);
    check_with(
        r"{f}".replace("{f}", "  s: {f|expand: '\\%plain%servers%'}\n  condition: s\n").as_str(),
        &given,
        &[r#"{"f": "%plaindb1"}"#],
        &[],
    );
    // Without `expand` a percent sign is one.
    check("{f: '%servers%'}", &[r#"{"f": "%servers%"}"#], &[r#"{"f": "srv1"}"#]);
    // Nobody said what it stands for: it matches nothing, and that can be seen.
    for detection in [detection, "  s: {f|contains|all|expand: '%servers%'}\n  condition: s\n"] {
        check_with(detection, &Placeholders::default(), &[], &[r#"{"f": "srv1"}"#]);
        let set = rules(detection, &Placeholders::default());
        assert!(set.warnings().next().unwrap().message.contains("servers"));
    }
}

#[test]
fn conditions() {
    let three = "  a1: {f: x}\n  a2: {g: y}\n  b: {h: z}\n";
    for (condition, matching, other) in [
        ("1 of a*", r#"{"g": "y"}"#, r#"{"h": "z"}"#),
        ("all of a*", r#"{"f": "x", "g": "y"}"#, r#"{"f": "x", "h": "z"}"#),
        ("2 of them", r#"{"f": "x", "h": "z"}"#, r#"{"f": "x"}"#),
        ("a1 and not b", r#"{"f": "x"}"#, r#"{"f": "x", "h": "z"}"#),
        ("not (a1 or b)", r#"{"g": "y"}"#, r#"{"h": "z"}"#),
        ("[a1, b]", r#"{"h": "z"}"#, r#"{"g": "y"}"#),
    ] {
        check_with(
            &format!("{three}  condition: {condition}\n"),
            &Placeholders::default(),
            &[matching],
            &[other],
        );
    }
}

#[test]
fn filters_suppress() {
    let rule = format!("{HEAD}  s: {{f: a}}\n  condition: s\n");
    let filter = |rules: &str, condition: &str, category: &str| {
        format!(
            "title: Known\nlogsource: {{category: {category}}}\nfilter:\n  rules: {rules}\n  selection: {{user|startswith: adm_}}\n  other: {{g: b}}\n  condition: {condition}\n"
        )
    };
    let load = |filter: String| {
        RuleSet::parse([("filter.yml".to_owned(), filter), ("rule.yml".to_owned(), rule.clone())])
    };
    let admin = Event::from_json(br#"{"f": "a", "user": "adm_1"}"#).unwrap();
    let user = Event::from_json(br#"{"f": "a", "user": "ada"}"#).unwrap();
    for (rules, condition) in [
        ("[r]", "selection"),
        ("[r]", "not selection"),
        ("any", "selection"),
        ("[r]", "selection and not other"),
    ] {
        let set = load(filter(rules, condition, "test"));
        assert_eq!((set.errors(), set.len()), (&[][..], 1), "{condition}");
        for (event, expected) in [(&admin, 0), (&user, 1)] {
            assert_eq!(set.matches(event).len(), expected, "{rules} {condition}");
            assert_eq!(set.matches_by_full_scan(event).len(), expected, "{rules} {condition}");
        }
    }
    // A filter for rules that are not there, or of another log, is no filter, and says so.
    assert_eq!(load(filter("any", "selection", "another")).matches(&admin).len(), 1);
    for (rules, category, fault) in
        [("[r]", "another", "another log source"), ("[x]", "test", "no such rule")]
    {
        let set = load(filter(rules, "selection", category));
        assert!(set.errors()[0].message.contains(fault) && set.errors()[0].path == "filter.yml");
        assert_eq!(set.matches(&admin).len(), 1);
    }
    for (text, fault) in [
        (filter("[]", "selection", "test"), "`rules` is empty"),
        (filter("[r]", "nothing", "test"), "no such selection"),
        ("title: t\nlogsource: {}\nfilter: x\n".to_owned(), "`filter` is not a map"),
    ] {
        assert!(load(text).errors()[0].message.contains(fault), "{fault}");
    }
}

#[test]
fn faults_have_a_line_and_a_mend() {
    for (detection, fault) in [
        ("  s: {f|contain: a}\n  condition: s\n", "5: unknown modifier `contain`"),
        ("  s: {f|contains|startswith: a}\n  condition: s\n", "5: modifier `startswith` contradicts"),
        ("  s: {f|re|contains: a}\n  condition: s\n", "5: re cannot be combined"),
        ("  s: {f|i: a}\n  condition: s\n", "5: modifier `i` works only after `re`"),
        ("  s: {f: []}\n  condition: s\n", "5: `f` has no values"),
        ("  s: {f: {g: a}}\n  condition: s\n", "5: a list, map or null"),
        ("  s: {f|exists: maybe}\n  condition: s\n", "5: `exists` takes"),
        ("  s: {}\n  condition: s\n", "5: an empty map"),
        ("  s: {f: a}\n  condition: 1 of t*\n", "6: `1 of t*` names nothing"),
        ("  s: {f: a}\n", "5: `condition` is missing"),
    ] {
        let found = message(detection);
        assert!(found.starts_with(fault), "{detection}: {found}");
    }
    let set = RuleSet::parse([
        ("good.yml".to_owned(), format!("{HEAD}  s: {{f: a}}\n  condition: s\n")),
        ("bad.yml".to_owned(), "%PDF-1.7\n\u{0}".to_owned()),
        ("list.yml".to_owned(), "- a\n".to_owned()),
        ("empty.yml".to_owned(), String::new()),
        ("untitled.yml".to_owned(), "detection: {}\n".to_owned()),
    ]);
    assert_eq!((set.len(), set.errors().len()), (1, 4));
    assert!(set.errors()[1].to_string().starts_with("list.yml:1: not a rule"));
}

#[test]
fn lines_come_in_order() {
    let set = rules("  s: {f: a}\n  condition: s\n", &Placeholders::default());
    let line = |i: usize| match i % 5 {
        0 => r#"{"f": "a"}"#,
        1 => r#"{"f": "#,
        2 => "",
        _ => r#"{"f": "b"}"#,
    };
    let jsonl = (0..1000).map(line).collect::<Vec<_>>().join("\n");
    let found: Vec<(usize, bool)> =
        set.match_jsonl(jsonl.as_bytes()).iter().map(|(number, found)| (*number, found.is_ok())).collect();
    let expected: Vec<(usize, bool)> = (0..1000).filter(|i| i % 5 < 2).map(|i| (i + 1, i % 5 == 0)).collect();
    assert_eq!(found, expected);
    assert!(set.match_jsonl(b"").is_empty());
}
