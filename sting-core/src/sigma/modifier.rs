//! Value modifiers: from `field|modifier|modifier: values` to a test.

use super::matcher::{Field, Matcher, Network, Number, Order, Test, TimePart};
use super::pattern::{Anchor, DASHES, Pattern, Piece, pieces, windash};
use super::{Placeholders, regex};
use crate::yaml::{Key, Node, Value};

/// Most dashes that `windash` may vary inside an encoded value, where each variant is a pattern.
const MAX_ENCODED_DASHES: usize = 3;
/// Most values that the placeholders of one text may expand to.
const MAX_EXPANSIONS: usize = 10_000;

/// The modifiers of one key.
#[derive(Default)]
struct Modifiers {
    anchor: Option<Anchor>,
    kind: Option<Kind>,
    order: Option<Order>,
    /// Any way to write the dash of a flag.
    windash: bool,
    /// Encodings of the value, in the order in which they apply.
    encodings: Vec<Encoding>,
    expand: bool,
    all: bool,
    cased: bool,
    negated: bool,
    /// `i`, `m`, `s` of `re`.
    flags: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Regex,
    Cidr,
    Exists,
    Field,
    Time(TimePart),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Base64,
    Base64Offset,
    Utf16Le,
    Utf16Be,
    Utf16Bom,
}

impl Modifiers {
    fn parse<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut modifiers = Self::default();
        for word in words {
            modifiers.add(word)?;
        }
        modifiers.check()?;
        Ok(modifiers)
    }

    fn add(&mut self, word: &str) -> Result<(), String> {
        fn once<T>(slot: &mut Option<T>, value: T, word: &str) -> Result<(), String> {
            match slot.replace(value) {
                None => Ok(()),
                Some(_) => Err(format!("modifier `{word}` contradicts another one; keep one of them")),
            }
        }
        match word {
            "contains" => once(&mut self.anchor, Anchor::Inside, word)?,
            "startswith" => once(&mut self.anchor, Anchor::Start, word)?,
            "endswith" => once(&mut self.anchor, Anchor::End, word)?,
            "re" => once(&mut self.kind, Kind::Regex, word)?,
            "cidr" => once(&mut self.kind, Kind::Cidr, word)?,
            "exists" => once(&mut self.kind, Kind::Exists, word)?,
            "fieldref" => once(&mut self.kind, Kind::Field, word)?,
            "minute" => once(&mut self.kind, Kind::Time(TimePart::Minute), word)?,
            "hour" => once(&mut self.kind, Kind::Time(TimePart::Hour), word)?,
            "day" => once(&mut self.kind, Kind::Time(TimePart::Day), word)?,
            "week" => once(&mut self.kind, Kind::Time(TimePart::Week), word)?,
            "month" => once(&mut self.kind, Kind::Time(TimePart::Month), word)?,
            "year" => once(&mut self.kind, Kind::Time(TimePart::Year), word)?,
            "lt" => once(&mut self.order, Order::Less, word)?,
            "lte" => once(&mut self.order, Order::LessOrEqual, word)?,
            "gt" => once(&mut self.order, Order::Greater, word)?,
            "gte" => once(&mut self.order, Order::GreaterOrEqual, word)?,
            "i" | "m" | "s" if self.kind == Some(Kind::Regex) => self.flags.push_str(word),
            "i" | "m" | "s" => return Err(format!("modifier `{word}` works only after `re`")),
            "windash" => self.windash = true,
            "base64" => self.encodings.push(Encoding::Base64),
            "base64offset" => self.encodings.push(Encoding::Base64Offset),
            "wide" | "utf16le" => self.encodings.push(Encoding::Utf16Le),
            "utf16be" => self.encodings.push(Encoding::Utf16Be),
            "utf16" => self.encodings.push(Encoding::Utf16Bom),
            "expand" => self.expand = true,
            "all" => self.all = true,
            "cased" => self.cased = true,
            "neq" => self.negated = true,
            _ => return Err(format!("unknown modifier `{word}`; see the modifiers of Sigma 2.1")),
        }
        Ok(())
    }

    fn transforms(&self) -> bool {
        self.windash || !self.encodings.is_empty()
    }

    /// Refuses what cannot mean anything.
    fn check(&self) -> Result<(), String> {
        let transformed = self.windash || !self.encodings.is_empty();
        let conflict = match self.kind {
            Some(Kind::Field) => (transformed || self.order.is_some()).then_some("fieldref"),
            Some(Kind::Time(_)) => (self.anchor.is_some() || transformed).then_some("a time modifier"),
            Some(kind) => {
                (self.anchor.is_some() || transformed || self.order.is_some()).then_some(match kind {
                    Kind::Regex => "re",
                    Kind::Cidr => "cidr",
                    _ => "exists",
                })
            }
            None => {
                (self.order.is_some() && (self.anchor.is_some() || transformed)).then_some("a comparison")
            }
        };
        match conflict {
            Some(what) => Err(format!("{what} cannot be combined with these modifiers; split the selection")),
            None => Ok(()),
        }
    }
}

/// Builds the test of one key of a selection. An empty field name means keywords.
///
/// # Errors
/// The message says what is wrong and how to mend it; the line comes with it.
pub(super) fn test(
    key: &Key,
    node: &Node,
    placeholders: &Placeholders,
    missing: &mut Vec<String>,
) -> Result<Test, (usize, String)> {
    let at = |line: usize| move |message: String| (line, message);
    let mut words = key.name.split('|');
    let field = words.next().unwrap_or_default();
    let modifiers = Modifiers::parse(words).map_err(at(key.line))?;
    let field = (!field.is_empty()).then(|| Field::new(field));
    let values = match &node.value {
        Value::List(items) if items.is_empty() => {
            return Err((key.line, format!("`{}` has no values; give one", key.name)));
        }
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut matchers = Vec::with_capacity(values.len());
    for value in values {
        matchers_of(value, &modifiers, field.is_none(), placeholders, missing, &mut matchers)
            .map_err(at(value.line))?;
    }
    Ok(Test { field, matchers, all: modifiers.all, negated: modifiers.negated })
}

/// The test of keywords: texts that may stand anywhere in the event.
pub(super) fn keywords(values: &[Node]) -> Result<Test, (usize, String)> {
    let line = values.first().map_or(0, |node| node.line);
    let key = Key { line, name: String::new() };
    let node = Node { line, value: Value::List(values.to_vec()) };
    test(&key, &node, &Placeholders::default(), &mut Vec::new())
}

fn matchers_of(
    node: &Node,
    modifiers: &Modifiers,
    keyword: bool,
    placeholders: &Placeholders,
    missing: &mut Vec<String>,
    out: &mut Vec<Matcher>,
) -> Result<(), String> {
    let plain = modifiers.kind.is_none() && modifiers.order.is_none();
    if plain && node.value == Value::Null && !keyword {
        out.push(Matcher::Null);
        return Ok(());
    }
    if let (Some(Kind::Exists), Value::Bool(wanted)) = (modifiers.kind, &node.value) {
        out.push(Matcher::Exists(*wanted));
        return Ok(());
    }
    let Some(text) = node.text() else {
        return Err("a list, map or null where a value is needed; give a text or number".to_owned());
    };
    match modifiers.kind {
        Some(Kind::Exists) => match text {
            "true" | "yes" => out.push(Matcher::Exists(true)),
            "false" | "no" => out.push(Matcher::Exists(false)),
            _ => return Err("`exists` takes true or false".to_owned()),
        },
        Some(Kind::Regex) => {
            for text in expanded(text, modifiers, placeholders, missing) {
                out.push(regex::matcher(&text, &modifiers.flags)?);
            }
        }
        Some(Kind::Cidr) => {
            for text in expanded(text, modifiers, placeholders, missing) {
                let network = Network::parse(&text)
                    .ok_or_else(|| "no address range; write address/prefix".to_owned())?;
                out.push(Matcher::Cidr(network));
            }
        }
        Some(Kind::Field) => out.push(Matcher::Field {
            other: Field::new(text),
            anchor: modifiers.anchor.unwrap_or_default(),
            cased: modifiers.cased,
        }),
        Some(Kind::Time(part)) => {
            out.push(Matcher::Time(part, modifiers.order.unwrap_or(Order::Equal), number(text)?.value()));
        }
        None => match (modifiers.order, &node.value) {
            (Some(order), _) => out.push(Matcher::Compare(order, number(text)?.value())),
            (None, Value::Number(_)) if modifiers.anchor.is_none() && !modifiers.transforms() && !keyword => {
                out.push(Matcher::Number(number(text)?));
            }
            _ => {
                for value in expanded_pieces(text, modifiers, placeholders, missing) {
                    texts(value, modifiers, keyword, out)?;
                }
            }
        },
    }
    Ok(())
}

fn number(text: &str) -> Result<Number, String> {
    Number::parse(text).ok_or_else(|| "a text where a number is needed".to_owned())
}

/// Applies the transformations to a text and adds its patterns.
fn texts(
    value: Vec<Piece>,
    modifiers: &Modifiers,
    keyword: bool,
    out: &mut Vec<Matcher>,
) -> Result<(), String> {
    let anchor = match modifiers.anchor {
        None if keyword => Anchor::Inside,
        // A shifted encoding is a part of what was encoded around it.
        None if modifiers.encodings.contains(&Encoding::Base64Offset) => Anchor::Inside,
        anchor => anchor.unwrap_or_default(),
    };
    let value = if modifiers.windash { windash(&value) } else { value };
    let mut add = |pieces| out.push(Matcher::Text(Pattern::new(pieces, anchor, modifiers.cased)));
    if modifiers.encodings.is_empty() {
        add(value);
        return Ok(());
    }
    let mut variants: Vec<Vec<u8>> = spellings(&value)?.into_iter().map(String::into_bytes).collect();
    for encoding in &modifiers.encodings {
        let mut encoded = Vec::new();
        for variant in variants {
            encode(*encoding, &variant, &mut encoded)?;
        }
        variants = encoded;
    }
    for variant in variants {
        let text = String::from_utf8(variant)
            .map_err(|_| "the encoded value is no text; add `base64` after it".to_owned())?;
        add(vec![Piece::Literal(text)]);
    }
    Ok(())
}

/// Each way to write a value that is about to be encoded.
fn spellings(value: &[Piece]) -> Result<Vec<String>, String> {
    if value.iter().filter(|piece| **piece == Piece::Dash).count() > MAX_ENCODED_DASHES {
        return Err(format!("more than {MAX_ENCODED_DASHES} flags in an encoded `windash` value; split it"));
    }
    let mut spellings = vec![String::new()];
    for piece in value {
        spellings = match piece {
            Piece::Literal(part) => spellings.into_iter().map(|text| text + part).collect(),
            Piece::Dash => {
                spellings.iter().flat_map(|text| DASHES.map(|dash| format!("{text}{dash}"))).collect()
            }
            Piece::Any | Piece::One => {
                return Err("a wildcard cannot be encoded; escape it with a backslash".to_owned());
            }
        };
    }
    Ok(spellings)
}

fn encode(encoding: Encoding, value: &[u8], out: &mut Vec<Vec<u8>>) -> Result<(), String> {
    let units = || {
        std::str::from_utf8(value)
            .map(|text| text.encode_utf16().collect::<Vec<u16>>())
            .map_err(|_| "a value cannot be UTF-16 twice; remove one modifier".to_owned())
    };
    match encoding {
        Encoding::Base64 => out.push(base64(value)),
        Encoding::Base64Offset => out.extend((0..3).map(|shift| base64_shifted(value, shift))),
        Encoding::Utf16Le => out.push(units()?.into_iter().flat_map(u16::to_le_bytes).collect()),
        Encoding::Utf16Be => out.push(units()?.into_iter().flat_map(u16::to_be_bytes).collect()),
        Encoding::Utf16Bom => {
            let units = units()?;
            out.push([0xff, 0xfe].into_iter().chain(units.into_iter().flat_map(u16::to_le_bytes)).collect());
        }
    }
    Ok(())
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() { ALPHABET[(word >> (18 - 6 * i) & 63) as usize] } else { b'=' });
        }
    }
    out
}

/// What is sure to be in the encoding of any text in which `value` begins `shift` bytes after a
/// multiple of three: the characters that no neighbouring byte has a part in.
fn base64_shifted(value: &[u8], shift: usize) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(b' ', shift).chain(value.iter().copied()).collect();
    let sure = padded.len() * 8 / 6;
    let mut encoded = base64(&padded);
    encoded.truncate(sure);
    encoded.drain(..(shift * 8).div_ceil(6).min(sure));
    encoded
}

/// The values of a text: itself, or what its placeholders stand for.
fn expanded(
    text: &str,
    modifiers: &Modifiers,
    placeholders: &Placeholders,
    missing: &mut Vec<String>,
) -> Vec<String> {
    if !modifiers.expand {
        return vec![text.to_owned()];
    }
    let mut values = vec![String::new()];
    for part in placeholder_parts(text) {
        match part {
            Ok(plain) => values.iter_mut().for_each(|value| value.push_str(&plain)),
            Err(name) => {
                let fill = placeholders.get(&name);
                if fill.is_empty() {
                    missing.push(name);
                }
                values = values
                    .iter()
                    .flat_map(|value| fill.iter().map(move |fill| format!("{value}{fill}")))
                    .take(MAX_EXPANSIONS)
                    .collect();
            }
        }
    }
    values
}

fn expanded_pieces(
    text: &str,
    modifiers: &Modifiers,
    placeholders: &Placeholders,
    missing: &mut Vec<String>,
) -> Vec<Vec<Piece>> {
    expanded(text, modifiers, placeholders, missing).iter().map(|text| pieces(text)).collect()
}

/// Splits at `%name%`; `\\%` is a plain percent sign.
pub(super) fn placeholder_parts(text: &str) -> Vec<Result<String, String>> {
    let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if c == '\\' && after.starts_with('%') {
            plain.push('%');
            rest = &after[1..];
            continue;
        }
        if c == '%'
            && let Some((name, tail)) = after.split_once('%')
            && !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        {
            parts.push(Ok(std::mem::take(&mut plain)));
            parts.push(Err(name.to_owned()));
            rest = tail;
            continue;
        }
        plain.push(c);
        rest = after;
    }
    parts.push(Ok(plain));
    parts
}
