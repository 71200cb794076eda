//! JSON and other structured texts.

use crate::laws::{DEFAULT, SCRUBBERS, dense_text};
use proptest::prelude::*;
use serde_json::{Value, json};
use sting_core::Span;
use sting_pii::{Action, Callback, Format, ScrubConfig, Scrubber};

fn scrubbed(json: &str) -> String {
    DEFAULT.scrub_json(json).unwrap().text.into_inner()
}

#[test]
fn keys_decide_and_bytes_stay() {
    let json = "{ \"password\" : [\"correct horse\", {\"x\":\"y\"}],\n\t\"card\": 4111111111111111, \"n\": 1.50e3 }\n{\"a\":null}";
    assert_eq!(
        scrubbed(json),
        "{ \"password\" : [\"[PASSWORD]\", {\"x\":\"y\"}],\n\t\"card\": \"[CREDIT_CARD]\", \"n\": 1.50e3 }\n{\"a\":null}"
    );
    assert_eq!(scrubbed(r#"{"jane@example.org": true}"#), r#"{"[EMAIL]": true}"#);
}

#[test]
fn escapes_hide_nothing() {
    let json = r#"{"m": "jane\u0040example.org \ud83d\ude00 é"}"#;
    let result = DEFAULT.scrub_json(json).unwrap();
    assert_eq!(result.text.get(), r#"{"m": "[EMAIL] \ud83d\ude00 é"}"#);
    assert_eq!(result.findings[0].span.get(json), Some(r"jane\u0040example.org"));
}

#[test]
fn what_is_not_json_is_refused() {
    for text in
        ["{", "[1,", "{\"a\" 1}", "{\"a\":1 2}", "[1}", "nul", "\"open", "{1:2}", "\"\\x\"", "{\"a\"", "]"]
    {
        assert_eq!(DEFAULT.scrub_json(text).unwrap_err().code(), "json", "{text}");
    }
    assert!(DEFAULT.scrub_json(&"[".repeat(5000)).is_err());
}

proptest! {
    #[test]
    fn json_stays_json_and_comes_to_rest(texts in proptest::collection::vec(dense_text(), 0..5), key in "[a-z]{1,8}") {
        let json = json!({key: texts.clone(), "list": texts, "n": 12.5}).to_string();
        let once = scrubbed(&json);
        let value: Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(value.as_object().unwrap().len(), serde_json::from_str::<Value>(&json).unwrap().as_object().unwrap().len());
        prop_assert_eq!(scrubbed(&once), once);
    }
}

/// Formats that are read line by line.
const LINES: [Format; 6] =
    [Format::Log, Format::Logfmt, Format::Syslog, Format::AccessLog, Format::JsonLines, Format::Csv];

fn as_format(format: Format, text: &str) -> String {
    DEFAULT.scrub_as(format, text).unwrap().text.into_inner()
}

#[test]
fn names_of_fields_decide_in_every_format() {
    for (format, text, expected) in [
        (
            Format::Logfmt,
            "a=1 user.ssn=536228726 msg=\"say \\\"a@b.example\\\"\"\n",
            "a=1 user.ssn=[US_SSN] msg=\"say \\\"[EMAIL]\\\"\"\n",
        ),
        (
            Format::Syslog,
            "<13>1 2026-01-01T00:00:00Z h app - - [x@1 ssn=\"536228726\" n=\"1\"] login jane@b.example\n",
            "<13>1 2026-01-01T00:00:00Z h app - - [x@1 ssn=\"[US_SSN\\]\" n=\"1\"] login [EMAIL]\n",
        ),
        (
            Format::Syslog,
            "Jan  2 03:04:05 host app[7]: {\"password\": \"correct horse\"}",
            "Jan  2 03:04:05 host app[7]: {\"password\": \"[PASSWORD]\"}",
        ),
        (
            Format::AccessLog,
            "10.1.2.3 - - [10/Oct/2000:13:55:36 -0700] \"GET /?q=\\x61@b.example HTTP/1.0\" 200 5 \"-\" \"x\"",
            "[IP_ADDRESS] - - [10/Oct/2000:13:55:36 -0700] \"GET /?q=[EMAIL] HTTP/1.0\" 200 5 \"-\" \"x\"",
        ),
        (
            Format::Csv,
            "id\tcard number\tpassword\r\n1\t4111111111111111\t\"two \"\"words\"\"\"\r\n",
            "id\tcard number\tpassword\r\n1\t[CREDIT_CARD]\t\"[PASSWORD]\"\r\n",
        ),
        (
            Format::Json,
            "{\"card\": {\"number\": 4111111111111111}}",
            "{\"card\": {\"number\": \"[CREDIT_CARD]\"}}",
        ),
    ] {
        assert_eq!(as_format(format, text), expected);
        assert_eq!(as_format(Format::Auto, text), expected);
    }
}

#[test]
fn formats_are_told_apart() {
    for (text, format) in [
        ("", Format::Text),
        ("Dear Jane,\nthis is a=b.\n", Format::Text),
        ("{\"a\": [1]}\n{\"a\": 2}", Format::Json),
        ("{\"a\": 1}\nplain\n", Format::Log),
        ("id,name,x\n1,2,3\n", Format::Csv),
        ("plain\nlevel=info n=1\n", Format::Log),
    ] {
        assert_eq!(Format::detect(text.as_bytes()), format, "{text}");
    }
    for name in Format::NAMES {
        name.parse::<Format>().unwrap();
    }
    assert!("nope".parse::<Format>().is_err());
    assert!(DEFAULT.stream_as(Format::Auto).is_err() && DEFAULT.stream_as(Format::Json).is_err());
}

#[test]
fn a_private_key_between_lines_of_a_log_is_one_value() {
    let body = "MIIEpAIBAAKCAQEA7n3Zt9Xv2Lm5Nb8Pw1Rf4Hs7Jd0Gy6Uc3Ie9Oa2Ml5Tk8Vx\n".repeat(9);
    let text = format!(
        "level=info n=1\n-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\nlevel=info n=2\n"
    );
    assert_eq!(as_format(Format::Log, &text), "level=info n=1\n[PRIVATE_KEY]\nlevel=info n=2\n");
}

/// Lines of every format with private data in them, some spoilt.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        dense_text(),
        dense_text().prop_map(|text| format!("level=info msg={text:?} ssn=536228726")),
        dense_text().prop_map(|text| json!({"ssn": 536228726, "note": text}).to_string()),
        dense_text().prop_map(|text| format!(
            "<13>1 2026-01-01T00:00:00Z h a - - [x ssn=\"536228726\" t={text:?}] {text}"
        )),
        dense_text().prop_map(|text| format!("Jan  2 03:04:05 host app[7]: {text}")),
        dense_text().prop_map(|text| format!(
            "10.0.0.1 - jane [10/Oct/2000:13:55:36 -0700] {text:?} 200 5 \"-\" \"x\""
        )),
        dense_text().prop_map(|text| format!("1,\"{}\",536228726", text.replace('"', "\"\""))),
        Just("id,note,ssn".to_owned()),
    ];
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

/// What was scrubbed in a format stays as it is, and nothing is found in it.
fn comes_to_rest(formats: &[Format], text: &str) -> Result<(), TestCaseError> {
    for &format in formats {
        let once = as_format(format, text);
        prop_assert_eq!(&as_format(format, &once), &once, "{:?}", format);
        prop_assert_eq!(DEFAULT.find_as(format, once.as_bytes()).unwrap(), vec![], "{:?} {:?}", format, once);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn only_what_is_found_changes(text in lines()) {
        for format in LINES.into_iter().chain([Format::Auto, Format::Text]) {
            let result = DEFAULT.scrub_as(format, &text).unwrap();
            let out = result.text.get().as_bytes();
            let mut at = 0;
            for run in result.map.runs() {
                prop_assert_eq!(run.source.start, at, "{:?}", format);
                at = run.source.end;
                if run.verbatim {
                    prop_assert_eq!(&out[run.output.range()], &text.as_bytes()[run.source.range()]);
                } else if !run.source.is_empty() {
                    let near = Span::new(run.source.start.saturating_sub(1), run.source.end + 1);
                    prop_assert!(out[run.output.range()].contains(&b'*') || result.findings.iter().any(|f| f.span.overlaps(near)), "{:?} {:?}", format, run);
                }
            }
            prop_assert_eq!(at, text.len());
        }
    }

    #[test]
    fn structured_scrubbing_comes_to_rest(text in lines()) {
        comes_to_rest(&[Format::Csv, Format::JsonLines], &text)?;
    }

    // Fails about once in two thousand texts: `+49 30 901820 x a= b=` is no logfmt, and `[PHONE] x a= b=` is. A unit must be read
    // again in its format after it was written, in streams too, until nothing changes.
    #[test]
    #[ignore = "known to fail: a scrubbed line may read as another format"]
    fn scrubbing_of_logs_comes_to_rest(text in lines()) {
        comes_to_rest(&LINES, &text)?;
    }

    #[test]
    fn structured_streams_give_what_one_call_gives(
        text in lines(), filler in "[a-z\" ]{0,30}", times in prop_oneof![Just(0_usize), 500_usize..1500],
        cuts in proptest::collection::vec(1_usize..2_000, 1..5),
    ) {
        let text = format!("{text}{}\n{text}", filler.repeat(times));
        for format in LINES.into_iter().chain([Format::Text]) {
            let whole = DEFAULT.scrub_bytes_as(format, text.as_bytes()).unwrap().into_inner();
            let mut stream = DEFAULT.stream_as(format).unwrap();
            let (mut out, mut rest) = (Vec::new(), text.as_bytes());
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at(rest.len().min(*cut));
                out.extend(stream.push(piece).unwrap().into_inner());
                prop_assert!(stream.held() < 64 * 1024);
                rest = after;
            }
            out.extend(stream.finish().unwrap().into_inner());
            prop_assert_eq!(out == whole, true, "{:?}: {:?}", format, String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn any_bytes_are_taken_apart(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let nothing = Scrubber::new(ScrubConfig::default().with_denied("x", ["a value that is in no text"]).with_entities(["x"])).unwrap();
        for format in LINES.into_iter().chain([Format::Auto, Format::Text]) {
            prop_assert_eq!(nothing.scrub_bytes_as(format, &bytes).unwrap().into_inner(), bytes.clone());
            DEFAULT.scrub_bytes_as(format, &bytes).unwrap();
        }
    }
}

#[test]
fn other_actions_come_to_rest_too() {
    let text = "level=info user=jane@b.example ssn=536228726 n=1\n{\"password\": \"correct horse\", \"card\": 4111111111111111}\nJan  2 03:04:05 10.1.2.3 app: from 10.2.3.4\n";
    for scrubber in SCRUBBERS.iter() {
        let once = scrubber.scrub_as(Format::Log, text).unwrap().text.into_inner();
        let twice = scrubber.scrub_as(Format::Log, &once).unwrap();
        assert_eq!(twice.text.get(), &once);
        assert_eq!(scrubber.find_as(Format::Log, once.as_bytes()).unwrap(), vec![]);
    }
}

#[test]
fn a_stream_that_failed_says_why_once_and_gives_nothing_after() {
    let fails = Callback::new("fails", |_, _| Err("no".into()));
    let scrubber = Scrubber::new(ScrubConfig::default().with_action("email", Action::Call(fails))).unwrap();
    let mut stream = scrubber.stream_as(Format::Log).unwrap();
    assert_eq!(stream.push(b"level=info from=a@b.example\n").unwrap_err().code(), "callback");
    assert_eq!(stream.push(b"level=info n=1\n").unwrap_err().code(), "stopped");
    assert_eq!(stream.finish().unwrap_err().code(), "stopped");
    let mut stream = scrubber.stream();
    let piece = b"from a@b.example ".repeat(9000);
    assert_eq!(stream.push(&piece).unwrap_err().code(), "callback");
    assert_eq!(stream.finish().unwrap_err().code(), "stopped");
}
