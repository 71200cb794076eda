//! Choices of detectors for a kind of text, and an account of what was taken out of many.

use crate::catalog::{Detector, builtin};
use crate::{Action, Error, Key, Risk, ScrubResult};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What a finding is a matter of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DataGroup {
    /// Passwords, keys and tokens.
    Credentials,
    /// What says something of a person.
    Pii,
    /// Addresses of machines.
    Network,
    /// Credentials of databases and other services, in their addresses.
    Database,
    /// Tokens and sessions of the platform that a program runs on.
    Platform,
}

impl DataGroup {
    /// The group of a kind of the catalog; kinds that it does not have are personal.
    pub fn of(kind: &str) -> Self {
        let row = builtin().iter().find(|row| row.kind == kind);
        row.map_or(Self::Pii, Self::of_row)
    }

    fn of_row(row: &Detector) -> Self {
        let tagged = |tag: &str| row.tags.iter().any(|t| t == tag);
        let named = |part: &str| row.kind.contains(part);
        if tagged("secret") {
            match row.kind.as_str() {
                "url_credentials" => Self::Database,
                _ if named("vault_") || named("session") => Self::Platform,
                _ => Self::Credentials,
            }
        } else if tagged("network") {
            Self::Network
        } else {
            Self::Pii
        }
    }
}

/// Which groups are looked for in which sort of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preset {
    /// Lines of logs: all but addresses of databases, which logs hold as credentials in URLs anyway.
    Logs,
    /// Files of settings: secrets, and no addresses of people or machines.
    Config,
    /// Requests and answers.
    Api,
    /// Dumps, queries and their results.
    Database,
    /// Everything.
    General,
}

impl Preset {
    /// Names of all presets.
    pub const NAMES: [&str; 5] = ["logs", "config", "api", "database", "general"];

    /// What is looked for.
    pub const fn groups(self) -> &'static [DataGroup] {
        use DataGroup::{Credentials, Database, Network, Pii, Platform};
        match self {
            Self::Config => &[Credentials, Database, Platform],
            Self::Api => &[Credentials, Pii, Network, Database],
            Self::Database => &[Credentials, Database, Pii],
            Self::Logs | Self::General => &[Credentials, Pii, Network, Database, Platform],
        }
    }

    /// The preset for a file, by the words of its path.
    ///
    /// ```
    /// use sting_pii::Preset;
    /// assert_eq!(Preset::for_path("/var/log/app/api.log"), Preset::Logs);
    /// assert_eq!(Preset::for_path("deploy/values.yml"), Preset::Config);
    /// assert_eq!(Preset::for_path("notes.txt"), Preset::General);
    /// ```
    pub fn for_path(path: &str) -> Self {
        let lower = path.to_lowercase();
        let has =
            |words: &[&str]| lower.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
        if has(&["log", "logs"]) {
            Self::Logs
        } else if has(&["config", "conf", "cfg", "yml", "yaml", "ini", "env", "toml"]) {
            Self::Config
        } else if has(&["sql", "db", "database", "dump"]) {
            Self::Database
        } else if has(&["api", "request", "requests", "response"]) {
            Self::Api
        } else {
            Self::General
        }
    }

    pub(crate) fn includes(self, row: &Detector) -> bool {
        self.groups().contains(&DataGroup::of_row(row))
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        serde_json::from_value(serde_json::Value::from(name)).map_err(|_| {
            let mend = format!("use one of {}", Self::NAMES.join(", "));
            Error::config("preset", format!("no preset is named {name:?}"), mend)
        })
    }
}

/// An account of what was taken out of any number of texts. All counts are exact. It holds no text.
///
/// ```
/// use sting_pii::{Audit, ScrubConfig, Scrubber};
/// let scrubber = Scrubber::new(ScrubConfig::default())?;
/// let text = "jane@example.org from 192.0.2.7, jane@example.org";
/// let mut audit = Audit::default();
/// let one = audit.add(text, &scrubber.scrub(text)?);
/// assert_eq!((one.bytes_redacted, one.patterns_matched.values().sum::<u64>()), (41, 3));
/// let report = audit.report();
/// assert_eq!(report.filtering_statistics.pii_instances, 2);
/// # Ok::<(), sting_pii::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Audit {
    key: Option<Key>,
    statistics: Statistics,
    by_kind: BTreeMap<String, u64>,
    references: BTreeMap<(String, String), Reference>,
    sensitivity: BTreeMap<Sensitivity, u64>,
}

/// What was taken out of one text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TextStatistics {
    /// Bytes of the text.
    pub original_size: usize,
    /// Bytes of what came out.
    pub sanitized_size: usize,
    /// Bytes of the text that did not come out.
    pub bytes_redacted: usize,
    /// Findings, by group.
    pub patterns_matched: BTreeMap<DataGroup, u64>,
    /// Share of the bytes that did not come out.
    pub sanitization_effectiveness: f64,
}

/// What was taken out of all texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Texts.
    pub files_processed: u64,
    /// Findings.
    pub patterns_matched: u64,
    /// Bytes that did not come out.
    pub bytes_redacted: u64,
    /// Findings in [`DataGroup::Pii`].
    pub pii_instances: u64,
    /// Findings in [`DataGroup::Credentials`], [`DataGroup::Database`] and [`DataGroup::Platform`].
    pub credential_instances: u64,
    /// Findings in [`DataGroup::Network`].
    pub network_instances: u64,
}

/// A value by its keyed hash: the same value has the same reference, and nobody without the key can try
/// values out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Its group.
    pub vault_category: DataGroup,
    /// Its kind.
    pub field_name: String,
    /// Sixteen hexadecimal digits of HMAC-SHA-256, those of [`Action::Hash`].
    pub hash_value: String,
    /// How private its kind is.
    pub sensitivity_level: Sensitivity,
    /// How often it was found.
    pub occurrences: u64,
}

/// How private a kind is, in the words of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// [`Risk::Low`]
    Low,
    /// [`Risk::Medium`]
    Medium,
    /// [`Risk::High`]
    High,
    /// A secret that opens an account by itself.
    Critical,
}

/// The whole account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditReport {
    /// Sums over all texts.
    pub filtering_statistics: Statistics,
    /// Each value once, if the audit has a key.
    pub vault_references: Vec<Reference>,
    /// Findings, by sensitivity.
    pub sensitivity_breakdown: BTreeMap<Sensitivity, u64>,
    /// Findings, by kind.
    pub category_breakdown: BTreeMap<String, u64>,
    /// What to do about what was found.
    pub recommendations: Vec<String>,
}

impl Audit {
    /// An account that also tells values apart, by their hash under `key`.
    pub fn with_key(key: Key) -> Self {
        Self { key: Some(key), ..Self::default() }
    }

    /// Adds what was taken out of `source`.
    pub fn add(&mut self, source: &str, result: &ScrubResult) -> TextStatistics {
        let taken = result.map.runs().filter(|run| !run.verbatim);
        let mut one = TextStatistics {
            original_size: source.len(),
            sanitized_size: result.text.get().len(),
            bytes_redacted: taken.map(|run| run.source.len()).sum(),
            ..TextStatistics::default()
        };
        one.sanitization_effectiveness = one.bytes_redacted as f64 / one.original_size.max(1) as f64;
        self.statistics.files_processed += 1;
        self.statistics.bytes_redacted += one.bytes_redacted as u64;
        for finding in result.findings.iter().filter(|finding| finding.action != Action::Keep.name()) {
            let group = DataGroup::of(&finding.kind);
            let sensitivity = sensitivity(&finding.kind, group);
            *one.patterns_matched.entry(group).or_default() += 1;
            *self.by_kind.entry(finding.kind.to_string()).or_default() += 1;
            *self.sensitivity.entry(sensitivity).or_default() += 1;
            self.statistics.patterns_matched += 1;
            let instances = match group {
                DataGroup::Pii => &mut self.statistics.pii_instances,
                DataGroup::Network => &mut self.statistics.network_instances,
                _ => &mut self.statistics.credential_instances,
            };
            *instances += 1;
            if let (Some(key), Some(value)) = (&self.key, finding.span.get(source))
                && let Some(hash_value) = hash_of(value, &finding.kind, key)
            {
                let entry = (finding.kind.to_string(), hash_value);
                let reference = self.references.entry(entry).or_insert_with_key(|(kind, hash)| Reference {
                    vault_category: group,
                    field_name: kind.clone(),
                    hash_value: hash.clone(),
                    sensitivity_level: sensitivity,
                    occurrences: 0,
                });
                reference.occurrences += 1;
            }
        }
        one
    }

    /// The account so far.
    pub fn report(&self) -> AuditReport {
        let statistics = &self.statistics;
        let mut recommendations = Vec::new();
        let mut recommend = |count: u64, what: &str| {
            if count > 0 {
                recommendations.push(what.to_owned());
            }
        };
        recommend(
            statistics.credential_instances,
            "change every credential that was found: whoever read the texts before has it",
        );
        recommend(statistics.pii_instances, "stop writing personal data where it is not needed");
        recommend(
            statistics.network_instances,
            "keep addresses of machines only as long as they are looked at",
        );
        AuditReport {
            filtering_statistics: statistics.clone(),
            vault_references: self.references.values().cloned().collect(),
            sensitivity_breakdown: self.sensitivity.clone(),
            category_breakdown: self.by_kind.clone(),
            recommendations,
        }
    }
}

impl Reference {
    /// `<VAULT_REF:sting/data/{category}/{field}:{hash}>`, as a store of secrets would name it.
    pub fn path(&self) -> String {
        let category = serde_json::to_value(self.vault_category).unwrap_or_default();
        let category = category.as_str().unwrap_or("other");
        format!("<VAULT_REF:sting/data/{category}/{}:{}>", self.field_name, self.hash_value)
    }
}

fn sensitivity(kind: &str, group: DataGroup) -> Sensitivity {
    let risk = builtin().iter().find(|row| row.kind == kind).map_or(Risk::Medium, |row| row.risk);
    match risk {
        Risk::High if !matches!(group, DataGroup::Pii | DataGroup::Network) => Sensitivity::Critical,
        Risk::High => Sensitivity::High,
        Risk::Medium => Sensitivity::Medium,
        Risk::Low => Sensitivity::Low,
    }
}

/// The digits of what [`Action::Hash`] makes of a value.
fn hash_of(value: &str, kind: &str, key: &Key) -> Option<String> {
    let token = Action::Hash.apply(value, kind, Some(key)).ok()?;
    Some(token.rsplit_once(':')?.1.trim_end_matches(']').to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Audit, DataGroup, Preset, Sensitivity};
    use crate::{Key, ScrubConfig, Scrubber};

    #[test]
    fn presets_choose_groups() {
        let found = |preset| {
            let scrubber = Scrubber::new(ScrubConfig::default().with_preset(preset)).unwrap();
            scrubber
                .scrub("a@b.example password=hunter2 10.1.2.3 postgres://u:pw12@h/x")
                .unwrap()
                .text
                .into_inner()
        };
        assert_eq!(found(Preset::Config), "a@b.example password=[PASSWORD] 10.1.2.3 [URL_CREDENTIALS]/x");
        assert_eq!(found(Preset::Database), "[EMAIL] password=[PASSWORD] 10.1.2.3 [URL_CREDENTIALS]/x");
        assert_eq!(found(Preset::Logs), "[EMAIL] password=[PASSWORD] [IP_ADDRESS] [URL_CREDENTIALS]/x");
        assert!("nope".parse::<Preset>().is_err());
        assert_eq!(DataGroup::of("github_token"), DataGroup::Credentials);
    }

    #[test]
    fn counts_are_exact_and_values_are_told_apart() {
        let key = Key::new("a key of the tests").unwrap();
        let scrubber = Scrubber::new(ScrubConfig::default()).unwrap();
        let mut audit = Audit::with_key(key);
        let texts = ["a@b.example, password=hunter2", "a@b.example c@d.example from 10.1.2.3", "nothing"];
        let mut bytes = 0;
        for text in texts {
            let result = scrubber.scrub(text).unwrap();
            bytes += result.findings.iter().map(|finding| finding.span.len()).sum::<usize>();
            let one = audit.add(text, &result);
            assert_eq!(one.original_size, text.len());
        }
        let report = audit.report();
        let sums = &report.filtering_statistics;
        assert_eq!((sums.files_processed, sums.patterns_matched, sums.bytes_redacted), (3, 5, bytes as u64));
        assert_eq!((sums.pii_instances, sums.credential_instances, sums.network_instances), (3, 1, 1));
        assert_eq!(report.category_breakdown["email"], 3);
        assert_eq!(report.sensitivity_breakdown[&Sensitivity::Critical], 1);
        assert_eq!(report.vault_references.len(), 4);
        assert!(report.vault_references[0].path().starts_with("<VAULT_REF:sting/data/pii/email:"));
        let printed = format!("{report:?} {}", serde_json::to_string(&report).unwrap());
        assert!(!printed.contains("hunter2") && !printed.contains("example"));
    }
}
