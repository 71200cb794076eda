use std::sync::{Arc, LazyLock};

use sting_core::Span;
use sting_pii::{Format, Key, Matching, MemoryVault, ScrubConfig, Scrubber};

/// Findings are in order, apart and inside the text; scrubbing takes out all of them, and may take out more that comes
/// to light then; scrubbing again changes nothing; the map leads every character of the output back into the text.
pub fn scrubber(data: &[u8]) {
    static SCRUBBER: LazyLock<Scrubber> =
        LazyLock::new(|| Scrubber::new(ScrubConfig::default()).expect("the default configuration"));
    SCRUBBER.find_bytes(data).expect("the built-in model never fails");
    let text = String::from_utf8_lossy(data);
    let findings = SCRUBBER.find(&text).expect("the built-in model never fails");
    let mut end = 0;
    for finding in &findings {
        assert!(
            finding.span.get(&text).is_some_and(|found| !found.is_empty()),
            "{finding:?} is not in the text"
        );
        assert!(finding.span.start >= end, "{finding:?} overlaps the one before");
        assert!((0.0..=1.0).contains(&finding.score));
        end = finding.span.end;
    }
    let Ok(scrubbed) = SCRUBBER.scrub(&text) else { return };
    assert!(findings.iter().all(|finding| scrubbed.findings.contains(finding)), "a finding was not acted on");
    let output = scrubbed.text.get();
    assert_eq!(scrubbed.map.output_len(), output.len());
    for (at, c) in output.char_indices() {
        let source = scrubbed.map.source_of(Span::new(at, at + c.len_utf8()));
        assert!(source.start <= source.end && source.end <= text.len(), "{at} leads nowhere");
    }
    let again = SCRUBBER.scrub(output).expect("it could be scrubbed before");
    assert_eq!(again.text.get(), output, "scrubbing twice is not scrubbing once");
}

/// Texts dense with what names are made of, in any script and cut anywhere: the laws of [`scrubber`] hold, and a stream
/// gives what one call gives. A byte below 24 is a word of a list, every other stands for itself.
pub fn names(data: &[u8]) {
    static SCRUBBER: LazyLock<Scrubber> =
        LazyLock::new(|| Scrubber::new(ScrubConfig::default()).expect("the default configuration"));
    const WORDS: [&str; 24] = [
        "Sarah ",
        "Connor",
        "Dr. ",
        "Dear ",
        "van der ",
        "O'Brien",
        "\u{738b}\u{5c0f}\u{660e}",
        "\u{418}\u{440}\u{438}\u{43d}\u{430} ",
        "Berlin",
        ", ",
        "New York ",
        "Universit\u{e9} de ",
        "Microsoft",
        " Inc.",
        "12 ",
        "Main Street",
        "\n",
        "\n\n",
        "customer=\"",
        "2026-01-02 10:11:12 INFO ",
        "[PERSON]",
        "***",
        "e\u{301}",
        "\u{202e}",
    ];
    let Some((cut, data)) = data.split_first() else { return };
    let mut text = Vec::new();
    for byte in data {
        match WORDS.get(usize::from(*byte)) {
            Some(word) => text.extend_from_slice(word.as_bytes()),
            None => text.push(*byte),
        }
    }
    scrubber(&text);
    let Ok(whole) = SCRUBBER.scrub_bytes(&text) else { return };
    let mut stream = SCRUBBER.stream();
    let mut out = Vec::new();
    for piece in text.chunks(usize::from(*cut) + 1) {
        out.extend(stream.push(piece).expect("it could be scrubbed in one call").into_inner());
    }
    out.extend(stream.finish().expect("it could be scrubbed in one call").into_inner());
    assert!(out == *whole.get(), "a stream is not one call");
}

/// Whatever the format, a structured text is scrubbed without fault, in one call as in a stream, and every byte outside
/// of what is found stays.
pub fn structured(data: &[u8]) {
    static SCRUBBER: LazyLock<Scrubber> =
        LazyLock::new(|| Scrubber::new(ScrubConfig::default()).expect("the default configuration"));
    let Some((choice, text)) = data.split_first() else { return };
    let formats = [
        Format::Auto,
        Format::Json,
        Format::Log,
        Format::Logfmt,
        Format::Syslog,
        Format::AccessLog,
        Format::JsonLines,
        Format::Csv,
    ];
    let format = formats[usize::from(*choice) % formats.len()];
    let Ok(whole) = SCRUBBER.scrub_bytes_as(format, text) else {
        assert_eq!(format, Format::Json, "only what is not JSON is refused");
        return;
    };
    for finding in SCRUBBER.find_as(format, text).expect("it could be scrubbed") {
        assert!(finding.span.end <= text.len());
    }
    if let Ok(mut stream) = SCRUBBER.stream_as(format) {
        let mut out = Vec::new();
        for piece in text.chunks(usize::from(*choice) + 1) {
            out.extend(stream.push(piece).expect("it could be scrubbed").into_inner());
        }
        out.extend(stream.finish().expect("it could be scrubbed").into_inner());
        assert!(out == whole.into_inner(), "a stream gives what one call gives");
    }
}

/// What is protected is restored, as text and as JSON, whole and in pieces; and no text makes restoring fail.
pub fn session(data: &[u8]) {
    static SCRUBBER: LazyLock<Scrubber> =
        LazyLock::new(|| Scrubber::new(ScrubConfig::default()).expect("the default configuration"));
    let text = String::from_utf8_lossy(data);
    for matching in [Matching::Exact, Matching::Tolerant] {
        let key = Key::new("the key of the fuzzer").expect("long enough");
        let session = SCRUBBER.session_in(&key, Arc::new(MemoryVault::default())).with_matching(matching);
        let Ok(sent) = session.protect(&text) else { return };
        let sent = sent.text.into_inner();
        assert_eq!(session.restore(&sent).expect("a sound vault"), text, "protecting loses something");
        // The text itself, beside tokens that are known by now.
        let answer = format!("{text}{sent}{}", sent.to_lowercase());
        let whole = session.restore(&answer).expect("a sound vault");
        session.leftovers(&answer).expect("a sound vault");
        let mut stream = session.restore_stream();
        let mut out = Vec::new();
        for piece in answer.as_bytes().chunks(1 + data.first().map_or(0, |byte| usize::from(byte % 13))) {
            out.extend(stream.push_bytes(piece).expect("a sound vault"));
        }
        out.extend(stream.finish_bytes().expect("a sound vault"));
        assert!(out == whole.as_bytes(), "a stream restores something else than one call");
        for json in
            [text.to_string(), serde_json::json!({"role": "user", "q": text, "n": data.len()}).to_string()]
        {
            if let Ok(sent) = session.protect_messages(&json) {
                assert_eq!(
                    session.restore(sent.text.get()).expect("a sound vault"),
                    json,
                    "JSON loses something"
                );
                session.restore_json(sent.text.get()).expect("JSON stays JSON");
            }
        }
    }
}
