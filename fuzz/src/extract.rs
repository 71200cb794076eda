use sting_core::Span;
use sting_ingest::{Limits, extract, part_source};

/// Whatever the bytes are, extraction ends within its limits, and every part can be led back to its source.
fn extracts(data: &[u8], name: &str) {
    let limits = Limits { max_bytes: 1 << 20, max_decoded_bytes: 1 << 20, max_parts: 1000, max_depth: 4 };
    let Ok(document) = extract(data, name, &limits) else { return };
    assert!(document.parts.len() <= limits.max_parts, "more parts than allowed");
    for part in &document.parts {
        assert_eq!(
            part.source.output_len(),
            part.text.len(),
            "the map of {:?} is not as long as its text",
            part.name
        );
        let source = part_source(data, name, &part.name, &limits).expect("it was read before");
        let source = source.unwrap_or_else(|| panic!("{:?} has no source", part.name));
        for (at, c) in part.text.char_indices() {
            let place = part.source.source_of(Span::new(at, at + c.len_utf8()));
            assert!(
                place.start <= place.end && place.end <= source.len(),
                "{at} in {:?} leads nowhere",
                part.name
            );
        }
    }
}

/// HTML extraction.
pub fn extract_html(data: &[u8]) {
    extracts(data, "page.html");
}

/// CSV extraction.
pub fn extract_csv(data: &[u8]) {
    extracts(data, "table.csv");
}

/// JSON and JSON Lines extraction.
pub fn extract_json(data: &[u8]) {
    extracts(data, "data.json");
    extracts(data, "data.jsonl");
}

/// Mail extraction.
pub fn extract_eml(data: &[u8]) {
    extracts(data, "mail.eml");
}
