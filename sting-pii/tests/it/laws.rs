//! What scrubbing guarantees, for every text.

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use sting_core::Span;
use sting_pii::{Action, Key, ScrubConfig, Scrubber, builtin, kinds, validators};

pub(crate) static DEFAULT: LazyLock<Scrubber> =
    LazyLock::new(|| Scrubber::new(ScrubConfig::default()).unwrap());

/// Scrubbers that differ in what they do.
pub(crate) static SCRUBBERS: LazyLock<Vec<Scrubber>> = LazyLock::new(|| {
    let key = Key::new("a key of the tests").unwrap();
    [
        Action::default(),
        Action::Mask { keep_first: 2, keep_last: 4 },
        Action::Hash,
        Action::Remove,
        Action::Replace("<{kind}>".into()),
    ]
    .into_iter()
    .map(|action| {
        let config = ScrubConfig::default().with_key(key.clone()).with_action("*", action);
        Scrubber::new(config.with_action("us_ssn", Action::Remove)).unwrap()
    })
    .collect()
});

/// Pieces of which private data is made, so that random texts are full of it.
pub(crate) fn dense_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,4}",
        "[-. /:=@()+]{1,2}",
        "[a-zA-Z]{1,6}",
        prop::sample::select(vec![
            "jane@example.org",
            "4111 1111 1111 1111",
            "536-22-8726",
            "password=",
            "hunter2",
            "SSN: ",
            "192.168.0.1",
            "DE89370400440532013000",
            "+49 30 901820",
            "(415) 555-0134",
            "https://u:pw12@host.example",
            "[EMAIL]",
            "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",
            "api_key=",
            "a8f5f167f44f4964e6c998dee827110c",
            "\n",
            "漢字",
            "é",
            "Bearer ",
            "phone ",
            "routing number ",
            "021000021",
            "***",
            "-----BEGIN PRIVATE KEY-----",
            "MIIE",
            "\"",
            "00:1a:2b:3c:4d:5e",
            "John Smith",
            "Mary ",
            "Dear ",
            "Berlin, ",
            "Microsoft ",
            "12 Main Street, ",
            "[PERSON]",
            "王小明",
            "Dr. ",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_left_to_find(text in dense_text()) {
        for scrubber in SCRUBBERS.iter() {
            let once = scrubber.scrub(&text).unwrap();
            prop_assert_eq!(scrubber.find(once.text.get()).unwrap(), vec![]);
            let twice = scrubber.scrub(once.text.get()).unwrap();
            prop_assert_eq!(twice.text.get(), once.text.get());
        }
    }

    #[test]
    fn no_byte_of_a_finding_comes_out(text in dense_text()) {
        let result = DEFAULT.scrub(&text).unwrap();
        prop_assert_eq!(result.map.output_len(), result.text.get().len());
        // What the map calls verbatim is verbatim, and in no finding.
        let out = result.text.get();
        for (i, byte) in out.bytes().enumerate() {
            let source = result.map.source_of(Span::new(i, i + 1));
            if source.len() == 1 && text.as_bytes()[source.start] == byte {
                continue;
            }
            prop_assert!(result.findings.iter().any(|f| f.span.overlaps(source)) || byte == b'*' || source.is_empty(), "{}", i);
        }
    }

    #[test]
    fn findings_are_in_order_and_in_bounds(text in dense_text()) {
        let findings = DEFAULT.find(&text).unwrap();
        for pair in findings.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start);
        }
        for finding in &findings {
            prop_assert!(finding.span.get(&text).is_some_and(|value| !value.is_empty()), "{:?}", finding);
            prop_assert!(finding.score >= 0.5 && finding.score < 1.0);
        }
    }

    #[test]
    fn any_bytes_are_scanned(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for finding in DEFAULT.find_bytes(&bytes).unwrap() {
            prop_assert!(finding.span.end <= bytes.len());
        }
        DEFAULT.scrub_bytes(&bytes).unwrap();
    }

    #[test]
    fn what_stands_around_does_not_hide(before in "[ 漢,;(\n]{0,70}", after in "[ 漢,;)\n]{0,70}") {
        for (kind, value) in [("email", "jane@example.org"), ("credit_card", "4111111111111111"), ("us_ssn", "536-22-8726"), ("iban", "DE89370400440532013000")] {
            let text = format!("{before}{value}{after}");
            let found = DEFAULT.find(&text).unwrap();
            prop_assert!(found.iter().any(|f| &*f.kind == kind && f.span.get(&text) == Some(value)), "{}: {:?}", text, found);
        }
    }
}

proptest! {
    #[test]
    fn findings_are_on_character_borders(
        key in "(password|pwd|token|secret|Bearer|mail)[:= ]{1,2}[\"'`]?",
        first in "[a-z0-9]{0,9}", filling in "[é漢😀\\u{FFFD}]{1,3}", times in 1_usize..4_000, end in "[\"' \n]?",
        around in "\\PC{0,40}",
    ) {
        let text = format!("{around}{key}{first}{}{end}{around}", filling.repeat(times));
        for finding in DEFAULT.find(&text).unwrap() {
            prop_assert!(finding.span.get(&text).is_some(), "{:?}", finding);
        }
        DEFAULT.scrub(&text).unwrap();
    }
}

#[test]
fn long_passwords_are_covered_whole() {
    for value in ["é".repeat(300), "a1!".repeat(2_000), format!("x{}", "漢".repeat(2_000))] {
        for text in [format!("password={value} next"), format!("\"password\": \"{value}\", next")] {
            let found = DEFAULT.find(&text).unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].span.get(&text), Some(value.as_str()));
        }
    }
    let field = DEFAULT.scrub_part(&"correct horse ".repeat(700), Some("password")).unwrap();
    assert!(field.text.get().len() < 2_000);
}

#[test]
fn the_specific_kind_wins_over_the_generic() {
    for (text, kind) in [
        ("aws_access_key_id = AKIAQYLPMN5HFIQR7XYA", "aws_access_key_id"),
        ("token=xoxb-730191371696-1413868247813-IG7Z9oVbFjCQ2pY8kTdR4mXs", "slack_token"),
        ("\"token\": \"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\"", "github_token"),
        ("api_key: AIzaSyD4kP7vQ1mN9xB2cL5zR8tW3yH6jF0gS-a", "gcp_api_key"),
        ("secret=glpat-Zx81kQm3Vt7Lp0Rw9YbN", "gitlab_token"),
        ("credentials: postgres://svc:pw@db1.larkhaven.example/svc", "url_credentials"),
        ("smtp://relay:sn0w@10.0.0.7:25 host", "url_credentials"),
        ("api_key=a8f5f167f44f4964e6c998dee827110c", "generic_secret"),
    ] {
        let kinds: Vec<_> = DEFAULT.find(text).unwrap().into_iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds.iter().map(|kind| &**kind).collect::<Vec<_>>(), [kind], "{text}");
    }
}

#[test]
fn replacements_are_never_found() {
    let everything = Scrubber::new(ScrubConfig::default().with_entities(kinds())).unwrap();
    for kind in kinds() {
        let upper = kind.to_ascii_uppercase();
        for token in
            [format!("[{upper}]"), format!("[{upper}:0123456789abcdef]"), format!("password=[{upper}] x")]
        {
            assert_eq!(everything.find(&token).unwrap(), vec![], "{token}");
        }
    }
}

#[test]
fn nothing_that_is_printed_holds_text() {
    let text = "mail jane.secret@example.org, card 4111 1111 1111 1111";
    let result = DEFAULT.scrub(text).unwrap();
    let printed = format!("{:?} {:?} {:?}", DEFAULT, result, DEFAULT.find(text).unwrap());
    assert!(!printed.contains("jane") && !printed.contains("4111"), "{printed}");
    let json = r#"{"kind": "x", "name": "x", "pattern": "(secret-word", "max_len": 9}"#;
    let config = ScrubConfig::default().with_custom(vec![serde_json::from_str(json).unwrap()]);
    assert!(!Scrubber::new(config).unwrap_err().to_string().contains("secret-word"));
}

#[test]
fn mistakes_are_told_when_a_scrubber_is_built() {
    let fails = |config: ScrubConfig| Scrubber::new(config).unwrap_err().code();
    let custom = |json: &str| ScrubConfig::default().with_custom(vec![serde_json::from_str(json).unwrap()]);
    assert_eq!(fails(ScrubConfig::default().with_action("email", Action::Hash)), "key_missing");
    assert_eq!(fails(ScrubConfig::default().with_action("*", Action::Hash)), "key_missing");
    assert_eq!(fails(ScrubConfig::default().with_profile("nope")), "config");
    assert_eq!(fails(ScrubConfig::default().with_entities(["nope"])), "config");
    assert_eq!(fails(ScrubConfig::default().with_min_score(0.0)), "config");
    assert_eq!(
        fails(ScrubConfig::default().with_action("*", Action::Replace("a@b.example".into()))),
        "config"
    );
    assert_eq!(fails(custom(r#"{"kind": "x", "name": "x", "pattern": "x*", "max_len": 9}"#)), "detector");
    assert_eq!(fails(custom(r#"{"kind": "x", "name": "x", "pattern": "x(?=y)", "max_len": 9}"#)), "detector");
    assert_eq!(
        fails(custom(r#"{"kind": "x", "name": "x", "pattern": "xy", "max_len": 9, "examples": ["«xz»"]}"#)),
        "detector"
    );
    assert_eq!(fails(custom(r#"{"kind": "x", "name": "x", "pattern": "xy", "max_len": 1}"#)), "detector");
    assert_eq!(
        fails(custom(r#"{"kind": "x", "name": "x", "pattern": "xy", "max_len": 2, "validator": "nope"}"#)),
        "detector"
    );
}

#[test]
fn custom_detectors_and_lists() {
    let json = r#"{"kind": "badge", "name": "Badge", "pattern": "\\bEMP-[0-9]{6}\\b", "max_len": 10,
                   "score": 0.9, "examples": ["badge «EMP-004711»"], "counter_examples": ["XEMP-004711"]}"#;
    let config = ScrubConfig::default()
        .with_custom(vec![serde_json::from_str(json).unwrap()])
        .with_allowed(["Info@Example.org"])
        .with_denied("project", ["Blue Heron"]);
    let scrubber = Scrubber::new(config).unwrap();
    let text = "EMP-004711 wrote info@example.org about blue heron to bob@example.org";
    assert_eq!(
        scrubber.scrub(text).unwrap().text.get(),
        "[BADGE] wrote info@example.org about [PROJECT] to [EMAIL]"
    );
}

/// A number that is called a social security number is taken for one though none of its area was ever issued, on less
/// evidence than a possible one.
#[test]
fn an_impossible_number_counts_where_it_is_named() {
    let text = "Patient John Smith, SSN: 999-12-3456, MRN: 123456";
    let found = DEFAULT.find(text).unwrap();
    let places: Vec<_> = found.iter().map(|f| (&*f.kind, f.span.start, f.span.end)).collect();
    assert_eq!(places, [("person", 8, 18), ("us_ssn", 25, 36), ("medical_record_number", 43, 49)]);
    let possible = DEFAULT.find("Patient John Smith, SSN: 536-22-8726").unwrap();
    assert!(found[1].score < possible[1].score);
}

#[test]
fn fields_are_evidence() {
    let value = |text: &str, field| DEFAULT.scrub_part(text, field).unwrap().text.into_inner();
    assert_eq!(value("536228726", None), "536228726");
    assert_eq!(value("536228726", Some("ssn")), "[US_SSN]");
    assert_eq!(value("correct horse", Some("userPassword")), "[PASSWORD]");
    assert_eq!(value("correct horse", Some("comment")), "correct horse");
    assert_eq!(value("eu-north-1", Some("awsRegion")), "eu-north-1");
    let secret = "DPzJ3TUABipMkE0H1A7tptBC9KfdkEvvmD1r4PCD";
    assert_eq!(value(secret, Some("awsKey")), "[AWS_SECRET_ACCESS_KEY]");
}

#[test]
fn losers_of_an_overlap_do_not_leak() {
    // The URL's credentials win over the address in them; the host behind is covered by both.
    let text = "see https://jane:pw123@example.org/x";
    let out = DEFAULT.scrub(text).unwrap().text.into_inner();
    assert!(!out.contains("jane") && !out.contains("pw123") && !out.contains("example"), "{out}");
}

#[test]
fn the_same_text_gives_the_same_config_id() {
    let id = |score| Scrubber::new(ScrubConfig::default().with_min_score(score)).unwrap().config_id();
    assert_eq!(id(0.5), id(0.5));
    assert_ne!(id(0.5), id(0.6));
}

#[test]
fn the_catalog_is_as_wide_as_the_readme_says() {
    let secret = |row: &&sting_pii::Detector| row.tags.iter().any(|tag| tag == "secret");
    let names = |rows: Vec<&'static sting_pii::Detector>| {
        rows.iter().map(|row| &row.kind).collect::<BTreeSet<_>>().len()
    };
    let (secrets, pii): (Vec<_>, Vec<_>) = builtin().iter().partition(secret);
    assert!(names(secrets.clone()) >= 250 && names(pii.clone()) >= 120, "{} {}", names(secrets), names(pii));
    assert!(builtin().len() >= kinds().len());

    let countries: BTreeSet<_> =
        pii.iter().map(|row| &row.locale).filter(|locale| locale.len() == 2).collect();
    assert!(countries.len() >= 30, "{}", countries.len());

    // Tests that only random values of the right shape fail, not formats and word lists.
    let plain = [
        "secret",
        "password",
        "password_no_path",
        "random",
        "secret_shaped",
        "not_placeholder",
        "not_hex",
        "not_algorithm",
        "ipv4",
        "mac",
        "email",
        "phone",
        "phone_local",
        "url_credentials",
    ];
    let checksums: BTreeSet<_> = validators().into_iter().filter(|name| !plain.contains(name)).collect();
    assert!(checksums.len() >= 70, "{}", checksums.len());
    println!(
        "{} kinds: {} of private data of {} countries, {} of secrets; {} validators with check digits or ranges",
        kinds().len(),
        names(pii),
        countries.len(),
        names(secrets),
        checksums.len()
    );
}

#[test]
fn what_an_action_leaves_is_not_found_again() {
    let text = "jane@example.org 4111 1111 1111 1111 536-22-8726 from 192.168.0.1, password=hunter2, +49 30 901820, DE89370400440532013000, 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";
    for kind in kinds() {
        for action in [Action::default(), Action::Hash, Action::Remove, Action::mask_keeping_last(4)] {
            let config = ScrubConfig::default().with_key(Key::new("a key of the tests").unwrap());
            if !text_has(kind) {
                continue;
            }
            let scrubber = Scrubber::new(config.with_action(kind, action.clone())).unwrap();
            let once = scrubber.scrub(text).unwrap();
            assert_eq!(scrubber.find(once.text.get()).unwrap(), vec![], "{kind} {action:?}");
        }
    }
}

/// Kinds in the text of the test above, so that it need not build a scrubber for every kind.
fn text_has(kind: &str) -> bool {
    ["email", "credit_card", "us_ssn", "ip_address", "password", "phone", "iban", "github_token"]
        .contains(&kind)
}

#[test]
fn invalid_utf8_hides_nothing() {
    let mut bytes =
        b"\xFF\xFEmail jane@example.org\xC3 card 4111111111111111\x80\x80 password=hunter2\xF0\x9F end "
            .repeat(40);
    bytes.push(0xE2);
    let whole = DEFAULT.scrub_bytes(&bytes).unwrap().into_inner();
    assert_eq!(DEFAULT.find_bytes(&bytes).unwrap().len(), 120);
    for part in [&b"jane"[..], b"4111", b"hunter2"] {
        assert!(!whole.windows(part.len()).any(|window| window == part));
    }
    let mut stream = DEFAULT.stream();
    let mut out = Vec::new();
    for piece in bytes.chunks(7) {
        out.extend(stream.push(piece).unwrap().into_inner());
    }
    out.extend(stream.finish().unwrap().into_inner());
    assert_eq!(out, whole);
}
