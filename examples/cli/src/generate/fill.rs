use super::people::Person;
use super::{Dice, Planted, value};
use std::fmt::Write;
use sting_core::Span;

/// Fills templates and notes where it planted what.
///
/// A template is text with fields between double braces:
///
/// | field                      | becomes                                             | in the truth |
/// |----------------------------|-----------------------------------------------------|--------------|
/// | `{{email}}`                | a fresh value of this kind, of the current person   | yes          |
/// | `{{email:a@example.com}}`  | this value                                          | yes          |
/// | `{{~uuid}}`                | a value that only looks private                     | as `~uuid`   |
/// | `{{.name}}`                | ordinary words                                      | no           |
/// | `{{.next}}`                | nothing; the next person's turn                     | no           |
/// | `{{base64}}`..`{{/base64}}` | the text between, in that transfer encoding        | without span |
/// | `{{quoted}}`..`{{/quoted}}` | as above, quoted-printable                         | without span |
///
/// ```
/// use sting_cli::generate::Filler;
/// let filled = Filler::new(1, "doc").fill("a.txt", "Call {{phone:020 7946 0000}}, build {{~hex7}}.")?;
/// assert!(filled.text.starts_with("Call 020 7946 0000, build "));
/// assert_eq!(filled.planted[0].kind, "phone");
/// assert_eq!(filled.planted[0].span.unwrap().range(), 5..18);
/// assert!(filled.planted[1].is_look_alike());
/// # Ok::<(), sting_cli::generate::FillError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Filler {
    dice: Dice,
    person: Person,
}

/// A template that has been filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// The text.
    pub text: String,
    /// What was planted in it, in order.
    pub planted: Vec<Planted>,
}

/// A template that cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FillError {
    /// A field that is opened and not closed.
    #[error("template {file}: field at byte {at} is not closed; end it with `}}}}`")]
    Open {
        /// Name of the template.
        file: String,
        /// Where the field begins.
        at: usize,
    },
    /// A field whose kind is not known.
    #[error("template {file}: no field `{field}`; see the table of `Filler`")]
    Unknown {
        /// Name of the template.
        file: String,
        /// The field.
        field: String,
    },
}

impl Filler {
    /// A filler whose choices depend on the seed and the purpose alone.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut dice = Dice::new(seed, purpose);
        let person = Person::draw(&mut dice);
        Self { dice, person }
    }

    /// The dice, for choices between templates.
    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// Lets the next values be those of another person.
    pub fn next_person(&mut self) {
        self.person = Person::draw(&mut self.dice);
    }

    /// Fills a template of this crate; a test fills every one of them.
    pub(crate) fn fill_bundled(&mut self, file: &str, template: &str) -> Filled {
        self.fill(file, template).unwrap_or_else(|fault| unreachable!("bundled: {fault}"))
    }

    /// Fills one template. `file` is the name that the truth gives to its values.
    ///
    /// # Errors
    ///
    /// If a field is unknown or not closed.
    pub fn fill(&mut self, file: &str, template: &str) -> Result<Filled, FillError> {
        let mut out = Filled::default();
        let mut at = 0;
        while let Some(open) = template[at..].find("{{").map(|found| at + found) {
            out.text.push_str(&template[at..open]);
            let not_closed = || FillError::Open { file: file.to_owned(), at: open };
            let close = template[open..].find("}}").map(|found| open + found).ok_or_else(not_closed)?;
            let field = &template[open + 2..close];
            at = close + 2;
            if let Some(encode) = transfer_encoding(field) {
                let end = format!("{{{{/{field}}}}}");
                let inner = template[at..].find(&end).map(|found| &template[at..at + found]);
                let inner = inner.ok_or_else(not_closed)?;
                at += inner.len() + end.len();
                let filled = self.fill(file, inner)?;
                out.text.push_str(&encode(&filled.text));
                out.planted
                    .extend(filled.planted.into_iter().map(|planted| Planted { span: None, ..planted }));
            } else {
                self.field(file, field, &mut out)?;
            }
        }
        out.text.push_str(&template[at..]);
        Ok(out)
    }

    fn field(&mut self, file: &str, field: &str, out: &mut Filled) -> Result<(), FillError> {
        if field == ".next" {
            self.next_person();
            return Ok(());
        }
        let (kind, given) = field.split_once(':').map_or((field, None), |(kind, value)| (kind, Some(value)));
        let value = match given {
            Some(value) => Some(value.to_owned()),
            None if kind.starts_with('.') => value::filler(&kind[1..], &mut self.dice, &self.person),
            None if kind.starts_with('~') => value::look_alike(&kind[1..], &mut self.dice),
            None => value::private(kind, &mut self.dice, &self.person),
        };
        let unknown = || FillError::Unknown { file: file.to_owned(), field: field.to_owned() };
        let value = value.ok_or_else(unknown)?;
        let start = out.text.len();
        out.text.push_str(&value);
        if !kind.starts_with('.') {
            let span = Some(Span::new(start, out.text.len()));
            out.planted.push(Planted { file: file.to_owned(), kind: kind.to_owned(), span, value });
        }
        Ok(())
    }
}

impl Filled {
    /// Appends another text, with what is planted in it.
    pub fn append(&mut self, other: Self) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.planted.extend(other.planted.into_iter().map(|planted| planted.moved_by(base)));
    }

    /// The text in Latin-1, with the spans moved. Characters that Latin-1 lacks become `?`.
    pub fn into_latin_1(mut self) -> (Vec<u8>, Vec<Planted>) {
        // Spans come in order, so that one walk over the text places them all.
        let (mut byte, mut character) = (0, 0);
        let text = &self.text;
        let mut place = |offset: usize| {
            character += text[byte..offset].chars().count();
            byte = offset;
            character
        };
        for planted in &mut self.planted {
            planted.span = planted.span.map(|span| Span::new(place(span.start), place(span.end)));
        }
        let bytes = self.text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        (bytes, self.planted)
    }
}

/// Encodes a text for the body of a mail.
type TransferEncoding = fn(&str) -> String;

fn transfer_encoding(field: &str) -> Option<TransferEncoding> {
    match field {
        "base64" => Some(base64_lines),
        "quoted" => Some(quoted_printable),
        _ => None,
    }
}

fn base64_lines(text: &str) -> String {
    let encoded = value::base64_standard(text.as_bytes());
    let lines: Vec<&str> =
        (0..encoded.len()).step_by(76).map(|at| &encoded[at..encoded.len().min(at + 76)]).collect();
    lines.join("\n")
}

/// RFC 2045, section 6.7.
fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let mut width = 0;
        for (at, byte) in line.bytes().enumerate() {
            let literal = matches!(byte, b'!'..=b'<' | b'>'..=b'~')
                || (matches!(byte, b' ' | b'\t') && at + 1 < line.len());
            let needed = if literal { 1 } else { 3 };
            if width + needed > 75 {
                out.push_str("=\n");
                width = 0;
            }
            width += needed;
            if literal {
                out.push(byte as char);
            } else {
                let _ = write!(out, "={byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str) -> Result<Filled, FillError> {
        Filler::new(7, "test").fill("t", template)
    }

    #[test]
    fn spans_hold_the_values() {
        let filled = fill("Å {{email}} {{.next}}{{~uuid}} {{iban}}\n{{private_key}} {{.name}}").unwrap();
        assert_eq!(filled.planted.len(), 4);
        for planted in &filled.planted {
            assert_eq!(planted.span.unwrap().get(&filled.text), Some(planted.value.as_str()));
        }
        let (bytes, planted) = filled.into_latin_1();
        for planted in planted {
            assert_eq!(&bytes[planted.span.unwrap().range()], planted.value.as_bytes());
        }
    }

    #[test]
    fn transfer_encodings() {
        let filled =
            fill("{{base64}}to {{email:a@example.org}}{{/base64}}|{{quoted}}é= x {{/quoted}}").unwrap();
        assert_eq!(filled.text, "dG8gYUBleGFtcGxlLm9yZw==|=C3=A9=3D x=20");
        assert_eq!(filled.planted[0].span, None);
        assert_eq!(filled.planted[0].value, "a@example.org");
        let long = quoted_printable(&"ä".repeat(60));
        assert!(long.lines().all(|line| line.len() <= 76));
    }

    #[test]
    fn faults_are_named() {
        assert!(matches!(fill("a {{email"), Err(FillError::Open { at: 2, .. })));
        assert!(matches!(fill("{{base64}}x"), Err(FillError::Open { at: 0, .. })));
        assert!(matches!(fill("{{no_such}}"), Err(FillError::Unknown { .. })));
    }

    #[test]
    fn same_seed_same_text() {
        let text = "{{email}} {{phone}} {{credit_card}} {{jwt}} {{.topic}} {{~sha256}}";
        assert_eq!(fill(text), fill(text));
        assert_ne!(fill(text), Filler::new(8, "test").fill("t", text));
    }
}
