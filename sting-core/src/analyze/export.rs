//! Decisions and alerts in the words of others: OCSF detection findings and Elastic Common Schema.
//!
//! OCSF: [detection finding](https://schema.ocsf.io/1.3.0/classes/detection_finding), class 2004 of version 1.3.0.
//! ECS: version 8.11. What a source event says is not copied, but for addresses, user and machine.

use super::{Analysis, RiskLevel};
use crate::event::Severity;
use crate::sigma::Alert;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const OCSF: &str = "1.3.0";
const ECS: &str = "8.11.0";

/// Something found, whoever found it, ready to be handed to another system.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// Its id: the same for the same finding.
    pub uid: String,
    /// What was found, in a line.
    pub title: String,
    /// Why it is one.
    pub description: String,
    /// How bad it is; `None` if nobody can tell.
    pub severity: Option<Severity>,
    /// When it happened.
    pub time: Timestamp,
    /// How bad it is, in points of 100.
    pub score: f64,
    /// Ids and titles of the rules that found it.
    pub rules: Vec<(String, String)>,
    /// Tags of those rules, `attack.t1059` and the like.
    pub tags: Vec<String>,
    /// What it is about: the name of the field, OCSF's type of observable, and the value.
    pub observables: Vec<(String, u32, String)>,
}

impl Finding {
    /// What an analyzer decided. `seen` is when, for events without a time.
    pub fn of_analysis(analysis: &Analysis, seen: Timestamp) -> Self {
        let severity = match analysis.risk_level {
            RiskLevel::Unknown => None,
            RiskLevel::Low => Some(Severity::Low),
            RiskLevel::Medium => Some(Severity::Medium),
            RiskLevel::High => Some(Severity::High),
            RiskLevel::Critical => Some(Severity::Critical),
        };
        let envelope = &analysis.envelope;
        let mut observables = Vec::new();
        let mut add = |name: &str, kind, value: Option<String>| {
            observables.extend(value.map(|value| (name.to_owned(), kind, value)));
        };
        add("src_endpoint.ip", IP, envelope.source_ip.map(|ip| ip.to_string()));
        add("dst_endpoint.ip", IP, envelope.destination_ip.map(|ip| ip.to_string()));
        add("actor.user.name", USER, envelope.user.clone());
        add("device.hostname", HOSTNAME, envelope.device.clone());
        let mut tags: Vec<String> = Vec::new();
        for tag in analysis.matches.iter().flat_map(|found| &found.tags) {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        let title = analysis.matches.first().map(|found| found.title.clone());
        Self {
            uid: analysis.event_id.clone(),
            title: title
                .unwrap_or_else(|| format!("{} of {} risk", analysis.event_type, analysis.risk_level)),
            description: analysis.reason.clone(),
            severity,
            time: envelope.timestamp.unwrap_or(seen),
            score: analysis.score,
            rules: analysis
                .matches
                .iter()
                .map(|found| (found.rule_id.clone(), found.title.clone()))
                .collect(),
            tags,
            observables,
        }
    }

    /// What a correlation found.
    pub fn of_alert(alert: &Alert) -> Self {
        let group: Vec<String> = alert
            .group
            .iter()
            .map(|(field, value)| format!("{field}={}", value.as_deref().unwrap_or("(absent)")))
            .collect();
        let last = alert.last.to_string();
        let observables =
            alert.group.iter().filter_map(|(field, value)| Some((field.clone(), OTHER, value.clone()?)));
        Self {
            uid: crate::Id::of([alert.rule_id.as_str(), &alert.title, &group.join("\n"), &last]).to_string(),
            title: alert.title.clone(),
            description: format!(
                "{} is {} over {} events, grouped by {}.",
                alert.kind.as_str(),
                alert.value,
                alert.count,
                if group.is_empty() { "nothing".to_owned() } else { group.join(", ") }
            ),
            severity: alert.level,
            time: alert.last,
            score: alert.level.map_or(0.0, Severity::points),
            rules: vec![(alert.rule_id.clone(), alert.title.clone())],
            tags: alert.tags.clone(),
            observables: observables.collect(),
        }
    }

    /// As an OCSF detection finding.
    pub fn to_ocsf(&self) -> Value {
        let severity_id = match self.severity {
            None => 0,
            Some(Severity::Informational) => 1,
            Some(Severity::Low) => 2,
            Some(Severity::Medium) => 3,
            Some(Severity::High) => 4,
            Some(Severity::Critical) => 5,
        };
        let severity =
            ["Unknown", "Informational", "Low", "Medium", "High", "Critical"][severity_id as usize];
        let time = self.time.as_millisecond();
        let mut info = json!({
            "uid": self.uid,
            "title": self.title,
            "desc": self.description,
            "created_time": time,
            "types": self.rules.iter().map(|(_, title)| title).collect::<Vec<_>>(),
        });
        let attacks: Vec<Value> = self.attacks();
        if let (false, Some(info)) = (attacks.is_empty(), info.as_object_mut()) {
            info.insert("attacks".to_owned(), attacks.into());
        }
        if let (Some((id, title)), Some(info)) = (self.rules.first(), info.as_object_mut()) {
            let uid = if id.is_empty() { title } else { id };
            info.insert(
                "analytic".to_owned(),
                json!({"type_id": 1, "type": "Rule", "uid": uid, "name": title}),
            );
        }
        json!({
            "activity_id": 1,
            "activity_name": "Create",
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2004,
            "class_name": "Detection Finding",
            "type_uid": 200_401,
            "type_name": "Detection Finding: Create",
            "severity_id": severity_id,
            "severity": severity,
            "status_id": 1,
            "status": "New",
            "time": time,
            "message": self.description,
            "risk_score": self.score.round() as i64,
            "metadata": {
                "version": OCSF,
                "product": {"name": "STING", "vendor_name": "STING", "version": env!("CARGO_PKG_VERSION")},
            },
            "finding_info": info,
            "observables": self.observables.iter().map(|(name, kind, value)| {
                json!({"name": name, "type_id": kind, "value": value})
            }).collect::<Vec<_>>(),
        })
    }

    /// Techniques and tactics of the tags, as OCSF's attack objects.
    fn attacks(&self) -> Vec<Value> {
        let names = self.tags.iter().filter_map(|tag| tag.strip_prefix("attack."));
        names
            .map(|name| match technique(name) {
                Some(id) => match id.split_once('.') {
                    Some((parent, _)) => json!({"technique": {"uid": parent}, "sub_technique": {"uid": id}}),
                    None => json!({"technique": {"uid": id}}),
                },
                None => json!({"tactic": {"name": name.replace(['-', '_'], " ")}}),
            })
            .collect()
    }

    /// As a document of the Elastic Common Schema.
    pub fn to_ecs(&self) -> Value {
        let techniques: Vec<String> =
            self.tags.iter().filter_map(|tag| technique(tag.strip_prefix("attack.")?)).collect();
        let mut document = json!({
            "@timestamp": self.time.to_string(),
            "ecs": {"version": ECS},
            "message": self.description,
            "event": {
                "kind": "alert",
                "id": self.uid,
                "risk_score": self.score,
                "severity": self.severity.map_or(0, |severity| severity as u8 + 1),
                "reason": self.description,
            },
        });
        let Some(fields) = document.as_object_mut() else { return document };
        if let Some((id, title)) = self.rules.first() {
            fields.insert("rule".to_owned(), json!({"id": id, "name": title}));
        }
        if !techniques.is_empty() {
            let framework = json!({"framework": "MITRE ATT&CK", "technique": {"id": techniques}});
            fields.insert("threat".to_owned(), framework);
        }
        for (name, _, value) in &self.observables {
            let place = match name.as_str() {
                "src_endpoint.ip" => ("source", "ip"),
                "dst_endpoint.ip" => ("destination", "ip"),
                "actor.user.name" => ("user", "name"),
                "device.hostname" => ("host", "name"),
                other => ("labels", other),
            };
            if let Value::Object(of) = fields.entry(place.0).or_insert_with(|| Map::new().into()) {
                // Keys of labels hold no dots.
                of.insert(place.1.replace('.', "_"), value.as_str().into());
            }
        }
        document
    }
}

// OCSF's types of observables.
const HOSTNAME: u32 = 1;
const IP: u32 = 2;
const USER: u32 = 4;
const OTHER: u32 = 99;

/// `t1059.001` as `T1059.001`; `None` for what is no technique.
fn technique(name: &str) -> Option<String> {
    let digits = name.strip_prefix(['t', 'T'])?;
    let is_id = digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_id.then(|| format!("T{digits}"))
}

#[cfg(test)]
mod tests {
    use super::{Finding, technique};
    use crate::analyze::Analyzer;
    use crate::event::Event;
    use crate::sigma::{CorrelatorConfig, RuleSet};
    use jiff::Timestamp;
    use serde_json::Value;

    const RULES: &str = "title: Shadow copies deleted
id: 0ddc0ffe-0000-4000-8000-000000000001
name: shadow
level: critical
tags: [attack.impact, attack.t1490, attack.t1059.001, cve.2024.1]
logsource: {category: any}
detection: {s: {cmd|contains: vssadmin}, condition: s}
---
title: Twice
level: high
correlation: {type: event_count, rules: [shadow], group-by: [Computer, User], timespan: 1m, condition: {gte: 2}}
";

    /// What OCSF 1.3.0 requires of a detection finding and of the objects in ours.
    const REQUIRED: [(&str, &[&str]); 5] = [
        (
            "",
            &[
                "activity_id",
                "category_uid",
                "class_uid",
                "finding_info",
                "metadata",
                "severity_id",
                "time",
                "type_uid",
            ],
        ),
        ("/finding_info", &["title", "uid"]),
        ("/metadata", &["product", "version"]),
        ("/metadata/product", &["vendor_name"]),
        ("/finding_info/analytic", &["type_id"]),
    ];

    fn check(finding: &Value) {
        for (place, names) in REQUIRED {
            for name in names {
                let value = finding.pointer(&format!("{place}/{name}"));
                assert!(value.is_some_and(|value| !value.is_null()), "{place}/{name} in {finding}");
            }
        }
        let number = |name: &str| finding[name].as_i64().unwrap();
        assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
        assert_eq!(number("class_uid") / 1000, number("category_uid"));
        assert!((0..=6).contains(&number("severity_id")) || number("severity_id") == 99);
        for observable in finding["observables"].as_array().unwrap() {
            assert!(observable["type_id"].is_u64() && observable["name"].is_string());
        }
        for attack in finding["finding_info"]["attacks"].as_array().into_iter().flatten() {
            assert!(attack.get("tactic").is_some() || attack["technique"]["uid"].is_string());
        }
    }

    fn events() -> [Event; 2] {
        ["1700000000", "1700000007"].map(|time| {
            let json = format!(
                r#"{{"timestamp": {time}, "cmd": "vssadmin", "Computer": "ws1", "User": "ana", "SourceIp": "10.0.0.1"}}"#
            );
            Event::from_json(json.as_bytes()).unwrap()
        })
    }

    #[test]
    fn an_analysis_as_ocsf_and_ecs() {
        let rules = RuleSet::parse([("r.yml".to_owned(), RULES.to_owned())]);
        assert_eq!(rules.errors(), []);
        let analysis = Analyzer::default().with_rules(rules).analyze(&events()[0]);
        let finding = Finding::of_analysis(&analysis, Timestamp::UNIX_EPOCH);
        let ocsf = finding.to_ocsf();
        check(&ocsf);
        assert_eq!((ocsf["severity_id"].as_i64(), ocsf["time"].as_i64()), (Some(5), Some(1_700_000_000_000)));
        assert_eq!(ocsf["finding_info"]["attacks"][2]["sub_technique"]["uid"], "T1059.001");
        assert_eq!(ocsf["finding_info"]["attacks"].as_array().unwrap().len(), 3);
        let ecs = finding.to_ecs();
        assert_eq!(ecs["source"]["ip"], "10.0.0.1");
        assert_eq!(ecs["threat"]["technique"]["id"][0], "T1490");
        assert_eq!((&ecs["event"]["kind"], &ecs["host"]["name"]), (&"alert".into(), &"ws1".into()));
    }

    #[test]
    fn what_nobody_can_judge_is_exported_too() {
        let event = Event::from_json(b"{}").unwrap();
        let finding = Finding::of_analysis(&Analyzer::default().analyze(&event), Timestamp::UNIX_EPOCH);
        let mut ocsf = finding.to_ocsf();
        assert_eq!(ocsf["severity"], "Unknown");
        // No rule, no analytic.
        ocsf["finding_info"]["analytic"] = serde_json::json!({"type_id": 0});
        check(&ocsf);
    }

    #[test]
    fn a_correlation_as_ocsf_and_ecs() {
        let rules = RuleSet::parse([("r.yml".to_owned(), RULES.to_owned())]);
        let mut correlator = rules.correlator(CorrelatorConfig::default()).unwrap();
        let alerts: Vec<_> = events().iter().flat_map(|event| correlator.push(event)).collect();
        let finding = Finding::of_alert(&alerts[0]);
        check(&finding.to_ocsf());
        assert_eq!(finding.description, "event_count is 2 over 2 events, grouped by Computer=ws1, User=ana.");
        assert_eq!(finding.to_ecs()["labels"]["Computer"], "ws1");
    }

    #[test]
    fn techniques() {
        assert_eq!(technique("t1059.001").as_deref(), Some("T1059.001"));
        assert_eq!(technique("ta0001").or_else(|| technique("impact")), None);
    }
}
