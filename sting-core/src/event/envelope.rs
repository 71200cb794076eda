//! What all events have in common, and whether an event keeps the promises of its shape.

use super::{Event, EventType, Severity, Value};
use crate::Id;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The part of an event that does not depend on its source.
///
/// Three shapes are read: the platform's own (`id`, `type`, `timestamp`, `source`, `payload`), the
/// security event (`event_type`, `timestamp`, `source_ip`, `destination_ip`, `severity`,
/// `description`, `user_id`, `device_id`), and telemetry of any other shape, of which nothing is
/// required and what can be told is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Envelope {
    /// Its id; the content id of its bytes if it brings none.
    pub id: String,
    /// What kind of thing happened.
    pub event_type: EventType,
    /// When.
    #[serde(serialize_with = "time_as_text")]
    pub timestamp: Option<Timestamp>,
    /// Who reported it: a service, a channel, a host.
    pub source: Option<String>,
    /// How bad its source thinks it is.
    pub severity: Option<Severity>,
    /// In words.
    pub description: Option<String>,
    /// Where it came from.
    pub source_ip: Option<IpAddr>,
    /// Where it went.
    pub destination_ip: Option<IpAddr>,
    /// Who did it.
    pub user: Option<String>,
    /// On which machine.
    pub device: Option<String>,
    /// What ties it to other events.
    pub correlation_id: Option<String>,
    /// What was added to it later, by whoever knows more: see [`Enrich`](crate::analyze::Enrich).
    pub enrichment: BTreeMap<String, String>,
}

// `serialize_with` hands over a reference to the field.
#[allow(clippy::ref_option)]
fn time_as_text<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

/// One promise that an event breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Fault {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// What a field must hold.
type Check = fn(&Event, &'static str) -> Option<&'static str>;

const PLATFORM: [(&str, Check); 5] =
    [("id", text), ("type", text), ("timestamp", time), ("source", text), ("payload", present)];

const SECURITY: [(&str, Check); 8] = [
    ("event_type", text),
    ("timestamp", time),
    ("source_ip", address),
    ("destination_ip", address),
    ("severity", severity),
    ("description", text),
    ("user_id", text),
    ("device_id", text),
];

impl Envelope {
    /// Reads what can be read, and lists every fault of the shape that the event has.
    pub fn read(event: &Event) -> (Self, Vec<Fault>) {
        let checks: &[(&'static str, Check)] = if event.get("event_type").is_some() {
            &SECURITY
        } else if event.get("type").is_some() && has_object(event, "payload") {
            &PLATFORM
        } else {
            &[]
        };
        let mut faults: Vec<Fault> = checks
            .iter()
            .filter_map(|&(field, check)| Some(Fault { field, problem: check(event, field)? }))
            .collect();
        if event.is_empty() {
            faults.push(Fault { field: "event", problem: "has no fields" });
        }
        (Self::of(event), faults)
    }

    fn of(event: &Event) -> Self {
        let first = |fields: &[&str]| {
            fields.iter().find_map(|field| {
                event.get(field).map(|value| value.as_str().trim()).filter(|text| !text.is_empty())
            })
        };
        let owned = |fields: &[&str]| first(fields).map(str::to_owned);
        let ip = |fields: &[&str]| first(fields).and_then(|text| text.parse().ok());
        Self {
            id: owned(&["id", "event_id", "event.id"]).unwrap_or_else(|| Id::of([event.raw()]).to_string()),
            event_type: event_type(event),
            timestamp: event.timestamp(),
            source: owned(&["source", "Channel", "winlog.channel", "eventSource", "event.module", "service"]),
            severity: first(&["severity", "level", "log.level"]).and_then(Severity::of),
            description: owned(&["description", "message", "event_description"]),
            source_ip: ip(&[
                "source_ip",
                "SourceIp",
                "source.ip",
                "sourceIPAddress",
                "src_ip",
                "IpAddress",
                "c-ip",
            ]),
            destination_ip: ip(&["destination_ip", "DestinationIp", "destination.ip", "dst_ip"]),
            user: owned(&[
                "user_id",
                "User",
                "user.name",
                "TargetUserName",
                "SubjectUserName",
                "userIdentity.arn",
            ]),
            device: owned(&["device_id", "Computer", "Hostname", "host.name", "hostname", "WorkstationName"]),
            correlation_id: owned(&["correlation_id", "trace.id"]),
            enrichment: BTreeMap::new(),
        }
    }
}

/// The type that the event states, or else the one that its fields prove.
fn event_type(event: &Event) -> EventType {
    let stated =
        event.get("event_type").or_else(|| event.get("type").filter(|_| has_object(event, "payload")));
    if let Some(stated) = stated.map(Value::as_str).filter(|stated| !stated.trim().is_empty()) {
        return EventType::of(stated);
    }
    let has = |field: &str| event.get(field).is_some();
    let sysmon = event.get("Channel").is_some_and(|channel| channel.as_str().contains("Sysmon"));
    match event.get("EventID").map(Value::as_str) {
        Some("1") if sysmon => EventType::ProcessCreation,
        Some("3") if sysmon => EventType::NetworkConnection,
        Some("2" | "11" | "15" | "23" | "26") if sysmon => EventType::FileAccess,
        Some("12" | "13" | "14") if sysmon => EventType::RegistryChange,
        Some("22") if sysmon => EventType::DnsQuery,
        Some("4624") => EventType::LoginSuccess,
        Some("4625") => EventType::LoginFailed,
        Some("4634" | "4647") => EventType::Logout,
        Some("4688") => EventType::ProcessCreation,
        Some("4720" | "4722" | "4725" | "4726" | "4738" | "4740") => EventType::AccountChange,
        _ if has("CommandLine") && has("Image") => EventType::ProcessCreation,
        _ if has("eventSource") && has("eventName") => EventType::CloudApi,
        _ if has("cs-method") || has("http.request.method") => EventType::WebRequest,
        _ if has("QueryName") || has("dns.question.name") => EventType::DnsQuery,
        _ if has("DestinationIp") || has("destination.ip") => EventType::NetworkConnection,
        _ if has("TargetFilename") || has("file.path") => EventType::FileAccess,
        _ => EventType::Other("unknown".to_owned()),
    }
}

fn has_object(event: &Event, field: &str) -> bool {
    event.fields().any(|(path, _)| {
        path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn present(event: &Event, field: &'static str) -> Option<&'static str> {
    (!has_object(event, field)).then_some("is missing")
}

fn text(event: &Event, field: &'static str) -> Option<&'static str> {
    match event.get(field) {
        None => Some("is missing"),
        Some(value) if value.as_str().trim().is_empty() => Some("is empty; give a text"),
        Some(_) => None,
    }
}

fn time(event: &Event, field: &'static str) -> Option<&'static str> {
    match event.get(field) {
        Some(value) if value.as_timestamp().is_none() => {
            Some("is no time; give RFC 3339 or seconds since 1970")
        }
        _ => text(event, field),
    }
}

fn address(event: &Event, field: &'static str) -> Option<&'static str> {
    match event.get(field) {
        Some(value) if value.as_str().trim().parse::<IpAddr>().is_err() => Some("is no IP address"),
        _ => text(event, field),
    }
}

fn severity(event: &Event, field: &'static str) -> Option<&'static str> {
    match event.get(field) {
        Some(value) if Severity::of(value.as_str()).is_none() => {
            Some("is unknown; use informational, low, medium, high or critical")
        }
        _ => text(event, field),
    }
}

#[cfg(test)]
mod tests {
    use super::{Envelope, EventType, Severity};
    use crate::event::Event;

    fn read(json: &str) -> (Envelope, Vec<String>) {
        let (envelope, faults) = Envelope::read(&Event::from_json(json.as_bytes()).unwrap());
        (envelope, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_good_security_event() {
        let (envelope, faults) = read(
            r#"{"event_type": "login_attempt", "timestamp": 1709296200, "source_ip": "10.0.0.1", "destination_ip": "::1",
                "severity": "High", "description": "x", "user_id": "u", "device_id": "d"}"#,
        );
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!((envelope.event_type, envelope.severity), (EventType::Login, Some(Severity::High)));
        assert_eq!(envelope.id.len(), 32);
    }

    #[test]
    fn every_fault_is_listed() {
        let (envelope, faults) = read(
            r#"{"event_type": "", "timestamp": "later", "source_ip": "here", "severity": "dire", "user_id": null}"#,
        );
        assert_eq!(
            faults,
            [
                "event_type: is empty; give a text",
                "timestamp: is no time; give RFC 3339 or seconds since 1970",
                "source_ip: is no IP address",
                "destination_ip: is missing",
                "severity: is unknown; use informational, low, medium, high or critical",
                "description: is missing",
                "user_id: is empty; give a text",
                "device_id: is missing",
            ]
        );
        assert_eq!(envelope.severity, None);
        let (_, faults) = read(r#"{"type": "threat.detected", "payload": {}}"#);
        assert_eq!(faults.len(), 3);
        assert_eq!(read("{}").1, ["event: has no fields"]);
    }

    #[test]
    fn telemetry_is_recognised() {
        let sysmon = r#"{"Event": {"System": {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 3}, "EventData": {"SourceIp": "10.1.2.3"}}}"#;
        let (envelope, faults) = read(sysmon);
        assert!(faults.is_empty());
        assert_eq!(
            (envelope.event_type, envelope.source_ip),
            (EventType::NetworkConnection, "10.1.2.3".parse().ok())
        );
    }
}
