//! A stream gives what one call gives, however it is cut.

use crate::laws::{SCRUBBERS, dense_text};
use proptest::prelude::*;
use sting_pii::{Format, Scrubber};

fn streamed(scrubber: &Scrubber, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut stream = scrubber.stream();
    let mut out = Vec::new();
    let mut rest = text;
    for cut in cuts.iter().cycle().take(if cuts.is_empty() { 0 } else { usize::MAX }) {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(rest.len().min(*cut));
        out.extend(stream.push(piece).unwrap().into_inner());
        rest = after;
    }
    out.extend(stream.push(rest).unwrap().into_inner());
    assert!(stream.held() < 64 * 1024, "{}", stream.held());
    out.extend(stream.finish().unwrap().into_inner());
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn short_texts_cut_anywhere(text in dense_text(), cuts in proptest::collection::vec(1_usize..9, 1..5)) {
        for scrubber in SCRUBBERS.iter() {
            let whole = scrubber.scrub_bytes(text.as_bytes()).unwrap().into_inner();
            prop_assert_eq!(streamed(scrubber, text.as_bytes(), &cuts), whole);
        }
    }

    #[test]
    fn long_texts_cut_anywhere(
        pieces in proptest::collection::vec((dense_text(), "[a-z ]{0,40}", 0_usize..200), 1..12),
        cuts in proptest::collection::vec(1_usize..20_000, 1..5),
    ) {
        let mut text = String::new();
        for (dense, filler, times) in &pieces {
            text.push_str(dense);
            text.push_str(&filler.repeat(*times));
        }
        let text = text.repeat(1 + 60_000 / (text.len() + 1));
        for scrubber in &SCRUBBERS[..2] {
            let whole = scrubber.scrub_bytes(text.as_bytes()).unwrap().into_inner();
            prop_assert_eq!(streamed(scrubber, text.as_bytes(), &cuts) == whole, true, "{} bytes", text.len());
        }
    }
}

#[test]
fn a_private_key_is_never_let_out_in_part() {
    let body = "MIIEpAIBAAKCAQEA7n3Zt9Xv2Lm5Nb8Pw1Rf4Hs7Jd0Gy6Uc3Ie9Oa2Ml5Tk8Vx\n".repeat(60);
    let text = format!(
        "{}-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\nrest",
        "log line\n".repeat(4000)
    );
    let out = streamed(&SCRUBBERS[0], text.as_bytes(), &[777]);
    let out = String::from_utf8(out).unwrap();
    assert!(out.ends_with("[PRIVATE_KEY]\nrest") && !out.contains("MIIE"));
}

/// One line without end, as a broken log has it: what is held does not grow with it. The long form reads a
/// gigabyte (`STING_LONG=1`), the short one 4 MiB.
#[test]
fn a_line_without_end_is_held_in_bounded_memory() {
    let size: usize = if std::env::var_os("STING_LONG").is_some() { 1 << 30 } else { 4 << 20 };
    let part = b"trace 7f3a status ok jane@example.org next 10.1.2.3 some more words that are of no interest at all; ";
    let block = part.repeat(640);
    for format in [None, Some(Format::Log), Some(Format::Csv)] {
        let scrubber = &SCRUBBERS[0];
        let mut plain = scrubber.stream();
        let mut structured = scrubber.stream_as(format.unwrap_or(Format::Text)).unwrap();
        let (mut read, mut written, mut most) = (0, 0, 0);
        while read < size {
            read += block.len();
            written += match format {
                None => plain.push(&block).unwrap().into_inner().len(),
                Some(_) => structured.push(&block).unwrap().into_inner().len(),
            };
            most = most.max(plain.held()).max(structured.held());
        }
        assert!(most <= 64 * 1024, "{format:?} {most}");
        assert!(written * 10 > read * 8);
        let counts = match format {
            None => plain.counts().clone(),
            Some(_) => structured.counts().clone(),
        };
        let mails = counts.get("email").copied().unwrap_or(0) as usize;
        assert!(format.is_some() || mails.abs_diff(read / part.len()) < 600, "{mails}");
    }
}
