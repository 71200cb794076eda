//! Detectors are data: one row each, with the examples that prove it.
//!
//! The built-in rows are `catalog/*.toml`; a caller's own rows have the same schema and go through
//! the same checks.

use crate::{Error, Risk};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// One row of the catalog: how one shape of one kind of private data is recognised.
///
/// ```
/// let row: sting_pii::Detector = serde_json::from_str(r#"{
///     "kind": "employee_id", "name": "Employee number", "pattern": "EMP-[0-9]{6}", "max_len": 10,
///     "examples": ["badge «EMP-004711»"]
/// }"#).unwrap();
/// assert_eq!(row.kind, "employee_id");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// What is found: `us_ssn`. Several rows may find the same kind.
    pub kind: String,
    /// Name of this row; the kind if empty.
    #[serde(default)]
    pub id: String,
    /// In words.
    pub name: String,
    /// What in a text makes it worth trying this row.
    #[serde(default)]
    pub group: Group,
    /// Regular expression of the whole value, in ASCII mode, without look-around: the borders are
    /// `boundary`'s.
    pub pattern: String,
    /// Longest value in bytes. Longer ones do not match.
    pub max_len: usize,
    /// What may stand next to the value.
    #[serde(default)]
    pub boundary: Boundary,
    /// How far a value goes on behind what the pattern matched.
    #[serde(default)]
    pub extent: Extent,
    /// Literals, in any case, just before the value, for [`Group::Lead`].
    #[serde(default)]
    pub lead: Vec<String>,
    /// How many bytes before the literal of `lead` the value begins, where the literal is a part of it.
    #[serde(default)]
    pub lead_back: usize,
    /// Names of keys whose value this is: `password` also covers `dbPassword` and `db.password`;
    /// `adobe *` covers every key with that word in it.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Name of a test that the value must pass.
    #[serde(default)]
    pub validator: Option<String>,
    /// Probability that text of this shape is what the row says, before any other evidence.
    #[serde(default = "even_odds")]
    pub score: f32,
    /// True for a shape so common that it counts only with context or under a key that names it.
    #[serde(default)]
    pub weak: bool,
    /// Words and phrases that speak for it when near by.
    #[serde(default)]
    pub context: Vec<String>,
    /// Words and phrases that speak against it when near by.
    #[serde(default)]
    pub avoid: Vec<String>,
    /// Country or language, as `us` or `de`; empty if it is the same everywhere.
    #[serde(default)]
    pub locale: String,
    /// Groups that profiles select by: `contact`, `financial`, `medical`, `secret`, ...
    #[serde(default)]
    pub tags: Vec<String>,
    /// Other names by which users know the kind.
    #[serde(default)]
    pub alias: Vec<String>,
    /// How private it is.
    #[serde(default)]
    pub risk: Risk,
    /// False for a kind that is found only if asked for by name or by a profile.
    #[serde(default = "yes")]
    pub default: bool,
    /// Texts with the value between `«` and `»`.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Texts in which this kind must not be found.
    #[serde(default)]
    pub counter_examples: Vec<String>,
}

/// What in a text makes it worth trying a detector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// A word that begins with a digit, or with at most eight letters and then a digit; `+` and
    /// `(` before it belong to it.
    Id,
    /// An `@`, with the word before it.
    At,
    /// `://`, with the scheme before it.
    Url,
    /// A run of at least twelve letters, digits and `_-./+=`; cheapest if three known bytes begin it.
    Prefix,
    /// The value behind a key: `key=value`, `"key": "value"`.
    Key,
    /// What follows a literal.
    Lead,
    /// A name in running text. Found by the model of names and not by a pattern, which is empty; only
    /// rows of the built-in catalog may be of this group.
    Name,
    /// Wherever the pattern can begin. Costs the most, and needs nothing of the pattern.
    #[default]
    Scan,
}

/// What may stand next to a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// No letter and no digit.
    #[default]
    Alnum,
    /// No letter, digit or `_`.
    Word,
    /// No letter and no digit, nor `.`, `-` or `/` with a digit behind it: part of a longer number.
    Number,
    /// As `number`, nor `:` or `-` with another group of hexadecimal digits.
    Hex,
    /// No letter or digit before, no letter, digit, `_`, `-`, `+` or `~` behind.
    Token,
    /// Anything.
    None,
}

/// How far a value goes on behind what its pattern matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Not at all.
    #[default]
    Match,
    /// To the end of a run of base64 (either alphabet), `.` and `%`.
    Token,
    /// Through the lines of a PEM block and its end line.
    Pem,
    /// To the closing quote if the value stands in quotes, else to white space, a quote or one of
    /// `,;&<>()\`.
    Quoted,
}

const fn yes() -> bool {
    true
}

const fn even_odds() -> f32 {
    0.5
}

impl Detector {
    /// A row without a pattern, in which everything has its default.
    pub(crate) fn of_kind(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: String::new(),
            name: String::new(),
            group: Group::Scan,
            pattern: String::new(),
            max_len: 0,
            boundary: Boundary::Alnum,
            extent: Extent::Match,
            lead: Vec::new(),
            lead_back: 0,
            keys: Vec::new(),
            validator: None,
            score: even_odds(),
            weak: false,
            context: Vec::new(),
            avoid: Vec::new(),
            locale: String::new(),
            tags: Vec::new(),
            alias: Vec::new(),
            risk: Risk::Medium,
            default: true,
            examples: Vec::new(),
            counter_examples: Vec::new(),
        }
    }

    /// Its id: what was given, or the kind.
    pub fn id(&self) -> &str {
        if self.id.is_empty() { &self.kind } else { &self.id }
    }
}

/// The built-in rows.
pub fn builtin() -> &'static [Detector] {
    static ROWS: OnceLock<Vec<Detector>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let json = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));
        serde_json::from_str(json).unwrap_or_else(|error| panic!("built-in catalog: {error}"))
    })
}

/// Every kind of the built-in catalog, sorted.
pub fn kinds() -> Vec<&'static str> {
    let kinds: BTreeSet<_> = builtin().iter().map(|row| row.kind.as_str()).collect();
    kinds.into_iter().collect()
}

/// The kind that a user means by `name`: a kind or one of its other names, in any case.
pub(crate) fn resolve_kind<'a>(rows: &'a [Detector], name: &str) -> Result<&'a str, Error> {
    rows.iter()
        .find(|row| {
            row.kind.eq_ignore_ascii_case(name)
                || row.alias.iter().any(|alias| alias.eq_ignore_ascii_case(name))
        })
        .map(|row| row.kind.as_str())
        .ok_or_else(|| Error::config("kind", format!("no kind is named {name:?}"), "see sting_pii::kinds()"))
}

#[cfg(test)]
mod tests {
    use super::{Detector, builtin};
    use crate::ScrubConfig;
    use crate::detect::Engine;
    use crate::names::NameFinder;
    use crate::scrub::unmark;
    use std::collections::{BTreeSet, HashMap};
    use std::fs;

    #[derive(serde::Deserialize)]
    struct File {
        detector: Vec<Detector>,
    }

    fn rows_with_examples() -> Vec<Detector> {
        let mut paths: Vec<_> = fs::read_dir("catalog").unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read =
            |path: &std::path::PathBuf| toml::from_str::<File>(&fs::read_to_string(path).unwrap()).unwrap();
        paths.iter().flat_map(|path| read(path).detector).collect()
    }

    #[test]
    fn ids_are_unique_and_kinds_have_one_meaning() {
        let mut ids = BTreeSet::new();
        let mut names: HashMap<String, &str> = HashMap::new();
        for row in builtin() {
            assert!(ids.insert(row.id()), "{} twice", row.id());
            let plain =
                |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            assert!(plain(&row.kind) && row.id().starts_with(&row.kind), "{}", row.id());
            for alias in &row.alias {
                let meant = names.entry(alias.to_ascii_lowercase()).or_insert(&row.kind);
                assert_eq!(*meant, row.kind, "{alias}");
            }
        }
    }

    #[test]
    fn every_row_finds_its_examples_and_not_its_counter_examples() {
        let rows = rows_with_examples();
        let engine = Engine::new(&rows.iter().collect::<Vec<_>>(), &BTreeSet::new(), 0.5).unwrap();
        let names = NameFinder::new(&ScrubConfig::default(), &rows, 0.5).unwrap().unwrap();
        let mut faults = Vec::new();
        for row in &rows {
            let found = |text: &str| {
                let mut found = Vec::new();
                engine.candidates(text.as_bytes(), 0..text.len(), None, &mut found);
                names.candidates(text.as_bytes(), 0..text.len(), None, &mut found).unwrap();
                found
            };
            if row.examples.is_empty() || row.counter_examples.is_empty() {
                faults.push(format!("{}: needs examples and counter-examples", row.id()));
            }
            for marked in &row.examples {
                let (text, span) = unmark(marked).unwrap();
                if !found(&text)
                    .iter()
                    .any(|c| *engine.rules[c.rule as usize].id == *row.id() && c.span == span)
                {
                    faults.push(format!("{}: not found: {marked}", row.id()));
                }
            }
            for text in &row.counter_examples {
                if found(text).iter().any(|c| *engine.rules[c.rule as usize].kind == *row.kind) {
                    faults.push(format!("{}: found: {text}", row.id()));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
