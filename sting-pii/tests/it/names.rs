//! Names: the built-in model beside the engine, and a model of the caller's in its place.

use super::laws::DEFAULT;
use proptest::prelude::*;
use std::sync::Arc;
use sting_core::model::{Entity, EntityRecognizer, ModelError};
use sting_pii::{Error, ScrubConfig, Scrubber};

const KINDS: [&str; 4] = ["person", "location", "organization", "address"];

/// Takes every `Zork` for a person, and does with the end of its span what the test asks.
#[derive(Debug)]
struct Zorks {
    label: &'static str,
    longer_by: usize,
    fails: bool,
}

const ZORKS: Zorks = Zorks { label: "PER", longer_by: 0, fails: false };

impl EntityRecognizer for Zorks {
    fn id(&self) -> &'static str {
        "zorks"
    }

    fn recognize(&self, texts: &[&str]) -> Result<Vec<Vec<Entity>>, ModelError> {
        if self.fails && texts.iter().any(|text| text.contains("Zork")) {
            return Err(ModelError::new("zorks", "it is out of order", "mend it"));
        }
        let all = texts.iter().map(|text| {
            let found = text.match_indices("Zork").map(|(start, found)| Entity {
                start,
                end: start + found.len() + self.longer_by,
                label: self.label.to_owned(),
                score: 0.9,
            });
            found.collect()
        });
        Ok(all.collect())
    }
}

fn with(recognizer: Zorks) -> Scrubber {
    Scrubber::new(ScrubConfig::default().with_recognizer(Arc::new(recognizer))).unwrap()
}

#[test]
fn a_recognizer_takes_the_place_of_the_model() {
    let text = "Zork, not Sarah Connor, has a@b.example";
    assert_eq!(with(ZORKS).scrub(text).unwrap().text.get(), "[PERSON], not Sarah Connor, has [EMAIL]");
    let place = with(Zorks { label: "B-LOC", ..ZORKS });
    assert_eq!(place.find("to Zork").unwrap()[0].kind.as_ref(), "location");
    // What it calls something that is no kind of ours is left alone.
    assert!(with(Zorks { label: "MISC", ..ZORKS }).find("to Zork").unwrap().is_empty());
}

#[test]
fn a_recognizer_that_fails_lets_nothing_out() {
    let text = "Zork has a@b.example";
    let mut broken = vec![with(Zorks { fails: true, ..ZORKS }), with(Zorks { longer_by: 99, ..ZORKS })];
    // An end within a character.
    broken.push(with(Zorks { longer_by: 1, ..ZORKS }));
    for (scrubber, text) in broken.iter().zip([text, text, "Zorké has a@b.example"]) {
        let Err(error @ Error::Model(_)) = scrubber.scrub(text) else { panic!("no error") };
        let message = format!("{error} {error:?}");
        assert!(
            message.contains("zorks") && !message.contains("Zork") && !message.contains("a@b"),
            "{message}"
        );
        // A list without the names would look complete.
        assert!(matches!(scrubber.find(text), Err(Error::Model(_))));
        assert!(matches!(scrubber.find_bytes(text.as_bytes()), Err(Error::Model(_))));
        assert!(matches!(scrubber.find_field(text.as_bytes(), Some("note")), Err(Error::Model(_))));
    }
    assert!(matches!(with(ZORKS).scrub_bytes(b"Zork \xff"), Err(Error::Model(_))));
}

/// A verb at the beginning of a sentence is no part of the name behind it, though some verbs are names.
#[test]
fn the_first_word_of_a_sentence_is_not_swallowed() {
    for (text, expected) in [
        ("Page Lena when the server is back.", "Page [PERSON] when the server is back."),
        ("Wake Otieno if it rains.", "Wake [PERSON] if it rains."),
        ("Please page Sarah Connor at noon.", "Please page [PERSON] at noon."),
        ("Jimmy Page played the guitar.", "[PERSON] played the guitar."),
    ] {
        assert_eq!(DEFAULT.scrub(text).unwrap().text.get(), expected);
    }
}

#[test]
fn a_recognizer_has_no_streams() {
    let mut stream = with(ZORKS).stream();
    let refused = stream.push(b"Zork a@b.example").and_then(|_| stream.finish());
    assert!(matches!(refused, Err(Error::Config { .. })));
}

#[test]
fn names_can_be_left_out() {
    let text = "Dear Sarah Connor, write to a@b.example";
    assert_eq!(DEFAULT.scrub(text).unwrap().text.get(), "Dear [PERSON], write to [EMAIL]");
    let without = Scrubber::new(ScrubConfig::default().with_names(false)).unwrap();
    assert_eq!(without.scrub(text).unwrap().text.get(), "Dear Sarah Connor, write to [EMAIL]");
}

#[test]
fn in_logs_only_the_values_of_keys_that_name_a_person_are_read() {
    let log = "2026-01-02T10:11:12Z INFO Sarah Connor joined from Berlin\n";
    assert!(DEFAULT.find(log).unwrap().iter().all(|found| !KINDS.contains(&&*found.kind)));
    let keyed = "2026-01-02T10:11:12Z INFO joined customer=\"Sarah Connor\" ok\n";
    assert!(DEFAULT.find(keyed).unwrap().iter().any(|found| found.span.get(keyed) == Some("Sarah Connor")));
}

proptest! {
    #[test]
    fn names_stand_on_characters(text in "(\\PC|[A-Z][a-z]{2,6} ){0,60}") {
        for found in DEFAULT.find(&text).unwrap() {
            prop_assert!(text.get(found.span.start..found.span.end).is_some_and(|name| !name.is_empty()));
        }
    }
}
