//! Actions that leave something, profiles, and how rules compose.

use crate::laws::dense_text;
use proptest::prelude::*;
use std::sync::LazyLock;
use sting_pii::{
    Action, Callback, Caller, DatePrecision, Generalize, Key, Mode, OwnProfile, ScrubConfig, Scrubber,
    profiles,
};

fn key() -> Key {
    Key::new("a key of the tests").unwrap()
}

fn config() -> ScrubConfig {
    ScrubConfig::default().with_key(key())
}

fn scrubbed(config: ScrubConfig, text: &str) -> String {
    Scrubber::new(config).unwrap().scrub(text).unwrap().text.into_inner()
}

/// Scrubbers of which what they write may look private.
static STANDING: LazyLock<Vec<Scrubber>> = LazyLock::new(|| {
    let wide = Action::Generalize(Generalize { dates: DatePrecision::Month, round: 10 });
    let swap = Callback::new("swap", |value, _| Ok(value.chars().rev().collect())).trusted();
    [Action::Fpe, wide, Action::DateShift { max_days: 400 }, Action::Call(swap)]
        .into_iter()
        .map(|action| Scrubber::new(config().with_action("*", action)).unwrap())
        .collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_stands_stands_in_streams_too(text in dense_text(), cut in 1_usize..9, times in 1_usize..300) {
        for text in [text.clone(), text.repeat(times)] {
            for scrubber in STANDING.iter() {
                let Ok(whole) = scrubber.scrub_bytes(text.as_bytes()) else { continue }; // too many rounds
                let whole = whole.into_inner();
                let (mut stream, mut out) = (scrubber.stream(), Vec::new());
                for piece in text.as_bytes().chunks(if times > 1 { 700 * cut } else { cut }) {
                    out.extend(stream.push(piece).unwrap().into_inner());
                }
                out.extend(stream.finish().unwrap().into_inner());
                prop_assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&whole));
            }
        }
    }

    #[test]
    fn nothing_of_a_value_is_left_by_encryption(digits in "[1-9][0-9]{2}-[1-9][0-9]-[1-9][0-9]{3}") {
        let text = format!("SSN: {digits}");
        let out = STANDING[0].scrub(&text).unwrap().text.into_inner();
        prop_assert!(STANDING[0].find(&text).unwrap().is_empty() || out != text);
    }
}

#[test]
fn an_encrypted_value_keeps_its_format_and_is_decrypted() {
    let scrubber = Scrubber::new(config().with_action("*", Action::Fpe)).unwrap();
    let text = "card 4111 1111 1111 1111, SSN 536-22-8726, a@b.example";
    let result = scrubber.scrub(text).unwrap();
    let out = result.text.get();
    let shape = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    let (before, rest) = out.split_once(", a").unwrap_or((out, ""));
    assert!(!before.contains("4111") && !before.contains("8726"), "{out}");
    assert_eq!(shape(&before[..19 + 5]), "card 0000 0000 0000 0000");
    assert_eq!(scrubber.decrypt(&out[5..24], "credit_card").unwrap(), "4111 1111 1111 1111");
    assert_eq!(scrubber.decrypt(&out[30..41], "us_ssn").unwrap(), "536-22-8726");
    assert_eq!(scrubber.decrypt("12", "us_ssn").unwrap_err().code(), "config");
    assert_eq!(rest.len(), 0, "the address is encrypted as well");
    let without_key = Scrubber::new(ScrubConfig::default()).unwrap();
    assert_eq!(without_key.decrypt("4111 1111 1111 1111", "credit_card").unwrap_err().code(), "key_missing");
}

#[test]
fn what_may_be_scrubbed_again_is_told() {
    let repeatable = |action| Scrubber::new(config().with_action("*", action)).unwrap().is_repeatable();
    assert!(repeatable(Action::Hash) && repeatable(Action::Generalize(Generalize::default())));
    assert!(!repeatable(Action::Fpe) && !repeatable(Action::DateShift { max_days: 9 }));
}

#[test]
fn intervals_of_a_subject_stay() {
    let config = config().with_entities(["date"]).with_action("date", Action::DateShift { max_days: 200 });
    let scrubber = Scrubber::new(config).unwrap();
    let of = |subject: &str| {
        scrubber.for_subject(subject).scrub("2024-01-31, then 2024-03-01").unwrap().text.into_inner()
    };
    let days = |out: &str| {
        let day = |text: &str| text.parse::<Date>().unwrap().0;
        day(&out[17..27]) - day(&out[..10])
    };
    assert_eq!(of("patient 1"), of("patient 1"));
    assert_eq!((days(&of("patient 1")), days(&of("patient 2"))), (30, 30));
    let moved: std::collections::BTreeSet<_> = (0..20).map(|n| of(&n.to_string())).collect();
    assert!(moved.len() > 10 && moved.iter().all(|out| !out.starts_with("2024-01-31")));
    assert!(!format!("{:?}", scrubber.for_subject("jane doe")).contains("jane"));
}

/// Days, counted the slow way.
struct Date(i64);

impl std::str::FromStr for Date {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (year, month, day): (i64, usize, i64) =
            (text[..4].parse()?, text[5..7].parse()?, text[8..10].parse()?);
        let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let years: i64 = (1900..year).map(|y| 365 + i64::from(leap(y))).sum();
        Ok(Self(years + lengths[..month - 1].iter().sum::<i64>() + day))
    }
}

#[test]
fn a_callback_is_obeyed_and_not_trusted() {
    let call = |name: &str, out: &'static str| Callback::new(name, move |_, _| Ok(out.to_owned()));
    let email = |callback| config().with_action("email", Action::Call(callback));
    assert_eq!(scrubbed(email(call("plain", "someone")), "to a@b.example"), "to someone");
    let looks_private = Scrubber::new(email(call("other", "x@y.example"))).unwrap();
    assert_eq!(looks_private.scrub("to a@b.example").unwrap_err().code(), "unsettled");
    assert_eq!(scrubbed(email(call("other", "x@y.example").trusted()), "to a@b.example"), "to x@y.example");
    let fails = Callback::new("fails", |value, _| Err(value.to_owned().into()));
    let scrubber = Scrubber::new(email(fails)).unwrap();
    let error = scrubber.scrub("to a@b.example").unwrap_err();
    assert_eq!(error.code(), "callback");
    assert!(!format!("{error:?}").contains("a@b"));
    assert!(scrubber.stream().push(b"to a@b.example").is_ok(), "it is held back");
}

#[test]
fn masks_leave_no_head_behind() {
    let config = ScrubConfig::default().with_action("*", Action::mask_keeping_last(4));
    let out = scrubbed(config, "call +1 415 555 0134 from ::ffff:198.51.100.23");
    assert!(!out.contains("+1") && !out.contains("ffff") && out.contains("0134"), "{out}");
}

#[test]
fn cards_show_six_and_four_digits_and_codes_are_gone() {
    let out = scrubbed(
        ScrubConfig::default().with_profile("pci_dss"),
        "4111111111111111 was charged; mail a@b.example if not.\n\ncvv: 123",
    );
    assert!(
        out.starts_with("411111******1111 ") && out.contains("a@b.example") && out.ends_with("cvv: "),
        "{out}"
    );
    let session = Scrubber::new(ScrubConfig::default().with_profile("pci_dss")).unwrap().session(&key());
    let sent = session.protect_json(r#"{"cvv": 123, "card": "4111111111111111"}"#).unwrap().text.into_inner();
    let back = session.restore(&sent).unwrap();
    assert!(back.contains("4111111111111111") && !back.contains("123,"), "{back}");
}

#[test]
fn safe_harbor_leaves_three_digits() {
    let config = ScrubConfig::default().with_profile("hipaa");
    let out =
        scrubbed(config, "MRN: 12345678, born 1/2/1931, seen on 2024-03-09\n\nlives in Rutland, VT 05701");
    assert!(out.ends_with(", VT 057") && out.contains("seen on [DATE]"), "{out}");
    assert!(!out.contains("1931") && !out.contains("12345678"), "{out}");
}

#[test]
fn every_profile_and_mode_builds() {
    for profile in profiles() {
        for mode in [Mode::General, Mode::Medical, Mode::Legal, Mode::Financial, Mode::Educational] {
            Scrubber::new(ScrubConfig::default().with_profile(profile).with_mode(mode)).unwrap();
        }
    }
}

#[test]
fn a_mode_finds_on_weaker_evidence() {
    let found = |mode, text: &str| {
        Scrubber::new(ScrubConfig::default().with_mode(mode)).unwrap().find(text).unwrap().len()
    };
    let text = "glucose 126 mg/dL";
    assert!(found(Mode::Medical, text) >= found(Mode::General, text));
    let score = |mode| {
        let scrubber = Scrubber::new(ScrubConfig::default().with_mode(mode).with_min_score(0.1)).unwrap();
        scrubber.find("MRN: 12345678").unwrap()[0].score
    };
    assert!(score(Mode::Medical) > score(Mode::General));
}

#[test]
fn rules_compose_profile_overrides_exceptions() {
    let own = |json: &str| serde_json::from_str::<OwnProfile>(json).unwrap();
    let base = own(
        r#"{"name": "p", "extends": "secrets", "kinds": ["email"], "actions": {"email": "remove", "*": "mask"},
        "exceptions": [{"values": ["*@ours.example"]}]}"#,
    );
    let config = ScrubConfig::default().with_own_profile(base);
    assert_eq!(
        scrubbed(config.clone(), "a@b.example c@ours.example 4111111111111111"),
        " c@ours.example 4111111111111111"
    );
    let config = config.with_action("email", Action::default());
    let exception = serde_json::from_str(r#"{"kinds": ["email_address"], "fields": ["From"]}"#);
    let scrubber = Scrubber::new(config.with_exceptions(exception)).unwrap();
    assert_eq!(scrubber.profile(), "p");
    assert_eq!(scrubber.scrub("a@b.example").unwrap().text.get(), "[EMAIL]");
    assert_eq!(scrubber.scrub_part("a@b.example", Some("from")).unwrap().text.get(), "a@b.example");
    assert_eq!(scrubber.scrub_part("a@b.example", Some("to")).unwrap().text.get(), "[EMAIL]");

    let audit = own(r#"{"name": "p", "exceptions": [{"kinds": ["email"], "roles": ["auditor"],
        "networks": ["10.0.0.0/8"], "times": [{"days": ["mon"], "from": "08:00", "to": "18:00"}]}]}"#);
    let scrubber = Scrubber::new(ScrubConfig::default().with_own_profile(audit)).unwrap();
    let monday = 1_769_990_400;
    let of = |role: &str, address: &str, time| {
        let caller = Caller::default().with_role(role).with_address(address.parse().unwrap()).with_time(time);
        let scrubber = scrubber.for_caller(caller).for_subject("somebody");
        scrubber.scrub("a@b.example").unwrap().text.into_inner()
    };
    assert_eq!(of("auditor", "10.1.1.1", monday + 9 * 3600), "a@b.example");
    assert_eq!(of("guest", "10.1.1.1", monday + 9 * 3600), "[EMAIL]");
    assert_eq!(of("auditor", "11.1.1.1", monday + 9 * 3600), "[EMAIL]");
    assert_eq!(of("auditor", "10.1.1.1", monday + 7 * 3600), "[EMAIL]");
    let half_known = scrubber.for_caller(Caller::default().with_role("auditor"));
    assert_eq!(half_known.scrub("a@b.example").unwrap().text.get(), "[EMAIL]");
    assert_eq!(scrubber.scrub("a@b.example").unwrap().text.get(), "[EMAIL]");

    let fails = |json: &str| {
        let error = Scrubber::new(ScrubConfig::default().with_own_profile(own(json))).unwrap_err();
        assert_eq!(error.code(), "config");
        error.to_string()
    };
    assert!(fails(r#"{"name": "p", "kinds": ["no_such_kind"]}"#).contains("no_such_kind"));
    assert!(fails(r#"{"name": "p", "tags": ["no_such_tag"]}"#).contains("no_such_tag"));
    assert!(fails(r#"{"name": "p", "actions": {"no_such_kind": "keep"}}"#).contains("no_such_kind"));
    assert!(fails(r#"{"name": "p", "extends": "no_such_profile"}"#).contains("no_such_profile"));
    fails(r#"{"name": "p", "exceptions": [{}]}"#);
    fails(r#"{"name": "p", "exceptions": [{"kinds": ["no_such_kind"]}]}"#);
}

#[test]
fn keys_are_asked_for_by_every_action_that_needs_one() {
    for action in [Action::Hash, Action::Token, Action::Fpe, Action::DateShift { max_days: 3 }] {
        let error = Scrubber::new(ScrubConfig::default().with_action("email", action)).unwrap_err();
        assert_eq!(error.code(), "key_missing");
    }
}
