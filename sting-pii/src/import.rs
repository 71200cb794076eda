//! Patterns in the exchange format of pattern catalogs: a JSON array, or an object with `patterns`.

use crate::catalog::{Boundary, Extent, Group};
use crate::{Detector, Error, Risk, ScrubConfig, Scrubber};
use serde_json::{Map, Value};

/// Most patterns in one file.
const MAX_PATTERNS: usize = 10_000;
/// Longest value of a pattern that sets no bound itself, in bytes.
const UNBOUNDED: usize = 512;

const CATEGORIES: &[&str] = &["personal", "medical", "legal", "financial", "contact"];
const FRAMEWORKS: &[&str] = &["hipaa", "gdpr", "pci_dss", "legal", "custom"];
const SEVERITIES: &[&str] = &["critical", "high", "medium", "low"];

/// Patterns that were read from JSON, each as a detector that has been tried out.
///
/// The JSON is an array of patterns, or an object whose `patterns` is one. A pattern has `name`, `pattern`,
/// `description`, `category` (personal, medical, legal, financial, contact), `framework` (hipaa, gdpr,
/// pci_dss, legal, custom) and `severity` (critical, high, medium, low); it may have `confidence` (0.9),
/// `enabled` (true), `examples` and `tags`. Every example must be matched as a whole, or from `«` to `»`
/// if it has these marks; a regular expression must run in linear time and match at least one byte.
///
/// ```
/// use sting_pii::{PatternSet, ScrubConfig, Scrubber};
/// let set = PatternSet::read(r#"[{"name": "Case File", "pattern": "CF-\\d{4}-[A-Z]{2}", "description": "",
///     "category": "legal", "framework": "custom", "severity": "high", "examples": ["CF-2041-XK"]}]"#)?;
/// assert_eq!((set.detectors().len(), set.problems().len()), (1, 0));
/// let scrubber = Scrubber::new(ScrubConfig::default().with_patterns(set)?)?;
/// assert_eq!(scrubber.scrub("see CF-1234-AB")?.text.get(), "see [CASE_FILE]");
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct PatternSet {
    detectors: Vec<Detector>,
    problems: Vec<Error>,
    disabled: usize,
}

impl PatternSet {
    /// Reads patterns, and tries each out on its own examples.
    ///
    /// # Errors
    /// [`Error::Config`] if the text is not JSON of this form. What is wrong with a single pattern is in
    /// [`PatternSet::problems`].
    pub fn read(json: &str) -> Result<Self, Error> {
        let fault = |problem: &str| {
            Error::config("patterns", problem, "give an array of patterns, or {\"patterns\": [..]}")
        };
        let value: Value = serde_json::from_str(json)
            .map_err(|error| fault(&format!("invalid JSON in line {}", error.line())))?;
        let mut set = Self::default();
        let patterns = match value {
            Value::Array(patterns) => patterns,
            Value::Object(mut object) => {
                for part in ["compliance_profiles", "custom_rules"] {
                    let given =
                        object.get(part).and_then(Value::as_array).is_some_and(|rows| !rows.is_empty());
                    if given {
                        let mend = "set profiles and actions in the configuration";
                        set.problems.push(Error::config(part, "it is not imported", mend));
                    }
                }
                match object.remove("patterns") {
                    Some(Value::Array(patterns)) => patterns,
                    _ => return Err(fault("there is no array of patterns")),
                }
            }
            _ => return Err(fault("it is neither an array nor an object")),
        };
        if patterns.len() > MAX_PATTERNS {
            return Err(fault("there are more than 10,000"));
        }
        for (index, pattern) in patterns.iter().enumerate() {
            match read_pattern(index, pattern) {
                Ok(Some(row)) if set.detectors.iter().any(|known| known.kind == row.kind) => {
                    set.problems.push(Error::detector(row.kind, "two patterns have this name", "rename one"));
                }
                Ok(Some(row)) => set.detectors.push(row),
                Ok(None) => set.disabled += 1,
                Err(error) => set.problems.push(error),
            }
        }
        Ok(set)
    }

    /// Detectors of the patterns that are in order and enabled.
    pub fn detectors(&self) -> &[Detector] {
        &self.detectors
    }

    /// What is wrong with the others, and what of the file is not read.
    pub fn problems(&self) -> &[Error] {
        &self.problems
    }

    /// How many patterns say that they are not enabled.
    pub fn disabled(&self) -> usize {
        self.disabled
    }

    /// The detectors, if nothing is wrong with any pattern.
    ///
    /// # Errors
    /// The first problem.
    pub fn into_detectors(self) -> Result<Vec<Detector>, Error> {
        match self.problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(self.detectors),
        }
    }
}

impl ScrubConfig {
    /// Adds the detectors of a set of patterns.
    ///
    /// # Errors
    /// As [`PatternSet::into_detectors`]: a pattern that cannot be used is never left out in silence.
    pub fn with_patterns(self, patterns: PatternSet) -> Result<Self, Error> {
        Ok(self.with_custom(patterns.into_detectors()?))
    }
}

/// The detector of a pattern; none if it is not enabled.
fn read_pattern(index: usize, pattern: &Value) -> Result<Option<Detector>, Error> {
    let place = format!("patterns[{index}]");
    let fault =
        |field: &str, problem: &str, mend: &str| Error::detector(&place, format!("{field} {problem}"), mend);
    let object = pattern.as_object().ok_or_else(|| fault("it", "is not an object", "give an object"))?;
    let text = |field: &str| {
        text_of(object, field).ok_or_else(|| fault(field, "is missing or no text", "give a text"))
    };
    let one_of = |field: &str, allowed: &[&str]| {
        let value = text(field)?;
        allowed
            .iter()
            .find(|known| known.eq_ignore_ascii_case(value))
            .map(|known| (*known).to_owned())
            .ok_or_else(|| {
                fault(field, "is none of those known", &format!("use one of {}", allowed.join(", ")))
            })
    };
    let name = text("name")?;
    let kind = kind_of(name).ok_or_else(|| fault("name", "has no letter", "give a name"))?;
    text("description")?;
    let (category, framework) = (one_of("category", CATEGORIES)?, one_of("framework", FRAMEWORKS)?);
    let risk = match one_of("severity", SEVERITIES)?.as_str() {
        "low" => Risk::Low,
        "medium" => Risk::Medium,
        _ => Risk::High,
    };
    let confidence = match object.get("confidence") {
        None => 0.9,
        Some(value) => value
            .as_f64()
            .filter(|share| *share > 0.0 && *share <= 1.0)
            .ok_or_else(|| fault("confidence", "is not in (0, 1]", "0.9 suits most patterns"))?,
    };
    let mut tags = vec![category, framework];
    tags.extend(texts_of(object, "tags").ok_or_else(|| fault("tags", "is no list of texts", "give a list"))?);
    let examples = texts_of(object, "examples")
        .ok_or_else(|| fault("examples", "is no list of texts", "give a list"))?;
    let pattern = text("pattern")?;
    let row = Detector {
        max_len: longest(pattern),
        pattern: pattern.to_owned(),
        name: name.to_owned(),
        group: Group::Scan,
        boundary: Boundary::Alnum,
        extent: Extent::Match,
        score: (confidence as f32).min(0.999),
        tags,
        risk,
        examples: examples
            .into_iter()
            .map(|text| if text.contains('«') { text } else { format!("«{text}»") })
            .collect(),
        ..Detector::of_kind(kind)
    };
    if object.get("enabled").and_then(Value::as_bool) == Some(false) {
        return Ok(None);
    }
    let alone = ScrubConfig::default().with_entities(Vec::<String>::new()).with_custom(vec![row.clone()]);
    Scrubber::new(alone)?;
    Ok(Some(row))
}

fn text_of<'v>(object: &'v Map<String, Value>, field: &str) -> Option<&'v str> {
    object.get(field).and_then(Value::as_str)
}

/// A list of texts; empty if the field is absent.
fn texts_of(object: &Map<String, Value>, field: &str) -> Option<Vec<String>> {
    let Some(value) = object.get(field) else { return Some(Vec::new()) };
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

/// `Case File No.` is the kind `case_file_no`.
fn kind_of(name: &str) -> Option<String> {
    let words: Vec<_> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("_").to_lowercase())
}

/// Bytes of the longest match.
fn longest(pattern: &str) -> usize {
    let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
    let longest = parsed.ok().and_then(|hir| hir.properties().maximum_len());
    longest.unwrap_or(UNBOUNDED).clamp(1, 8 * 1024)
}

#[cfg(test)]
mod tests {
    use super::PatternSet;

    fn one(fields: &str) -> PatternSet {
        PatternSet::read(&format!(
            r#"{{"version": "1", "patterns": [{{"name": "Badge", "pattern": "EMP-\\d{{6}}", "description": "d",
                "category": "personal", "framework": "custom", "severity": "low"{fields}}}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn patterns_are_tried_out() {
        let set = one(
            r#", "confidence": 0.8, "examples": ["EMP-004711", "badge «EMP-004711» of"], "tags": ["hr"]"#,
        );
        assert_eq!((set.detectors().len(), set.problems().len()), (1, 0));
        assert_eq!(set.detectors()[0].max_len, 10);
        assert_eq!(one(r#", "enabled": false"#).disabled(), 1);
    }

    #[test]
    fn faults_are_told() {
        for fields in [
            r#", "examples": ["EMP-47"]"#,
            r#", "examples": ["EMP-004711 and more"]"#,
            r#", "examples": "EMP-004711""#,
            r#", "confidence": 7"#,
            r#", "pattern": "(a+)\\1""#,
            r#", "pattern": "a*""#,
            r#", "pattern": "(?=x)""#,
            r#", "category": "other""#,
            r#", "severity": 3"#,
            r#", "name": "--""#,
        ] {
            let set = one(fields);
            assert_eq!((set.detectors().len(), set.problems().len()), (0, 1), "{fields}");
            assert_eq!(set.problems()[0].code(), "detector", "{fields}");
            assert!(set.into_detectors().is_err());
        }
        for json in ["", "3", "{}", "[1, {}]"] {
            assert!(PatternSet::read(json).map_or(true, |set| !set.problems().is_empty()), "{json}");
        }
    }
}
