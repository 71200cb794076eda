//! Datadog's sensitive-data-scanner. The crate brings an engine and validators but no rules, so the rules
//! here are patterns of the usual shape for the kinds that the case names, with its own validators.

use std::collections::BTreeMap;
use std::hint::black_box;

use dd_sds::SecondaryValidator::{IbanChecker, LuhnChecksum};
use dd_sds::{MatchAction, RegexRuleConfig, RootRuleConfig, Scanner};

use crate::facts;
use crate::job::{Engine, Failure, Job};

/// Kind, pattern, and the checksum that the peer has for it.
const RULES: &[(&str, &str, Option<dd_sds::SecondaryValidator>)] = &[
    ("email", r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,24}\b", None),
    ("credit_card", r"\b(?:\d[ -]?){12,18}\d\b", Some(LuhnChecksum)),
    ("us_ssn", r"\b\d{3}-\d{2}-\d{4}\b", None),
    ("iban", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", Some(IbanChecker)),
    ("ip_address", r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b", None),
    ("ip_address", r"\b(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}\b", None),
    ("phone", r"(?:\+\d{1,3}[ .-]?)?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b", None),
    ("url", r#"https?://[^\s"'<>]+"#, None),
];

pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let kinds = job.words("kinds");
    let scrub = job.word("do")? == "scrub";
    let chosen: Vec<_> = RULES.iter().filter(|(kind, ..)| kinds.contains(kind)).collect();
    if let Some(lacking) = kinds.iter().find(|kind| !chosen.iter().any(|(has, ..)| has == *kind)) {
        return Err(format!("no rule for the kind {lacking}").into());
    }
    let rules: Vec<_> = chosen
        .iter()
        .map(|(kind, pattern, validator)| {
            let rule = RegexRuleConfig::new(pattern).with_validator(validator.clone()).build();
            let action = if scrub { MatchAction::redact(&format!("[{kind}]")) } else { MatchAction::None };
            RootRuleConfig::new(rule).match_action(action)
        })
        .collect();
    let scanner = Scanner::builder(&rules).build().map_err(|error| error.to_string())?;
    let text = job.text()?;
    let mut found = BTreeMap::<&str, usize>::new();
    for line in text.lines() {
        for hit in scanner.scan(&mut line.to_owned()).map_err(|error| error.to_string())? {
            *found.entry(chosen[hit.rule_index].0).or_default() += 1;
        }
    }
    let amount = text.len() as f64;
    let mut buffer = String::new();
    let run = move || {
        for line in text.lines() {
            // The scanner writes into its input; a log agent hands it an owned line.
            buffer.clear();
            buffer.push_str(line);
            black_box(scanner.scan(&mut buffer).map_err(|error| error.to_string())?);
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts: facts! {"found": found}, version: "0.1" })
}
