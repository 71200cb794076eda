//! Documents of other projects' test suites: whatever they hold, nothing panics or hangs.

use crate::shared;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use sting_core::Span;
use sting_ingest::{Limits, extract, part_source};

/// Reads a document and checks what must hold of any.
fn check(bytes: &[u8], name: &str) -> Option<String> {
    let start = Instant::now();
    let document = extract(bytes, name, &Limits::default());
    assert!(start.elapsed() < Duration::from_secs(10), "{name} takes too long");
    let document = document.ok()?;
    for part in &document.parts {
        assert_eq!(part.source.output_len(), part.text.len(), "{name}: {}", part.name);
    }
    Some(document.media_type)
}

#[test]
fn every_document_is_read_or_refused() {
    let Some(folder) = shared::data("documents") else { return };
    let mut read = BTreeMap::<String, usize>::new();
    for path in shared::files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.to_str().unwrap();
        if let Some(media_type) = check(&bytes, name) {
            *read.entry(media_type).or_default() += 1;
        }
    }
    assert!(read["message/rfc822"] > 50 && read["text/html"] >= 5, "{read:?}");
}

#[test]
fn damaged_copies_too() {
    let Some(folder) = shared::data("documents") else { return };
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for path in shared::files(&folder) {
        let mut bytes = std::fs::read(&path).unwrap();
        if bytes.is_empty() || bytes.len() > 300_000 {
            continue;
        }
        for _ in 0..4 {
            for _ in 0..=bytes.len() / 500 {
                let at = random() % bytes.len();
                bytes[at] = random() as u8;
            }
            check(&bytes, path.to_str().unwrap());
            check(&bytes[..random() % bytes.len()], path.to_str().unwrap());
        }
    }
}

#[test]
fn parts_lead_back_to_their_sources() {
    let Some(folder) = shared::data("documents/mail-parser") else { return };
    for path in shared::files(&folder).into_iter().step_by(7) {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.to_str().unwrap();
        let Ok(document) = extract(&bytes, name, &Limits::default()) else { continue };
        for part in &document.parts {
            let source = part_source(&bytes, name, &part.name, &Limits::default()).unwrap();
            let source = source.unwrap_or_else(|| panic!("{name}: {}", part.name));
            let end = part.source.source_of(Span::new(0, part.text.len())).end;
            assert!(end <= source.len(), "{name}: {}", part.name);
        }
    }
}
