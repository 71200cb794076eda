//! From bytes to text, whatever the encoding.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes that the detector of legacy encodings looks at. More does not change its mind.
const SAMPLE: usize = 256 * 1024;
/// Bytes that are looked at to tell text from binary data.
const HEAD: usize = 8 * 1024;

/// Text, and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte order mark. Bytes that mean nothing became U+FFFD.
    pub text: String,
    /// Name of the encoding, as the web's encoding standard has it, or `UTF-32`.
    pub encoding: &'static str,
    /// How many malformed sequences were replaced.
    pub replaced: usize,
    /// Where the first of them stands, in bytes of the input.
    pub first_replaced: Option<usize>,
    /// True if this is no text in any encoding. The text is then empty.
    pub is_binary: bool,
}

impl Decoded {
    /// What could not be decoded, in words.
    pub(super) fn damage(&self) -> Option<String> {
        let first = self.first_replaced?;
        let (count, encoding) = (self.replaced, self.encoding);
        Some(format!(
            "{count} byte sequences are not {encoding} and were replaced, the first at byte {first}"
        ))
    }
}

/// Decodes text: by its byte order mark, as UTF-8 if it is that, else as what it looks most like.
pub fn decode(bytes: &[u8]) -> Decoded {
    decode_as(bytes, None)
}

/// As [`decode`], where somebody said what the encoding is. A label is believed unless the bytes
/// say otherwise.
pub(super) fn decode_as(bytes: &[u8], label: Option<&str>) -> Decoded {
    if let Some(text) = utf_32(bytes) {
        return text;
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decode_with(bytes, encoding, mark);
    }
    if let Some(encoding) = unmarked_utf_16(bytes) {
        return decode_with(bytes, encoding, 0);
    }
    if looks_binary(bytes) {
        return Decoded {
            text: String::new(),
            encoding: UTF_8.name(),
            replaced: 0,
            first_replaced: None,
            is_binary: true,
        };
    }
    let label = label.and_then(|label| Encoding::for_label(label.as_bytes())).or_else(|| declared(bytes));
    // "US-ASCII" and "Latin-1" are what mailers say who do not know.
    if let Some(encoding) = label.filter(|&encoding| encoding != WINDOWS_1252 && encoding != UTF_8) {
        return decode_with(bytes, encoding, 0);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded {
            text: text.to_owned(),
            encoding: UTF_8.name(),
            replaced: 0,
            first_replaced: None,
            is_binary: false,
        },
        Err(_) if mostly_utf_8(bytes) => decode_with(bytes, UTF_8, 0),
        Err(_) if label == Some(WINDOWS_1252) => decode_with(bytes, WINDOWS_1252, 0),
        Err(_) => decode_with(bytes, guess(bytes), 0),
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    // The sample begins where the first byte outside ASCII stands, so that it says something.
    let from = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(64);
    let sample = &bytes[from..bytes.len().min(from + SAMPLE)];
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Decodes what follows the byte order mark, and counts what is malformed.
fn decode_with(bytes: &[u8], encoding: &'static Encoding, mark: usize) -> Decoded {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut input = &bytes[mark..];
    let mut text = String::with_capacity(input.len() + input.len() / 8);
    let (mut replaced, mut first_replaced) = (0, None);
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(input, &mut text, true);
        input = &input[read..];
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => text.reserve(input.len().max(64)),
            DecoderResult::Malformed(len, after) => {
                let end = bytes.len() - input.len();
                first_replaced.get_or_insert(end.saturating_sub(usize::from(len) + usize::from(after)));
                replaced += 1;
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    Decoded { text, encoding: encoding.name(), replaced, first_replaced, is_binary: false }
}

/// Text in UTF-32 with a byte order mark, which the web's encoding standard does not know.
fn utf_32(bytes: &[u8]) -> Option<Decoded> {
    let read: fn([u8; 4]) -> u32 = match bytes.get(..4)? {
        [0xFF, 0xFE, 0, 0] => u32::from_le_bytes,
        [0, 0, 0xFE, 0xFF] => u32::from_be_bytes,
        _ => return None,
    };
    let (mut text, mut replaced, mut first_replaced) = (String::with_capacity(bytes.len() / 3), 0, None);
    for (i, unit) in bytes[4..].chunks(4).enumerate() {
        let char = <[u8; 4]>::try_from(unit).ok().and_then(|unit| char::from_u32(read(unit)));
        if char.is_none() {
            replaced += 1;
            first_replaced.get_or_insert(4 + 4 * i);
        }
        text.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Some(Decoded { text, encoding: "UTF-32", replaced, first_replaced, is_binary: false })
}

/// UTF-16 without a byte order mark, told by zeros that stand on one side of most units.
fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(HEAD) & !1];
    if head.len() < 4 || bytes.len() % 2 == 1 {
        return None;
    }
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, units) = (zeros(0), zeros(1), head.len() / 2);
    if odd * 2 > units && even * 50 < units {
        Some(UTF_16LE)
    } else if even * 2 > units && odd * 50 < units {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// True for data with bytes that no text has: a zero, or many control characters.
fn looks_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    let control = |&&byte: &&u8| matches!(byte, 0x01..=0x06 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F);
    let zeros = memchr::memchr_iter(0, head).count();
    // One stray zero in a long log is damage; more is another kind of file.
    zeros * 1000 > head.len() || head.iter().filter(control).count() * 20 > head.len()
}

/// The encoding that a page or an XML file declares about itself.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(1024)];
    let begins = head.trim_ascii_start();
    if !begins.starts_with(b"<") {
        return None;
    }
    ["charset=", "encoding="].iter().find_map(|key| {
        let at = head.windows(key.len()).position(|window| window.eq_ignore_ascii_case(key.as_bytes()))?;
        let value = head[at + key.len()..].strip_prefix(b"\"").unwrap_or(&head[at + key.len()..]);
        let value = value.strip_prefix(b"'").unwrap_or(value);
        let len =
            value.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte)).count();
        Encoding::for_label(&value[..len])
    })
}

/// True if the bytes are UTF-8 with some damage, rather than another encoding: at least ten
/// sequences of several bytes are right for each one that is not, or only the end is cut off.
fn mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().bytes().filter(|&byte| byte >= 0xC0).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    let cut_at_end = std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
    right >= 10 * wrong || right > 0 && cut_at_end
}

#[cfg(test)]
mod tests {
    use super::decode;
    use encoding_rs::{GB18030, SHIFT_JIS, WINDOWS_1252};

    const JAPANESE: &str =
        "これは日本語の文章です。検索と秘匿のために読み込まれます。\n東京都千代田区の会議室で行われた。\n";
    const CHINESE: &str =
        "这是一个用来测试编码检测的中文文档。我们需要读取它并且建立索引。\n北京市海淀区的会议室。\n";
    const FRENCH: &str =
        "Le café est fermé à midi. Où êtes-vous ? L’été dernier, naïve façade, cœur brisé.\n";

    #[test]
    fn legacy_encodings_are_told_apart() {
        for (text, encoding, name) in [
            (JAPANESE, SHIFT_JIS, "Shift_JIS"),
            (CHINESE, GB18030, "GBK"),
            (FRENCH, WINDOWS_1252, "windows-1252"),
        ] {
            let bytes = encoding.encode(text).0;
            let decoded = decode(&bytes);
            assert_eq!((decoded.text.as_str(), decoded.replaced, decoded.encoding), (text, 0, name));
        }
    }

    #[test]
    fn every_form_of_unicode() {
        for text in [FRENCH, JAPANESE, "plain ascii\n", "x"] {
            let utf_16 = |write: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(write).collect::<Vec<u8>>();
            let utf_32 =
                |write: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| write(c as u32)).collect::<Vec<u8>>();
            for bytes in [
                text.as_bytes().to_vec(),
                [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
                [b"\xFF\xFE".to_vec(), utf_16(u16::to_le_bytes)].concat(),
                [b"\xFE\xFF".to_vec(), utf_16(u16::to_be_bytes)].concat(),
                [b"\xFF\xFE\0\0".to_vec(), utf_32(u32::to_le_bytes)].concat(),
                [b"\0\0\xFE\xFF".to_vec(), utf_32(u32::to_be_bytes)].concat(),
            ] {
                let decoded = decode(&bytes);
                assert_eq!((decoded.text.as_str(), decoded.replaced), (text, 0));
            }
        }
        let bytes: Vec<u8> = FRENCH.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&bytes).text, FRENCH);
    }

    #[test]
    fn damage_is_placed() {
        let mut bytes = JAPANESE.as_bytes().to_vec();
        bytes.insert(9, 0xFF);
        let decoded = decode(&bytes);
        assert_eq!((decoded.encoding, decoded.replaced, decoded.first_replaced), ("UTF-8", 1, Some(9)));
        assert_eq!(decoded.text.replace('\u{FFFD}', ""), JAPANESE);
        let cut = decode(&JAPANESE.as_bytes()[..JAPANESE.len() - 3]);
        assert_eq!((cut.encoding, cut.replaced), ("UTF-8", 1));
    }

    #[test]
    fn binary_is_not_text() {
        let noise: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(decode(&noise).is_binary);
        assert!(!decode(b"").is_binary && !decode(b"a\tb\r\n\x1b[0m").is_binary);
    }

    #[test]
    fn a_declaration_is_believed() {
        let page = [b"<meta charset=\"shift_jis\"><p>".as_slice(), &SHIFT_JIS.encode("日本").0].concat();
        assert!(decode(&page).text.ends_with("日本"));
    }
}
