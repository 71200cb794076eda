//! Lines of a thread that say who wrote what follows, in the languages of common mail programs.

/// What the fields above a message say.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) subject: Option<String>,
    pub(super) author: Option<String>,
    pub(super) date: Option<String>,
    /// Fields that every message has.
    pub(super) known: usize,
}

const FROM: [&str; 19] = [
    "from",
    "von",
    "de",
    "da",
    "van",
    "från",
    "fra",
    "lähettäjä",
    "od",
    "от",
    "від",
    "kimden",
    "发件人",
    "寄件者",
    "差出人",
    "보낸 사람",
    "odesílatel",
    "feladó",
    "από",
];
const DATE: [&str; 27] = [
    "date",
    "sent",
    "datum",
    "gesendet",
    "envoyé",
    "fecha",
    "enviado",
    "enviado el",
    "enviada em",
    "enviado em",
    "data",
    "inviato",
    "verzonden",
    "skickat",
    "sendt",
    "lähetetty",
    "wysłano",
    "дата",
    "отправлено",
    "tarih",
    "gönderildi",
    "日期",
    "发送时间",
    "送信日時",
    "보낸 날짜",
    "odesláno",
    "dato",
];
const TO: [&str; 21] = [
    "to",
    "an",
    "à",
    "a",
    "para",
    "aan",
    "till",
    "til",
    "vastaanottaja",
    "do",
    "кому",
    "kime",
    "收件人",
    "宛先",
    "받는 사람",
    "cc",
    "bcc",
    "kopie",
    "komu",
    "címzett",
    "reply-to",
];
const SUBJECT: [&str; 17] = [
    "subject",
    "betreff",
    "objet",
    "asunto",
    "oggetto",
    "onderwerp",
    "assunto",
    "ämne",
    "emne",
    "aihe",
    "temat",
    "тема",
    "konu",
    "主题",
    "主旨",
    "件名",
    "제목",
];
/// What programs put before the subject of an answer.
const ANSWERS: [&str; 16] =
    ["re", "aw", "antw", "sv", "vs", "rv", "r", "fw", "fwd", "wg", "tr", "i", "rif", "odp", "ynt", "enc"];
/// The first words of "On Friday, Ann wrote:".
const LEADS: [&str; 12] = ["on", "am", "le", "el", "il", "em", "op", "den", "dne", "w dniu", "в", "pada"];
/// Its verbs.
const VERBS: [&str; 16] = [
    "wrote",
    "schrieb",
    "a écrit",
    "escribió",
    "ha scritto",
    "escreveu",
    "schreef",
    "skrev",
    "kirjoitti",
    "pisze",
    "napisał",
    "napisał(a)",
    "napsal",
    "написал",
    "写道",
    "yazdı",
];

impl Header {
    /// Takes a field.
    pub(super) fn read(&mut self, name: &str, value: &str) {
        let name = name.to_lowercase();
        let is = |names: &[&str]| names.contains(&name.as_str());
        let place = if is(&SUBJECT) {
            &mut self.subject
        } else if is(&FROM) {
            &mut self.author
        } else if is(&DATE) {
            &mut self.date
        } else {
            self.known += usize::from(is(&TO));
            return;
        };
        self.known += 1;
        let value = match name.as_str() {
            name if SUBJECT.contains(&name) => without_answers(value).to_owned(),
            name if FROM.contains(&name) => without_address(value),
            _ => value.to_owned(),
        };
        if !value.is_empty() {
            place.get_or_insert(value);
        }
    }
}

/// Name and value of a field: `Subject: x`, `*Von:* y`, `De : z`.
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches('*');
    let end = line.char_indices().take(30).find(|(_, c)| matches!(c, ':' | '：'))?.0;
    let name = line[..end].trim_end_matches(['*', ' ', '\u{a0}']);
    let letters = |c: char| c.is_alphanumeric() || c == '-' || c == ' ';
    let value = line[end..].trim_start_matches([':', '：', '*', ' ', '\t']).trim_end_matches(['*', ' ']);
    (!name.is_empty() && name.chars().all(letters)).then_some((name, value))
}

/// `-----Original Message-----` in any language, or the line that Outlook draws.
pub(super) fn is_separator(line: &str) -> bool {
    let line = line.trim();
    let inside = line.trim_matches('-');
    let dashes = (line.len() - inside.len()) / 2;
    let titled = dashes >= 4
        && line.starts_with("----")
        && line.ends_with("----")
        && inside.len() <= 60
        && inside.chars().any(char::is_alphabetic)
        && !inside.contains('-');
    titled
        || line.len() >= 24 && line.bytes().all(|byte| byte == b'_')
        || line.eq_ignore_ascii_case("Begin forwarded message:")
}

/// The line that begins a message in a mailbox file.
pub(super) fn starts_mailbox(line: &str) -> bool {
    line.len() < 120
        && line.strip_prefix("From ").is_some_and(|rest| {
            let year = rest.trim_end().rsplit(' ').next().unwrap_or("");
            rest.contains(':') && year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// The line above a signature.
pub(super) fn is_signature(line: &str) -> bool {
    line.trim_end() == "--"
}

/// What "On Friday, Ann wrote:" says of author and date.
pub(super) fn attribution(line: &str) -> Option<String> {
    let inside = line.trim().strip_suffix([':', '：'])?.trim_end();
    let telling = inside.contains('@') || inside.chars().any(char::is_numeric);
    let (verb, at) = VERBS.iter().find_map(|verb| Some((*verb, find_word(inside, verb)?)))?;
    if !telling {
        return None;
    }
    let lead = LEADS.iter().filter_map(|lead| begins_with(inside, lead)).max().unwrap_or(0);
    let before = inside.get(lead.min(at)..at)?.trim_matches([' ', ',']);
    let after = inside.get(at + verb.len()..)?.trim_matches([' ', ',']);
    let joint = if before.is_empty() || after.is_empty() { "" } else { ", " };
    Some(without_address(&format!("{before}{joint}{after}")))
}

/// True if a line can be the first of an attribution that is wrapped.
pub(super) fn may_attribute(line: &str) -> bool {
    LEADS.iter().any(|lead| begins_with(line, lead).is_some()) || line.contains('@')
}

/// The length of `word`, if `text` begins with it, in any case.
fn begins_with(text: &str, word: &str) -> Option<usize> {
    let begin = text.get(..word.len())?;
    let whole = text[word.len()..].starts_with([' ', ',']);
    (whole && begin.to_lowercase() == word).then_some(word.len())
}

/// Where a word stands on its own.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphabetic() || !c.is_ascii());
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|&at| apart(text[..at].chars().next_back()) && apart(text[at + word.len()..].chars().next()))
}

fn without_answers(mut subject: &str) -> &str {
    while let Some((before, rest)) = subject.split_once(':') {
        let word = before.trim().trim_end_matches(|c: char| "[]()0123456789".contains(c)).to_lowercase();
        if !ANSWERS.contains(&word.as_str()) {
            break;
        }
        subject = rest;
    }
    subject.trim()
}

/// The name, if there is one, without the address behind it.
fn without_address(author: &str) -> String {
    let bare = match (author.find('<'), author.rfind('>')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}", author[..start].trim_end(), &author[end + 1..])
        }
        _ => author.to_owned(),
    };
    let bare = bare.trim().trim_matches('"').trim();
    if bare.is_empty() { author.trim_matches(['<', '>', ' ']).to_owned() } else { bare.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{attribution, field, is_separator, without_answers};

    #[test]
    fn lines_say_who_wrote() {
        for (line, expected) in [
            (
                "On Fri, Nov 20, 2026 at 10:00 AM Ann Lee <ann@example.org> wrote:",
                "Fri, Nov 20, 2026 at 10:00 AM Ann Lee",
            ),
            ("Am 20.11.2026 um 10:00 schrieb Ann Lee <ann@example.org>:", "20.11.2026 um 10:00, Ann Lee"),
            (
                "Le ven. 20 nov. 2026 à 10:00, Ann Lee <ann@example.org> a écrit :",
                "ven. 20 nov. 2026 à 10:00, Ann Lee",
            ),
            ("El 20/11/2026 a las 10:00, Ann Lee escribió:", "20/11/2026 a las 10:00, Ann Lee"),
            ("ann@example.org wrote:", "ann@example.org"),
        ] {
            assert_eq!(attribution(line).as_deref(), Some(expected), "{line}");
        }
        for line in ["She wrote:", "On Friday we met at 10:00:", "On 20 Nov Ann wrote it down.", ":"] {
            assert_eq!(attribution(line), None, "{line}");
        }
        assert!(is_separator("-----Ursprüngliche Nachricht-----"));
        assert!(is_separator("---------- Forwarded message ---------"));
        assert!(!is_separator("----------") && !is_separator("--- a") && !is_separator("-- "));
        assert_eq!(field("*De :* Ann"), Some(("De", "Ann")));
        assert_eq!(field("no field"), None);
        assert_eq!(without_answers("AW: Re[2]: WG: Bees: a plan"), "Bees: a plan");
    }
}
