//! What is in the index, against what is known to be in the bundled documents.

use super::facts::TruthCheck;
use super::survey::Survey;
use crate::generate::{GeneratedDocument, Truth};
use std::collections::BTreeMap;
use sting_ingest::{Limits, extract};

/// Looks for every planted value in the texts of its document as they are stored.
///
/// Values that no text of a document holds, such as those in a script or a comment of a page, never
/// came near the index and are not counted.
pub(super) fn check(documents: &[GeneratedDocument], truth: &Truth, survey: &Survey) -> TruthCheck {
    let extracted: BTreeMap<&str, String> = documents
        .iter()
        .map(|document| {
            let parts = extract(&document.bytes, &document.name, &Limits::default()).map(|found| found.parts);
            let texts: Vec<String> = parts.unwrap_or_default().into_iter().map(|part| part.text).collect();
            (document.name.as_str(), texts.join("\n"))
        })
        .collect();
    let mut check = TruthCheck::default();
    for planted in truth {
        let mark = telling_line(&planted.value);
        if !extracted.get(planted.file.as_str()).is_some_and(|text| text.contains(mark)) {
            continue;
        }
        let stored = survey.texts.get(&planted.file).is_some_and(|text| text.contains(mark));
        if planted.is_look_alike() {
            check.look_alikes += 1;
            check.look_alikes_kept += u64::from(stored);
        } else {
            let kind = check.kinds.entry(planted.kind.clone()).or_default();
            kind.planted += 1;
            kind.left += u64::from(stored);
        }
    }
    check
}

/// The value, or of several lines one in the middle: chunks may part them.
fn telling_line(value: &str) -> &str {
    let lines: Vec<&str> = value.lines().collect();
    lines[lines.len() / 2]
}
