use std::sync::LazyLock;

use serde::de::IgnoredAny;
use serde_json::Value;
use sting_core::anomaly::{AnomalyDetector, MultiAnomalyDetector, RareValues, RateDetector};
use sting_core::classify::EventModel;
use sting_core::event::{Event, Format};
use sting_core::ioc::Iocs;
use sting_core::model::{EventClassifier, Evidence};
use sting_core::sigma::{Correlator, CorrelatorConfig, Rule, RuleSet};
use sting_core::template::{TemplateConfig, TemplateMiner};

/// Our reader takes JSON objects and nothing else, and sees the texts that serde_json sees.
pub fn event(data: &[u8]) {
    // Syntax alone: serde_json refuses half surrogate pairs and numbers beyond f64, ours keeps the text.
    let is_object = serde_json::from_slice::<IgnoredAny>(data).is_ok()
        && str::from_utf8(data).is_ok_and(|text| text.trim_start().starts_with('{'));
    let event = match Event::from_json(data) {
        Ok(event) => event,
        Err(error) => {
            let message = error.to_string();
            assert!(!is_object || !message.contains("invalid JSON"), "refused an object: {message}");
            return;
        }
    };
    assert!(is_object, "taken, though it is no JSON object");
    let expected = serde_json::from_slice::<Value>(data);
    for (name, value) in event.fields() {
        assert!(
            event.all(name).any(|other| other.as_str() == value.as_str()),
            "{name:?} cannot be looked up"
        );
    }
    for (name, value) in expected.iter().filter_map(Value::as_object).flatten() {
        if let Value::String(text) = value {
            assert!(event.all(name).any(|value| value.as_str() == text), "the text of {name:?} differs");
        }
    }
}

/// A line of any format is read or refused; each value is where its span says, and can be looked up; a line that is
/// neither JSON nor broken text is always an event.
pub fn event_line(data: &[u8]) {
    for (name, format) in Format::ALL {
        let Ok(event) = Event::read(data, format) else { continue };
        for (field, value) in event.fields() {
            assert!(
                event.all(field).any(|other| other.as_str() == value.as_str()),
                "{name}: {field:?} is lost"
            );
            if let Some(span) = event.span(field) {
                assert!(
                    span.get(event.raw()).is_some(),
                    "{name}: a value is out of bounds or cuts a character"
                );
            }
        }
    }
    let json = Format::guess(data) == Format::Json;
    assert!(json || str::from_utf8(data).is_err() || Event::detect(data).is_ok(), "a line is no event");
}

/// A rule is parsed or refused; a parsed one can be evaluated, and by itself finds what it finds in a set.
pub fn rule(data: &[u8]) {
    static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| {
        [
            r#"{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\Windows\\cmd.exe",
                "CommandLine": "cmd /c whoami", "ParentImage": null, "n": 3.5, "list": ["a", "b"]}"#,
            r#"{"event_type": "login_failed", "source": {"ip": "10.1.2.3"}, "message": "", "s": "ssssssssssssss"}"#,
        ]
        .iter()
        .map(|json| Event::from_json(json.as_bytes()).expect("an event"))
        .collect()
    });
    let yaml = String::from_utf8_lossy(data).into_owned();
    let Ok(rules) = Rule::parse(&yaml, "rule.yml") else { return };
    let together = RuleSet::parse([("rule.yml".to_owned(), yaml)]);
    assert_eq!(rules.len(), together.len());
    for event in &*EVENTS {
        let alone = rules.iter().flat_map(|rule| RuleSet::new(vec![rule.clone()]).matches(event));
        assert_eq!(alone.collect::<Vec<_>>(), together.matches(event));
    }
}

/// State is restored or refused, as it comes and where a checksum vouches for it; what was restored can go on, and
/// what it then saves can be restored.
pub fn correlation(data: &[u8]) {
    static FRESH: LazyLock<Correlator> = LazyLock::new(|| {
        let mut yaml =
            "title: a\nname: a\nlogsource: {category: x}\ndetection: {s: {a: 1}, condition: s}\n".to_owned();
        for (kind, condition) in [
            ("event_count", "{gte: 2}"),
            ("value_count", "{field: v, gte: 2}"),
            ("value_avg", "{field: v, gte: 2}"),
            ("value_percentile", "{field: v, lte: 50}"),
            ("temporal", "{gte: 1}"),
        ] {
            yaml += &format!(
                "---\ntitle: {kind}\ncorrelation: {{type: {kind}, rules: [a], group-by: [g], timespan: 1m, condition: {condition}}}\n"
            );
        }
        let rules = RuleSet::parse([("a.yml".to_owned(), yaml)]);
        assert!(rules.errors().is_empty(), "{:?}", rules.errors());
        rules.correlator(CorrelatorConfig::default().with_max_groups(50)).expect("limits that work")
    });
    let _ = FRESH.clone().restore(data);
    // Fuzzed groups behind a good header, with a checksum over both.
    let mut state = FRESH.snapshot();
    state.truncate(state.len() - 16);
    state.extend_from_slice(data);
    let check = blake3::hash(&state);
    state.extend_from_slice(&check.as_bytes()[..16]);
    let mut correlator = FRESH.clone();
    if correlator.restore(&state).is_ok() {
        for n in 0..4 {
            let json =
                format!(r#"{{"timestamp": {}, "a": 1, "g": "{n}", "v": {n}}}"#, 1_700_000_000 - n * 45);
            correlator.push(&Event::from_json(json.as_bytes()).expect("an event"));
        }
        let saved = correlator.snapshot();
        let mut other = FRESH.clone();
        other.restore(&saved).expect("its own state");
        assert_eq!(other.snapshot(), saved);
    }
}

/// Every line has a template, with as many parameters as that has places for; no line is lost from the counts.
pub fn template(data: &[u8]) {
    let config = TemplateConfig { max_words: 8, merge_after: 2, split_after: 4, ..TemplateConfig::default() };
    let mut miner = TemplateMiner::new(config).expect("limits that work");
    let text = String::from_utf8_lossy(data);
    let mut lines = 0;
    for line in text.split('\n').take(1000) {
        let mined = miner.push(line);
        let template = miner.get(mined.id).expect("a line's template is held");
        let places = template.text.split_inclusive("<*>").filter(|part| part.ends_with("<*>")).count();
        let literal = line.contains("<*>");
        assert!(
            literal || places == mined.params.len(),
            "{} places, {} parameters",
            places,
            mined.params.len()
        );
        for span in mined.params.iter().chain(&mined.asides) {
            assert!(span.get(line).is_some(), "a parameter is out of bounds or cuts a character");
        }
        lines += 1;
    }
    assert_eq!(miner.templates().iter().map(|template| template.count).sum::<u64>(), lines);
    let bytes = miner.to_bytes();
    let again = TemplateMiner::from_bytes(&bytes).expect("what was saved can be restored");
    assert!(again.to_bytes() == bytes, "a restored miner is another");
}

/// Indicators stand where they say, and white space around a text changes none of them. A table of indicators is refused or can be
/// asked, whatever it holds behind a right checksum.
pub fn ioc(data: &[u8]) {
    let table = [b"STINGIOC\x01\0\0\0", data].concat();
    let table = [&table[..], blake3::hash(&table).as_bytes()].concat();
    if let Ok(known) = Iocs::from_bytes(table) {
        known.matches_in("10.1.2.3 www.evil.co.uk 2001:db8::7", Some(1));
    }
    let text = String::from_utf8_lossy(data);
    let found = sting_core::ioc::extract(&text);
    let padded = sting_core::ioc::extract(&format!("\n{text}\n"));
    assert_eq!(found.len(), padded.len(), "white space changes what is found");
    for (one, other) in found.iter().zip(&padded) {
        assert!(one.span.get(&text).is_some(), "an indicator is out of bounds or cuts a character");
        assert_eq!((&one.value, one.span.start + 1), (&other.value, other.span.start));
    }
}

/// Saved states are restored or refused. With a valid checksum, which is added here, what is restored is written as it was
/// read, and it can go on.
pub fn state(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let kinds: [&[u8]; 6] =
        [b"STan\x01\0", b"STam\x01\0", b"STar\x01\0", b"STav\x01\0", b"STtm\x01\0", b"STcl\x01\0"];
    let mut bytes = [kinds[usize::from(kind % 6)], body].concat();
    bytes.extend(&blake3::hash(&bytes).as_bytes()[..8]);
    if let Ok(mut detector) = AnomalyDetector::from_bytes(&bytes) {
        assert_eq!(detector.to_bytes(), bytes);
        assert!((0.0..=1.0).contains(&detector.push(60.0, 1.0).expect("a finite value")));
    }
    if let Ok(detector) = MultiAnomalyDetector::from_bytes(&bytes) {
        assert_eq!(detector.to_bytes(), bytes);
    }
    if let Ok(mut rate) = RateDetector::from_bytes(&bytes) {
        rate.push(60.0).expect("a finite time");
    }
    if let Ok(mut rare) = RareValues::from_bytes(&bytes) {
        assert!((0.0..=1.0).contains(&rare.push("field", "value")));
    }
    if let Ok(mut miner) = TemplateMiner::from_bytes(&bytes) {
        miner.push("session closed for user ana");
    }
    if let Ok(model) = EventModel::from_bytes(&bytes) {
        let event = Event::from_text("a line that nobody learnt");
        let row = model.classify_events(&[Evidence::of(&event)]);
        assert!(row.is_err() || row.is_ok_and(|row| row.iter().all(|share| (0.0..=1.0).contains(share))));
    }
    for read in [data, &bytes[..bytes.len() - 1]] {
        assert!(AnomalyDetector::from_bytes(read).is_err() && RareValues::from_bytes(read).is_err());
    }
}
