//! What kind of text a run stands in. In what machines write, capital letters are no sign of a name:
//! there only the values of keys that name a person are read.

use std::ops::Range;

/// Most bytes on each side of a run that are looked at.
pub(crate) const REACH: usize = 400;

/// Bytes of a line's beginning that tell what it is.
const HEAD: usize = 160;
/// Bytes on each side of a run whose marks are counted where its line is too long to see the beginning.
const AROUND: usize = 96;
/// Longest key, with what stands between it and its value.
const MAX_KEY: usize = 48;

/// Blanks and quotes between a separator and its value beyond which a key is not seen whole: what is left of
/// [`MAX_KEY`] holds the words that matter.
const MAX_BLANKS: usize = 16;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// What people write.
    Prose,
    /// What machines write.
    Machine,
    /// The value of a key that names a person.
    NameKey,
}

/// Words of keys whose value is somebody's name, or with which such a key ends.
const NAME_KEYS: [&str; 34] = [
    "name",
    "fullname",
    "firstname",
    "lastname",
    "surname",
    "username",
    "displayname",
    "givenname",
    "familyname",
    "customer",
    "patient",
    "client",
    "employee",
    "contact",
    "author",
    "recipient",
    "sender",
    "owner",
    "assignee",
    "reporter",
    "doctor",
    "physician",
    "student",
    "teacher",
    "passenger",
    "guest",
    "tenant",
    "member",
    "holder",
    "beneficiary",
    "applicant",
    "cardholder",
    "manager",
    "person",
];

/// Keys that end in a word of [`NAME_KEYS`] and name a thing.
const THINGS: [&str; 22] = [
    "file",
    "host",
    "path",
    "app",
    "service",
    "pod",
    "node",
    "container",
    "image",
    "class",
    "table",
    "column",
    "event",
    "process",
    "log",
    "logger",
    "thread",
    "task",
    "rule",
    "product",
    "domain",
    "display",
];

/// The line looked at last: where it begins, and whether it is one of a log.
#[derive(Debug, Default)]
pub(crate) struct LastLine(Option<(usize, bool)>);

/// The setting of the run at `run` of `text`. `last` is what was known of a line of this text before.
pub(crate) fn of(text: &[u8], run: Range<usize>, last: &mut LastLine) -> Setting {
    let from = run.start.saturating_sub(REACH);
    let line = memchr::memrchr(b'\n', &text[from..run.start]).map(|at| from + at + 1);
    let line = line.or((from == 0).then_some(0));
    let machine = match (line, last.0) {
        (Some(line), Some((known, machine))) if line == known => machine,
        (Some(line), _) => {
            let machine = is_log(&text[line..]);
            last.0 = Some((line, machine));
            machine
        }
        (None, _) => false,
    };
    if !machine && !is_dense(text, &run) {
        return Setting::Prose;
    }
    if has_name_key(text, run.start) { Setting::NameKey } else { Setting::Machine }
}

/// True for a line of a log in which no key names a person: none of its runs is read.
pub(super) fn is_quiet(line: &[u8]) -> bool {
    line.len() < REACH
        && is_log(line)
        && memchr::memchr2_iter(b':', b'=', line).all(|separator| {
            let key = key_before(&line[separator.saturating_sub(MAX_KEY)..separator]);
            let blanks = line[separator + 1..].iter().take(MAX_BLANKS + 1);
            let blanks = blanks.take_while(|b| b.is_ascii_whitespace() || b"\"'`\\:".contains(b)).count();
            // A key without a name may be on the line before, and one far from its value is seen in part.
            !key.is_empty() && blanks <= MAX_BLANKS && !names_person(key) || is_clock(line, separator)
        })
}

/// True for the colon in `10:11`.
fn is_clock(line: &[u8], colon: usize) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(u8::is_ascii_digit);
    is_digit(colon.checked_sub(1)) && is_digit(Some(colon + 1))
}

/// True for the beginning of a line of a log: a time, an address, a level, pairs, or an object.
pub(super) fn is_log(head: &[u8]) -> bool {
    let head = &head[..head.len().min(HEAD)];
    let head = memchr::memchr(b'\n', head).map_or(head, |end| &head[..end]);
    let blanks = head.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'[' | b'<' | b'(')).count();
    let first = &head[blanks..];
    if head[blanks.saturating_sub(1)..].starts_with(b"{\"") || first.starts_with(b"{\"") {
        return true;
    }
    let is_time = |text: &[u8]| {
        text.windows(5).any(|w| {
            w[0].is_ascii_digit()
                && w[1].is_ascii_digit()
                && w[2] == b':'
                && w[3].is_ascii_digit()
                && w[4].is_ascii_digit()
        })
    };
    // A scrubber may have been here: `[IP_ADDRESS] - - [`, `1**.***.*.*  - -`.
    let token =
        first.iter().take_while(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'*' | b'.')).count();
    let stars = first.iter().take(8).filter(|b| **b == b'*').count() >= 3;
    let scrubbed = blanks > 0 && token > 1 && matches!(first.get(token), Some(b']' | b':')) || stars;
    if scrubbed && (head.windows(3).any(|w| w == b" - ") || is_time(head)) {
        return true;
    }
    let digits = first.iter().take_while(|b| b.is_ascii_digit()).count();
    let begins = &first[..first.len().min(32)];
    // `2024-01-02T10:11`, `081109 203615`, `10.1.2.3 - -`, `1715000000`
    if digits >= 2 && (is_time(begins) || digits >= 6 || begins.windows(3).any(|w| w == b" - ")) {
        return true;
    }
    // `Jan  2 10:11:12 host`
    if first.len() > 15
        && first[3] == b' '
        && first[..3].iter().all(u8::is_ascii_alphabetic)
        && is_time(&first[6..15])
    {
        return true;
    }
    // `- 1117838570 2005.06.03 R02-M1`, `37743 fan 1125827345 1`: seconds since 1970.
    let mut words = head[..head.len().min(80)].split(|b| matches!(b, b' ' | b'\t' | b',' | b'|'));
    if words.any(|word| word.len() == 10 && word[0] == b'1' && word.iter().all(u8::is_ascii_digit)) {
        return true;
    }
    let levels: [&[u8]; 8] =
        [b"INFO", b"WARN", b"ERROR", b"DEBUG", b"TRACE", b"FATAL", b"NOTICE", b"CRITICAL"];
    let level = |word: &[u8]| levels.contains(&word) || word == b"WARNING";
    let words = head[..head.len().min(80)].split(|b| !b.is_ascii_alphabetic());
    if words.take(8).any(level) && begins.iter().any(|b| matches!(b, b':' | b'[' | b']' | b'|')) {
        return true;
    }
    let pairs = head
        .windows(3)
        .filter(|w| w[0].is_ascii_alphanumeric() && w[1] == b'=' && w[2] != b' ' && w[2] != b'=');
    pairs.count() >= 2
}

/// True where the marks that machines use stand close.
fn is_dense(text: &[u8], run: &Range<usize>) -> bool {
    let (from, to) = (run.start.saturating_sub(AROUND), text.len().min(run.end + AROUND));
    // Of its own line, so that what is done to another line does not bear on it.
    let from = memchr::memrchr(b'\n', &text[from..run.start]).map_or(from, |at| from + at + 1);
    let to = memchr::memchr(b'\n', &text[run.end..to]).map_or(to, |at| run.end + at);
    let is_mark = |b: &u8| {
        matches!(b, b'=' | b'{' | b'}' | b'[' | b']' | b'\\' | b'|' | b'_' | b'"' | b'<' | b'>' | b';')
    };
    // At most `AROUND` on a side: a byte holds the count, so that many are counted at once.
    const { assert!(AROUND <= 255) };
    let marks = |part: &[u8]| usize::from(part.iter().map(|b| u8::from(is_mark(b))).sum::<u8>());
    let (before, behind) = (&text[from..run.start], &text[run.end..to]);
    let seen = before.len() + behind.len();
    seen >= 12 && (marks(before) + marks(behind)) * 7 > seen
}

/// True if the value that begins at `start` has a key that names a person.
fn has_name_key(text: &[u8], start: usize) -> bool {
    let before = &text[start.saturating_sub(MAX_KEY)..start];
    let before = &before[..trimmed(before, b"\"'`\\")];
    let Some((b':' | b'=', before)) = before.split_last() else { return false };
    names_person(key_before(before))
}

/// The key that ends before a separator, `before` which this stands.
fn key_before(before: &[u8]) -> &[u8] {
    let key = &before[..trimmed(before, b"\"'`\\:")];
    let is_key = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    &key[key.len() - key.iter().rev().take_while(is_key).count()..]
}

/// Length of `text` without the white space at its end, and without what is in `also`.
fn trimmed(text: &[u8], also: &[u8]) -> usize {
    text.iter().rposition(|b| !(b.is_ascii_whitespace() || also.contains(b))).map_or(0, |at| at + 1)
}

/// True for the name of a key or column whose value is somebody's name.
pub(crate) fn names_person(key: &[u8]) -> bool {
    // Its last two words, cut at marks and where lower case turns upper.
    let begin = |end: usize| {
        let hump = |at: usize| key[at - 1].is_ascii_lowercase() && key[at].is_ascii_uppercase();
        let inside = |at: &usize| key[*at - 1].is_ascii_alphanumeric() && !(*at < end && hump(*at));
        (1..=end).rev().find(|at| !inside(at)).unwrap_or(0)
    };
    let is_in =
        |word: &[u8], all: &[&str]| all.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word));
    let last = begin(key.len());
    if !is_in(&key[last..], &NAME_KEYS) {
        return false;
    }
    let end = if last > 0 && !key[last - 1].is_ascii_alphanumeric() { last - 1 } else { last };
    !is_in(&key[begin(end)..end], &THINGS)
}

#[cfg(test)]
mod tests {
    use super::{LastLine, Setting, names_person, of};

    fn setting(text: &str) -> Setting {
        let start = text.find('«').unwrap();
        let end = text.find('»').unwrap() - '«'.len_utf8();
        of(text.replace(['«', '»'], "").as_bytes(), start..end, &mut LastLine::default())
    }

    #[test]
    fn logs_are_told_from_prose() {
        for text in [
            "2026-01-02T10:11:12Z host app: «Started Session» of user bob",
            "Jan  2 10:11:12 host CRON[12]: «Accepted»",
            "10.0.0.1 - - [02/Jan/2026] \"GET /\" \"«Mozilla»\"",
            "level=info ts=1 msg=\"«Hello World»\"",
            "{\"level\":\"info\",\"message\":\"«Paired Station»\"}",
            "081109 203615 148 INFO dfs.DataNode: «Received Block»",
            "[ERROR] [main] «Spring Boot» failed",
            "{\"file_name\":\"«Report»\"}",
            "- 1117838570 2005.06.03 R02-M1-N0 RAS KERNEL «Error Latch» is clear",
            "37743 fan 1125827345 1 «Fan» speeds ( 3552 3534 )",
        ] {
            assert_eq!(setting(text), Setting::Machine, "{text}");
        }
        for text in [
            "Dear «Jane Doe», thank you for the call at 10:11.",
            "«Anna»",
            "We met in «Paris» on 2026-01-02 at 10:00; it was \"great\".",
            "12 «Main Street»",
            "Call 4155550134 and ask for «Jane Doe»",
        ] {
            assert_eq!(setting(text), Setting::Prose, "{text}");
        }
        for text in [
            "2026-01-02 10:11:12 ERROR row rejected: name=\"«Jane Doe»\" ssn=1",
            "level=info ts=1 customer=«Jane»",
            "{\"id\":1,\"patientName\": \"«Jane Doe»\"}",
        ] {
            assert_eq!(setting(text), Setting::NameKey, "{text}");
        }
    }

    #[test]
    fn keys_that_name_persons() {
        for key in ["name", "Full.customer", "patientName", "x_FIRSTNAME", "a-b-holder", "file__name"] {
            assert!(names_person(key.as_bytes()), "{key}");
        }
        for key in ["", "name_", "fileName", "host.name", "HOST_NAME", "nameX", "filename", "title"] {
            assert!(!names_person(key.as_bytes()), "{key}");
        }
    }
}
