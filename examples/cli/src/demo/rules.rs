//! The rules that the binary carries.

use std::collections::BTreeMap;
use std::time::Instant;

use super::facts::{Alert, Detection, Matched, gravity};
use crate::Error;
use crate::generate::EventTruth;
use sting_core::analyze::Analyzer;
use sting_core::event::Event;
use sting_core::sigma::{FieldMatch, RuleSet};
use sting_pii::Scrubber;

macro_rules! rules {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../demo/rules/", $name)))),*]
    };
}

/// File name and YAML of each bundled rule.
pub const RULES: &[(&str, &str)] = rules![
    "auth_admin_login_at_night.yml"
    "auth_disabled_account_tried.yml"
    "cloud_audit_log_stopped.yml"
    "cloud_bucket_made_public.yml"
    "dns_data_in_names.yml"
    "lnx_authorized_keys_changed.yml"
    "lnx_download_piped_to_shell.yml"
    "proxy_large_upload_at_night.yml"
    "web_injection_in_query.yml"
    "win_credential_store_dump.yml"
    "win_document_with_program_extension.yml"
    "win_office_starts_shell.yml"
    "win_powershell_encoded_command.yml"
    "win_scheduled_task_in_user_folder.yml"
    "win_shadow_copies_deleted.yml"
    "win_system_tool_connects_outside.yml"
];

/// Columns of the timeline.
const BUCKETS: usize = 48;

/// The bundled rules, parsed.
pub fn bundled() -> RuleSet {
    RuleSet::parse(RULES.iter().map(|(name, yaml)| ((*name).to_owned(), (*yaml).to_owned())))
}

/// Applies the rules to the events, one JSON text each, and says what fired; with the seconds that
/// took. Values are scrubbed before they are kept.
pub(super) fn detect(
    rules: RuleSet,
    events: &[String],
    truth: &EventTruth,
    scrubber: &Scrubber,
) -> Result<(Detection, f64), Error> {
    let mut detection = Detection {
        rules: rules.len(),
        rule_errors: rules.errors().iter().map(ToString::to_string).collect(),
        events: events.len() as u64,
        timeline: vec![BTreeMap::new(); BUCKETS.min(events.len())],
        ..Detection::default()
    };
    let reasons: BTreeMap<String, String> = rules
        .rules()
        .iter()
        .map(|rule| (rule.title.clone(), rule.description.clone().unwrap_or_default()))
        .collect();
    let expected: BTreeMap<usize, bool> =
        truth.attacks.iter().map(|attack| (attack.event, !attack.rules.is_empty())).collect();
    detection.attacks = expected.values().filter(|must| **must).count() as u64;
    let analyzer = Analyzer::default().with_rules(rules);
    let (mut alerts, mut seconds): (BTreeMap<String, Alert>, f64) = (BTreeMap::new(), 0.0);
    for (i, json) in events.iter().enumerate() {
        let start = Instant::now();
        let analysis = analyzer.analyze(&Event::from_json(json.as_bytes())?);
        seconds += start.elapsed().as_secs_f64();
        if !analysis.matches.is_empty() {
            detection.events_matched += 1;
            match expected.get(&i) {
                Some(must) => detection.attacks_found += u64::from(*must),
                None => detection.false_alarms += 1,
            }
        }
        for found in analysis.matches {
            let level = found.level.map_or("informational", |level| level.as_str());
            *detection.timeline[i * BUCKETS.min(events.len()) / events.len()]
                .entry(level.to_owned())
                .or_default() += 1;
            if let Some(alert) = alerts.get_mut(&found.title) {
                alert.count += 1;
                continue;
            }
            let scrubbed = |matched: FieldMatch| -> Result<Matched, Error> {
                let value = scrubber.scrub_part(&matched.value, Some(&matched.field))?.text.into_inner();
                Ok(Matched { field: matched.field, value, pattern: matched.pattern })
            };
            let mut fields = found.fields.into_iter().map(scrubbed).collect::<Result<Vec<_>, _>>()?;
            // A value that met several patterns is shown once.
            fields.dedup_by(|a, b| a.field == b.field && a.value == b.value);
            let reason = reasons.get(&found.title).filter(|reason| !reason.is_empty());
            let reason = reason.map_or(analysis.reason.clone(), |reason| {
                reason.split_whitespace().collect::<Vec<_>>().join(" ")
            });
            let first_event = i as u64 + 1;
            let level = level.to_owned();
            alerts.insert(
                found.title.clone(),
                Alert { rule: found.title, level, count: 1, first_event, fields, reason },
            );
        }
    }
    detection.alerts = alerts.into_values().collect();
    detection
        .alerts
        .sort_by_key(|alert| (std::cmp::Reverse((gravity(&alert.level), alert.count)), alert.first_event));
    Ok((detection, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_table_lists_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/rules");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let listed: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, listed);
    }

    #[test]
    fn every_rule_is_sound() {
        let rules = bundled();
        assert_eq!(rules.errors(), &[]);
        assert_eq!(rules.len(), RULES.len());
    }
}
