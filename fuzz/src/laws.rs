//! What must hold for whatever bytes come in. One function a fuzz target; each panics where a law breaks.
//!
//! `cargo test` runs them over the seeds, without a fuzzer.

use sting_core::html::{Tokenizer, decode};

/// HTML tokens tile the source; attributes and character references can be read wherever they stand.
pub fn html(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let mut end = 0;
    for token in Tokenizer::new(&source) {
        assert_eq!(token.span.start, end, "tokens leave a hole or overlap");
        assert!(!token.span.is_empty(), "a token holds nothing");
        assert_eq!(token.span.get(&source), Some(token.text));
        end = token.span.end;
        for attribute in token.attributes() {
            attribute.decoded();
        }
        decode(token.text);
    }
    assert_eq!(end, source.len(), "the end of the source is in no token");
}
