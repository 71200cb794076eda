use std::borrow::Cow;

/// Fewest `*` that a mask writes; three in a row are how a mask is known again.
const MIN_STARS: usize = 3;

/// Counts characters, not bytes, so that no character is cut. Bytes that are not UTF-8 count one each.
pub(super) fn mask(value: &[u8], keep_first: usize, keep_last: usize, out: &mut Vec<u8>) {
    let text: Cow<'_, str> = String::from_utf8_lossy(value);
    let len = text.chars().count();
    let may_keep = len.saturating_sub(len.div_ceil(3).max(MIN_STARS));
    let last = keep_last.min(may_keep);
    let first = keep_first.min(may_keep - last);
    let mut buffer = [0; 4];
    for (i, char) in text.chars().enumerate() {
        let kept = i < first || i >= len - last;
        out.extend_from_slice(if kept { char.encode_utf8(&mut buffer).as_bytes() } else { b"*" });
    }
    out.resize(out.len() + MIN_STARS.saturating_sub(len), b'*');
}
