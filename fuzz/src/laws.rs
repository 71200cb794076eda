//! What must hold for whatever bytes come in. One function a fuzz target; each panics where a law breaks.
//!
//! `cargo test` runs them over the seeds, without a fuzzer.

mod chunk;
mod event;
mod extract;
mod pii;
mod store;
mod token;

pub use chunk::chunker;
pub use event::{correlation, event, event_line, ioc, rule, state, template};
pub use extract::{extract_csv, extract_eml, extract_html, extract_json};
pub use pii::{names, scrubber, session, structured};
pub use store::store_log;
pub use token::{tokenizer, tokenizer_bpe, tokenizer_file};

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

#[cfg(test)]
mod tests {
    #[test]
    fn laws_hold_on_the_seeds() {
        let targets: [(&str, fn(&[u8])); 17] = [
            ("chunker", super::chunker),
            ("correlation", super::correlation),
            ("event", super::event),
            ("event_line", super::event_line),
            ("extract_csv", super::extract_csv),
            ("extract_eml", super::extract_eml),
            ("extract_html", super::extract_html),
            ("extract_json", super::extract_json),
            ("html", super::html),
            ("names", super::names),
            ("rule", super::rule),
            ("scrubber", super::scrubber),
            ("session", super::session),
            ("state", super::state),
            ("structured", super::structured),
            ("store_log", super::store_log),
            ("tokenizer", super::tokenizer),
        ];
        for (name, law) in targets {
            for seed in std::fs::read_dir(format!("seeds/{name}")).unwrap() {
                law(&std::fs::read(seed.unwrap().path()).unwrap());
            }
        }
    }
}
