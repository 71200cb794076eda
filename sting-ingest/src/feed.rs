//! Indicators of compromise from files: STIX 2.1 bundles, MISP events, CSV tables and plain lists.

use crate::Error;
use jiff::Timestamp;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use sting_core::ioc::{Attributes, Extractor, IocKind, Iocs};

/// What a feed added to a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedReport {
    /// Indicators that were not in the set before.
    pub added: usize,
    /// Indicators of which the feed said more.
    pub updated: usize,
    /// Entries that are no indicators of a known kind.
    pub skipped: usize,
    /// Where the first of them stand, and what is wrong: never what they say.
    pub faults: Vec<(String, String)>,
}

/// The most faults that are listed; all are counted.
const FAULTS: usize = 1000;
/// Largest file of JSON, which is read whole.
const MAX_JSON: u64 = 1 << 30;
/// Longest line of a list or a table.
const MAX_LINE: u64 = 1 << 20;

/// Adds the indicators of a file to `known`. What the file does not say of an indicator is taken from `otherwise`; if that has no
/// source, the name of the file is one.
///
/// The format is told from the content: a STIX 2.1 bundle (`indicator` objects whose patterns compare observables for equality),
/// a MISP event or list of events, a CSV table with a column `value` or `indicator` (and `type` or `kind`, `confidence`, `source`,
/// `first_seen`, `last_seen` as seconds or RFC 3339), or one indicator a line with `#` before remarks. Lists and tables are read
/// line by line, in bounded memory.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Damaged`] if it is none of these, [`Error::Limit`] if it is too large. An entry
/// that cannot be used is counted and listed.
pub fn load_iocs(path: &Path, known: &mut Iocs, otherwise: &Attributes) -> Result<FeedReport, Error> {
    let mut otherwise = otherwise.clone();
    if otherwise.source.is_empty() {
        otherwise.source = path.file_name().unwrap_or_default().to_string_lossy().into();
    }
    let mut file = File::open(path).map_err(Error::io("reading indicators failed", path))?;
    let mut start = [0; 64];
    let length = read_start(&mut file, &mut start).map_err(Error::io("reading indicators failed", path))?;
    if Iocs::is_table(&start[..length]) {
        return Err(Error::Damaged {
            media_type: "file of indicators",
            problem: "a table that was saved, which is opened as a set of its own (open_iocs)".into(),
        });
    }
    let start = start[..length].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start[..length]);
    let mut feed = Feed { known, otherwise, report: FeedReport::default() };
    match start.trim_ascii_start().first() {
        Some(b'{' | b'[') => feed.json(path, file)?,
        _ => feed.lines(path, file)?,
    }
    feed.known.seal();
    Ok(feed.report)
}

/// The first bytes of a file, which stays where it was.
fn read_start(file: &mut File, start: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < start.len() {
        match file.read(&mut start[length..])? {
            0 => break,
            count => length += count,
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(length)
}

struct Feed<'a> {
    known: &'a mut Iocs,
    otherwise: Attributes,
    report: FeedReport,
}

impl Feed<'_> {
    fn add(&mut self, place: impl Fn() -> String, kind: IocKind, value: &str, attributes: &Attributes) {
        match self.known.add(kind, value, attributes) {
            Ok(true) => self.report.added += 1,
            Ok(false) => self.report.updated += 1,
            Err(error) => self.skip(place, &error.to_string()),
        }
    }

    fn skip(&mut self, place: impl Fn() -> String, problem: &str) {
        self.report.skipped += 1;
        if self.report.faults.len() < FAULTS {
            self.report.faults.push((place(), problem.to_owned()));
        }
    }

    fn lines(&mut self, path: &Path, file: File) -> Result<(), Error> {
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut line, mut number) = (Vec::new(), 0);
        let mut columns: Option<Columns> = None;
        loop {
            line.clear();
            let length = reader
                .by_ref()
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .map_err(Error::io("reading indicators failed", path))?;
            if length == 0 {
                return Ok(());
            }
            number += 1;
            if length as u64 == MAX_LINE && !line.ends_with(b"\n") {
                return Err(Error::Limit { what: "bytes in a line of indicators", allowed: MAX_LINE });
            }
            let place = || format!("line {number}");
            let Ok(text) = str::from_utf8(&line) else {
                self.skip(place, "not UTF-8; save the file as UTF-8");
                continue;
            };
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() || text.starts_with('#') || text.starts_with("//") {
                continue;
            }
            match &columns {
                Some(columns) => self.row(place, columns, text),
                None => match Columns::of(text) {
                    Some(found) => columns = Some(found),
                    None => self.plain(place, text),
                },
            }
        }
    }

    /// A line of a list: an indicator, and perhaps a remark.
    fn plain(&mut self, place: impl Fn() -> String, text: &str) {
        let value = text.split(" #").next().unwrap_or(text).trim().trim_matches(['"', '\'', ',']);
        let attributes = self.otherwise.clone();
        match kind_of(value) {
            Some(kind) => self.add(place, kind, value, &attributes),
            None => self
                .skip(place, "no indicator of a known kind; leave the line out, or say its kind in a table"),
        }
    }

    fn row(&mut self, place: impl Fn() -> String, columns: &Columns, text: &str) {
        let record = split_csv(text);
        let cell = |at: Option<usize>| {
            at.and_then(|at| record.get(at)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
        };
        let Some(value) = cell(Some(columns.value)) else {
            return self.skip(place, "the row has no value; complete it, or leave it out");
        };
        let kind = match cell(columns.kind) {
            Some(name) => kind_named(name),
            None => kind_of(value),
        };
        let Some(kind) = kind else {
            return self.skip(place, "no indicator of a known kind; leave the row out");
        };
        let mut attributes = self.otherwise.clone();
        if let Some(confidence) = cell(columns.confidence).and_then(|cell| cell.parse().ok()) {
            attributes.confidence = confidence;
        }
        if let Some(source) = cell(columns.source) {
            attributes.source = source.into();
        }
        attributes.first_seen = cell(columns.first_seen).and_then(seconds).or(attributes.first_seen);
        attributes.last_seen = cell(columns.last_seen).and_then(seconds).or(attributes.last_seen);
        self.add(place, kind, value, &attributes);
    }

    fn json(&mut self, path: &Path, file: File) -> Result<(), Error> {
        let length = file.metadata().map_err(Error::io("reading indicators failed", path))?.len();
        if length > MAX_JSON {
            return Err(Error::Limit { what: "bytes of JSON in a file of indicators", allowed: MAX_JSON });
        }
        let mut bytes = Vec::with_capacity(length as usize);
        file.take(MAX_JSON).read_to_end(&mut bytes).map_err(Error::io("reading indicators failed", path))?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        // Its message would repeat the text that it did not expect.
        let value: Value = serde_json::from_slice(bytes).map_err(|error| Error::Damaged {
            media_type: "file of indicators",
            problem: format!("no JSON from line {} column {} on", error.line(), error.column()),
        })?;
        if value["type"] == "bundle" || value["objects"].is_array() {
            for (at, object) in array(&value["objects"]).iter().enumerate() {
                if object["type"] == "indicator" {
                    self.stix(at, object);
                }
            }
            return Ok(());
        }
        let events = if let Some(events) = value.as_array() { events } else { array(&value["response"]) };
        let mut attributes: Vec<&Value> = Vec::new();
        for event in events.iter().chain([&value]) {
            let event = if event["Event"].is_object() { &event["Event"] } else { event };
            attributes.extend(array(&event["Attribute"]));
            attributes.extend(array(&event["Object"]).iter().flat_map(|object| array(&object["Attribute"])));
        }
        if attributes.is_empty() && !events.iter().chain([&value]).any(|event| event["Event"].is_object()) {
            return Err(Error::Damaged {
                media_type: "file of indicators",
                problem: "JSON, but neither a STIX bundle nor a MISP event".into(),
            });
        }
        for (at, attribute) in attributes.into_iter().enumerate() {
            self.misp(at, attribute);
        }
        Ok(())
    }

    fn stix(&mut self, at: usize, object: &Value) {
        let place = || format!("objects[{at}]");
        if object["revoked"] == true {
            return self.skip(place, "revoked");
        }
        let Some(pattern) = object["pattern"]
            .as_str()
            .filter(|_| object["pattern_type"].as_str().unwrap_or("stix") == "stix")
        else {
            return self.skip(place, "the pattern is not in STIX's language; convert it");
        };
        let mut attributes = self.otherwise.clone();
        if let Some(confidence) = object["confidence"].as_u64() {
            attributes.confidence = confidence.min(100) as u8;
        }
        attributes.first_seen = object["valid_from"].as_str().and_then(seconds).or(attributes.first_seen);
        attributes.last_seen =
            object["modified"].as_str().and_then(seconds).or(attributes.first_seen).or(attributes.last_seen);
        if let (Some(until), Some(last)) =
            (object["valid_until"].as_str().and_then(seconds), attributes.last_seen)
        {
            attributes.ttl = Some(until.saturating_sub(last));
        }
        let compared = comparisons(pattern);
        if compared.is_empty() {
            self.skip(
                place,
                "the pattern compares no observable of a known kind for equality; add its value to a list",
            );
        }
        for (kind, value) in compared {
            self.add(place, kind, &value, &attributes);
        }
    }

    fn misp(&mut self, at: usize, attribute: &Value) {
        let place = || format!("Attribute[{at}]");
        let (Some(name), Some(value)) = (attribute["type"].as_str(), attribute["value"].as_str()) else {
            return self.skip(place, "an attribute has no type or no value; complete it, or leave it out");
        };
        let mut attributes = self.otherwise.clone();
        let time = |key: &str| match &attribute[key] {
            Value::String(text) => seconds(text),
            Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
            _ => None,
        };
        attributes.first_seen = time("first_seen").or(time("timestamp")).or(attributes.first_seen);
        attributes.last_seen = time("last_seen").or(time("timestamp")).or(attributes.last_seen);
        let mut any = false;
        // `filename|md5`: one attribute, two indicators.
        for (name, value) in name.split('|').zip(value.split('|')) {
            if let Some(kind) = kind_named(name)
                .or_else(|| (name == "ip-src" || name == "ip-dst").then(|| kind_of(value)).flatten())
            {
                self.add(place, kind, value, &attributes);
                any = true;
            }
        }
        if !any {
            self.skip(place, "an attribute of another kind");
        }
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The columns of a table, by their names in its first row.
struct Columns {
    value: usize,
    kind: Option<usize>,
    confidence: Option<usize>,
    source: Option<usize>,
    first_seen: Option<usize>,
    last_seen: Option<usize>,
}

impl Columns {
    fn of(header: &str) -> Option<Self> {
        let names: Vec<String> = split_csv(header)
            .iter()
            .map(|name| name.trim().to_ascii_lowercase().replace([' ', '-'], "_"))
            .collect();
        let find =
            |wanted: &[&str]| wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted));
        Some(Self {
            value: find(&["value", "indicator", "ioc", "ioc_value", "observable"])?,
            kind: find(&["kind", "type", "ioc_type", "indicator_type"]),
            confidence: find(&["confidence", "confidence_level"]),
            source: find(&["source", "feed", "reporter"]),
            first_seen: find(&["first_seen", "first_seen_utc", "created"]),
            last_seen: find(&["last_seen", "last_seen_utc", "modified"]),
        })
    }
}

/// The cells of one row, quotes undone.
fn split_csv(row: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The kind that a whole value has by its shape.
fn kind_of(value: &str) -> Option<IocKind> {
    let found = Extractor::default().with_benign_kept(true).extract(value);
    let by_shape =
        found.into_iter().find(|ioc| ioc.span.start == 0 && ioc.span.end == value.len()).map(|ioc| ioc.kind);
    // A list of domains may hold such as look like files: it would not list files by two labels.
    by_shape.or_else(|| {
        Iocs::default().add(IocKind::Domain, value, &Attributes::default()).ok().map(|_| IocKind::Domain)
    })
}

/// The kind that a feed means.
fn kind_named(name: &str) -> Option<IocKind> {
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    Some(match name.as_str() {
        "ip" | "ipv4-addr" | "ipv4" | "ip-v4" => IocKind::Ipv4,
        "ipv6-addr" | "ip-v6" => IocKind::Ipv6,
        "network" | "cidr" | "netblock" => IocKind::Cidr,
        "domain" | "domain-name" | "hostname" | "fqdn" | "host" => IocKind::Domain,
        "uri" | "link" => IocKind::Url,
        "email-addr" | "email-src" | "email-dst" | "mail" => IocKind::Email,
        "md5-hash" | "filehash-md5" => IocKind::Md5,
        "sha1-hash" | "sha-1" | "filehash-sha1" => IocKind::Sha1,
        "sha256-hash" | "sha-256" | "filehash-sha256" => IocKind::Sha256,
        "sha-512" | "filehash-sha512" => IocKind::Sha512,
        "vulnerability" => IocKind::Cve,
        "file-name" | "file" => IocKind::FileName,
        "btc" => IocKind::Wallet,
        "mitre-technique" => IocKind::Technique,
        other => return other.parse().ok(),
    })
}

/// Seconds since 1970, given so or as a time stamp. A time without a zone is taken for UTC.
fn seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    let parsed = text.parse::<i64>().ok().or_else(|| {
        let zoned = text.parse::<Timestamp>().ok();
        let civil = || {
            text.parse::<jiff::civil::DateTime>()
                .ok()?
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()
                .map(|at| at.timestamp())
        };
        zoned.or_else(civil).map(Timestamp::as_second)
    })?;
    u32::try_from(parsed).ok()
}

/// The observables that a STIX pattern compares for equality: `[file:hashes.'SHA-256' = '...' OR domain-name:value = '...']`.
fn comparisons(pattern: &str) -> Vec<(IocKind, String)> {
    let mut found = Vec::new();
    let mut rest = pattern;
    while let Some(equals) = rest.find('=') {
        let left = rest[..equals].trim_end();
        // An object path runs back to a bracket or a space that is not inside quotes.
        let mut quoted = false;
        let start = left
            .char_indices()
            .rev()
            .find(|&(_, c)| {
                quoted ^= c == '\'';
                !quoted && (c == '[' || c == '(' || c.is_whitespace())
            })
            .map_or(0, |(at, c)| at + c.len_utf8());
        let path = &left[start..];
        let right = rest[equals + 1..].trim_start();
        let Some(literal) = right.strip_prefix('\'') else {
            rest = &rest[equals + 1..];
            continue;
        };
        let mut value = String::new();
        let mut escaped = false;
        let mut end = literal.len();
        for (at, c) in literal.char_indices() {
            match c {
                '\\' if !escaped => escaped = true,
                '\'' if !escaped => {
                    end = at + 1;
                    break;
                }
                _ => {
                    value.push(c);
                    escaped = false;
                }
            }
        }
        if !left.ends_with(['!', '<', '>'])
            && let Some(kind) = observable(path, &value)
        {
            found.push((kind, value));
        }
        rest = &literal[end..];
    }
    found
}

fn observable(path: &str, value: &str) -> Option<IocKind> {
    let (object, property) = path.split_once(':')?;
    match (object, property) {
        ("ipv4-addr" | "ipv6-addr", "value") if value.contains('/') => Some(IocKind::Cidr),
        ("ipv4-addr", "value") => Some(IocKind::Ipv4),
        ("ipv6-addr", "value") => Some(IocKind::Ipv6),
        ("domain-name", "value") => Some(IocKind::Domain),
        ("url", "value") => Some(IocKind::Url),
        ("email-addr", "value") | ("email-message", "from_ref.value" | "sender_ref.value") => {
            Some(IocKind::Email)
        }
        ("file", "name") => Some(IocKind::FileName),
        (_, property) => {
            let algorithm =
                property.strip_prefix("hashes.").or_else(|| property.strip_prefix("content_ref.hashes."))?;
            kind_named(algorithm.trim_matches(['\'', '"']))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn load(content: &str) -> (Iocs, FeedReport) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("feed.txt");
        std::fs::write(&path, content).unwrap();
        let mut known = Iocs::default();
        let report = load_iocs(&path, &mut known, &Attributes::default()).unwrap();
        (known, report)
    }

    #[test]
    fn a_plain_list_has_kinds_by_shape() {
        let (known, report) = load(
            "\u{feff}# a feed\n203.0.113[.]7\n\nevil.co.uk # seen twice\n203.0.113.0/24\nnot an indicator\nmain.rs\n203.0.113.7\n",
        );
        assert_eq!((report.added, report.updated, report.skipped), (4, 1, 1));
        assert_eq!(report.faults[0].0, "line 6");
        assert_eq!(&*known.get(IocKind::Ipv4, "203.0.113.7").unwrap().source, "feed.txt");
    }

    #[test]
    fn a_table_says_more() {
        let (known, report) = load(
            "first_seen,type,value,confidence,source\n2024-01-02 03:04:05,domain,\"evil.co.uk\",90,abuse\n,md5,xyz,,\n1700000000,ip,203.0.113.7,,\n",
        );
        assert_eq!((report.added, report.skipped), (2, 1));
        let domain = known.get(IocKind::Domain, "evil.co.uk").unwrap();
        assert_eq!(
            (&*domain.source, domain.confidence, domain.first_seen),
            ("abuse", 90, Some(1_704_164_645))
        );
        assert_eq!(known.get(IocKind::Ipv4, "203.0.113.7").unwrap().first_seen, Some(1_700_000_000));
    }

    #[test]
    fn a_stix_bundle_is_read_by_its_patterns() {
        let (known, report) = load(
            r#"{"type": "bundle", "objects": [
                {"type": "identity", "name": "x"},
                {"type": "indicator", "pattern_type": "stix", "confidence": 80, "valid_from": "2024-01-01T00:00:00Z",
                 "valid_until": "2024-01-02T00:00:00Z",
                 "pattern": "[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' OR file:name = 'a\\'b.exe'] AND [domain-name:value='evil.co.uk']"},
                {"type": "indicator", "pattern_type": "stix", "pattern": "[ipv4-addr:value != '203.0.113.7']"},
                {"type": "indicator", "pattern_type": "yara", "pattern": "rule x {}"}]}"#,
        );
        assert_eq!((report.added, report.skipped), (3, 2), "{report:?}");
        let domain = known.get(IocKind::Domain, "evil.co.uk").unwrap();
        assert_eq!((domain.confidence, domain.ttl), (80, Some(86_400)));
        assert!(known.get(IocKind::FileName, "A'B.exe").is_some());
        assert!(known.get(IocKind::Ipv4, "203.0.113.7").is_none());
    }

    #[test]
    fn a_misp_event_is_read_with_its_objects() {
        let (known, report) = load(
            r#"{"Event": {"Attribute": [
                {"type": "ip-dst", "value": "2001:db8::7", "timestamp": "1700000000"},
                {"type": "filename|md5", "value": "run.exe|d41d8cd98f00b204e9800998ecf8427e"},
                {"type": "comment", "value": "x"}],
              "Object": [{"Attribute": [{"type": "domain", "value": "evil.co.uk"}]}]}}"#,
        );
        assert_eq!((report.added, report.skipped), (4, 1), "{report:?}");
        assert_eq!(known.get(IocKind::Ipv6, "2001:db8::7").unwrap().last_seen, Some(1_700_000_000));
    }

    #[test]
    fn what_is_no_feed_is_refused_without_repeating_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("feed.json");
        for content in ["{\"password\": \"hunter2\"", "{\"secret\": \"hunter2\"}", "[1, 2]"] {
            std::fs::write(&path, content).unwrap();
            let error =
                load_iocs(&path, &mut Iocs::default(), &Attributes::default()).unwrap_err().to_string();
            assert!(!error.contains("hunter2") && error.contains("indicators"), "{error}");
        }
        std::fs::write(&path, Iocs::default().to_bytes()).unwrap();
        let error = load_iocs(&path, &mut Iocs::default(), &Attributes::default()).unwrap_err();
        assert!(error.to_string().contains("open_iocs"), "{error}");
        let missing = load_iocs(&folder.path().join("none"), &mut Iocs::default(), &Attributes::default());
        assert!(missing.unwrap_err().to_string().contains("none"));
    }
}
