use std::sync::LazyLock;

use sting_core::Span;
use sting_pii::{ScrubConfig, Scrubber};

/// Findings are in order, apart and inside the text; scrubbing takes out all of them, and may take out more that comes
/// to light then; scrubbing again changes nothing; the map leads every character of the output back into the text.
pub fn scrubber(data: &[u8]) {
    static SCRUBBER: LazyLock<Scrubber> =
        LazyLock::new(|| Scrubber::new(ScrubConfig::default()).expect("the default configuration"));
    SCRUBBER.find_bytes(data);
    let text = String::from_utf8_lossy(data);
    let findings = SCRUBBER.find(&text);
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
