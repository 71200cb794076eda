//! ArcSight's Common Event Format, version 0 and 1, alone or behind a syslog header.

use super::escapes::Escapes;
use super::line::Line;
use super::{Event, Limits, syslog};
use crate::Error;
use std::collections::BTreeMap;

const HEADER: [&str; 7] = [
    "cefVersion",
    "deviceVendor",
    "deviceProduct",
    "deviceVersion",
    "deviceEventClassId",
    "name",
    "severity",
];

/// The full names of keys, by the dictionary of the format; the event has them under both.
const NAMES: [(&str, &str); 40] = [
    ("act", "deviceAction"),
    ("app", "applicationProtocol"),
    ("cat", "deviceEventCategory"),
    ("cnt", "baseEventCount"),
    ("deviceExternalId", "deviceExternalId"),
    ("dhost", "destinationHostName"),
    ("dmac", "destinationMacAddress"),
    ("dntdom", "destinationNtDomain"),
    ("dpid", "destinationProcessId"),
    ("dpriv", "destinationUserPrivileges"),
    ("dproc", "destinationProcessName"),
    ("dpt", "destinationPort"),
    ("dst", "destinationAddress"),
    ("duid", "destinationUserId"),
    ("duser", "destinationUserName"),
    ("dvc", "deviceAddress"),
    ("dvchost", "deviceHostName"),
    ("dvcpid", "deviceProcessId"),
    ("end", "endTime"),
    ("fname", "fileName"),
    ("fsize", "fileSize"),
    ("in", "bytesIn"),
    ("msg", "message"),
    ("out", "bytesOut"),
    ("outcome", "eventOutcome"),
    ("proto", "transportProtocol"),
    ("request", "requestUrl"),
    ("rt", "deviceReceiptTime"),
    ("shost", "sourceHostName"),
    ("smac", "sourceMacAddress"),
    ("sntdom", "sourceNtDomain"),
    ("spid", "sourceProcessId"),
    ("spriv", "sourceUserPrivileges"),
    ("sproc", "sourceProcessName"),
    ("spt", "sourcePort"),
    ("src", "sourceAddress"),
    ("start", "startTime"),
    ("suid", "sourceUserId"),
    ("suser", "sourceUserName"),
    ("type", "eventType"),
];

/// Where the format begins in a line, at its start or behind a header.
pub(super) fn start(text: &str) -> Option<usize> {
    let start = text.find("CEF:")?;
    let version = text.as_bytes().get(start + 4)?.is_ascii_digit();
    (version && (start == 0 || text.as_bytes()[start - 1] == b' ')).then_some(start)
}

pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Event, Error> {
    let mut line = Line::new(bytes, limits)?;
    let text = line.text;
    let Some(start) = start(text) else {
        return Err(Line::fault("not CEF: `CEF:` and a version are missing", 0));
    };
    if start > 0 {
        // What stands before it is kept as far as it is understood.
        let _ = syslog::header(&mut line, start - 1);
    }
    let mut at = start + 4;
    for name in HEADER {
        let Some(end) = unescaped(text, at, b'|') else {
            return Err(Line::fault("not CEF: the header has fewer than seven fields", at));
        };
        line.add(name, at..end, Some(Escapes::Cef))?;
        at = end + 1;
    }
    extension(&mut line, text, at)?;
    line.finish()
}

/// `key=value key=value`: a value ends where the next key begins.
fn extension(line: &mut Line<'_>, text: &str, at: usize) -> Result<(), Error> {
    let mut pairs = Vec::new();
    let mut search = at;
    while let Some(equals) = unescaped(text, search, b'=') {
        let key = text[search..equals].rfind(' ').map_or(search, |space| search + space + 1);
        let is_key =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
        if key < equals && text.as_bytes()[key..equals].iter().all(|&byte| is_key(byte)) {
            pairs.push((key, equals));
        }
        search = equals + 1;
    }
    if pairs.is_empty() && !text[at..].trim().is_empty() {
        return Err(Line::fault("not CEF: an extension without `key=value`", at));
    }
    let ends = pairs.iter().skip(1).map(|&(key, _)| key).chain([text.len()]);
    let pairs: Vec<(&str, std::ops::Range<usize>)> = pairs
        .iter()
        .zip(ends)
        .map(|(&(key, equals), end)| {
            let value = text[equals + 1..end].trim_end_matches(' ');
            (&text[key..equals], equals + 1..equals + 1 + value.len())
        })
        .collect();
    // `cs1Label=Rule cs1=x`: the value of `Rule` is `x`.
    let labels: BTreeMap<&str, String> = pairs
        .iter()
        .filter_map(|(key, value)| Some((key.strip_suffix("Label")?, text[value.clone()].replace(' ', ""))))
        .collect();
    for (key, value) in pairs {
        let label = labels.get(key).map(String::as_str).filter(|label| !label.is_empty());
        let full = || NAMES.binary_search_by_key(&key, |(short, _)| short).ok().map(|found| NAMES[found].1);
        line.add_named(key, label.or_else(full), value, Some(Escapes::Cef))?;
    }
    Ok(())
}

/// The first `wanted` from `at` on that no backslash stands before.
fn unescaped(text: &str, mut at: usize, wanted: u8) -> Option<usize> {
    loop {
        at += memchr::memchr2(wanted, b'\\', text.as_bytes().get(at..)?)?;
        if text.as_bytes()[at] == wanted {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_sorted() {
        assert!(super::NAMES.is_sorted_by_key(|(short, _)| short));
    }
}
