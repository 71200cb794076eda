//! The shapes in which the sources of the company report.

use super::super::Dice;
use serde_json::{Value, json};

/// Monday, 2 March 2026, in seconds since 1970.
const START: u64 = 1_772_409_600;

/// Name, login and role of the people.
pub(super) const PEOPLE: [(&str, &str); 10] = [
    ("m.haskins", "user"),
    ("d.okafor", "user"),
    ("w.pruitt", "user"),
    ("i.delacroix", "user"),
    ("c.whitfield", "user"),
    ("p.nakai", "user"),
    ("n.boone", "user"),
    ("l.ramirez", "user"),
    ("a.larsen", "admin"),
    ("k.vogel", "admin"),
];

/// A person of one role.
pub(super) fn person(role: &str, dice: &mut Dice) -> &'static str {
    let of_role: Vec<&'static str> =
        PEOPLE.iter().filter(|(_, other)| *other == role).map(|(login, _)| *login).collect();
    dice.pick(&of_role)
}

/// The workstation of a person.
pub(super) fn workstation(login: &str) -> String {
    let number = PEOPLE.iter().position(|(other, _)| *other == login).unwrap_or(0);
    format!("WS-{:03}", 101 + number)
}

/// An address inside the company.
pub(super) fn inside(dice: &mut Dice) -> String {
    format!("10.20.{}.{}", dice.between(1, 6), dice.between(10, 250))
}

/// An address outside, from the ranges that are kept for documentation.
pub(super) fn outside(dice: &mut Dice) -> String {
    format!("{}.{}", dice.pick(&["192.0.2", "198.51.100", "203.0.113"]), dice.between(1, 254))
}

/// The time in UTC, as most sources write it.
pub(super) fn utc(at: u64) -> String {
    let time = jiff::Timestamp::from_second((START + at).cast_signed()).unwrap_or_default();
    time.to_string()
}

/// The time on the wall. The company lives in UTC.
fn local(at: u64) -> String {
    utc(at).trim_end_matches('Z').to_owned()
}

/// A Windows record as converters of its binary log write it.
fn windows(id: u32, host: &str, at: u64, data: &Value) -> Value {
    json!({"Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
            "EventID": id,
            "TimeCreated": {"#attributes": {"SystemTime": utc(at)}},
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": format!("{host}.larkhaven.example"),
        },
        "EventData": data,
    }})
}

/// A process started on a Windows machine.
pub(super) fn windows_process(
    at: u64,
    login: &str,
    parent: &str,
    image: &str,
    command: &str,
    dice: &mut Dice,
) -> Value {
    let file = image.rsplit('\\').next().unwrap_or(image);
    let original = match file {
        "powershell.exe" => "PowerShell.EXE",
        "rundll32.exe" => "RUNDLL32.EXE",
        "cmd.exe" => "Cmd.Exe",
        other => other,
    };
    windows(
        1,
        &workstation(login),
        at,
        &json!({
            "UtcTime": utc(at).replace('T', " ").trim_end_matches('Z'),
            "ProcessId": dice.between(1000, 30_000),
            "Image": image,
            "OriginalFileName": original,
            "CommandLine": command,
            "CurrentDirectory": format!("C:\\Users\\{login}\\"),
            "User": format!("LARKHAVEN\\{login}"),
            "IntegrityLevel": "Medium",
            "ParentProcessId": dice.between(1000, 30_000),
            "ParentImage": parent,
            "ParentCommandLine": format!("\"{parent}\""),
        }),
    )
}

/// A file written on a Windows machine.
pub(super) fn windows_file(at: u64, login: &str, image: &str, target: &str, dice: &mut Dice) -> Value {
    windows(
        11,
        &workstation(login),
        at,
        &json!({
            "ProcessId": dice.between(1000, 30_000),
            "Image": image,
            "TargetFilename": target,
            "User": format!("LARKHAVEN\\{login}"),
        }),
    )
}

/// A connection from a Windows machine.
pub(super) fn windows_connection(
    at: u64,
    login: &str,
    image: &str,
    to: &str,
    port: u64,
    dice: &mut Dice,
) -> Value {
    windows(
        3,
        &workstation(login),
        at,
        &json!({
            "Image": image,
            "User": format!("LARKHAVEN\\{login}"),
            "Protocol": "tcp",
            "Initiated": true,
            "SourceIp": inside(dice),
            "SourcePort": dice.between(49_152, 65_535),
            "DestinationIp": to,
            "DestinationPort": port,
        }),
    )
}

/// A name looked up from a Windows machine.
pub(super) fn dns(at: u64, login: &str, image: &str, name: &str) -> Value {
    windows(
        22,
        &workstation(login),
        at,
        &json!({
            "Image": image,
            "QueryName": name,
            "QueryStatus": "0",
            "User": format!("LARKHAVEN\\{login}"),
        }),
    )
}

/// A process started on a Linux server, in the Elastic Common Schema.
pub(super) fn linux_process(
    at: u64,
    host: &str,
    user: &str,
    image: &str,
    command: &str,
    dice: &mut Dice,
) -> Value {
    json!({
        "@timestamp": utc(at),
        "event": {"category": ["process"], "type": ["start"], "module": "auditd"},
        "host": {"name": host, "os": {"type": "linux"}},
        "user": {"name": user},
        "process": {"pid": dice.between(300, 60_000), "executable": image, "command_line": command},
    })
}

/// A file changed on a Linux server.
pub(super) fn linux_file(at: u64, host: &str, user: &str, image: &str, target: &str) -> Value {
    json!({
        "@timestamp": utc(at),
        "event": {"category": ["file"], "type": ["change"], "module": "auditd"},
        "host": {"name": host, "os": {"type": "linux"}},
        "user": {"name": user},
        "process": {"executable": image},
        "file": {"path": target},
    })
}

/// A login, in the shape of the platform's own security events.
pub(super) fn login(at: u64, login: &str, outcome: &str, reason: &str, from: &str) -> Value {
    let role = PEOPLE.iter().find(|(other, _)| *other == login).map_or("user", |(_, role)| role);
    let (severity, description) = match outcome {
        "login_success" => ("low", "Successful login"),
        "login_failed" => ("medium", "Failed login"),
        _ => ("low", "Session ended"),
    };
    json!({
        "event_type": outcome,
        "timestamp": START + at,
        "local_time": local(at),
        "source_ip": from,
        "destination_ip": "10.20.1.5",
        "severity": severity,
        "description": description,
        "user_id": login,
        "device_id": "sso-01",
        "role": role,
        "reason": reason,
    })
}

/// A request to the company's web shop.
pub(super) fn web(at: u64, from: &str, path: &str, query: &str, status: u64, dice: &mut Dice) -> Value {
    json!({
        "timestamp": utc(at),
        "source": "shop-web-01",
        "c-ip": from,
        "cs-method": "GET",
        "cs-uri-stem": path,
        "cs-uri-query": query,
        "sc-status": status,
        "sc-bytes": dice.between(200, 90_000),
        "cs-user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    })
}

/// A request of an employee through the proxy.
pub(super) fn proxy(at: u64, login: &str, method: &str, host: &str, sent: u64, dice: &mut Dice) -> Value {
    json!({
        "timestamp": utc(at),
        "local_time": local(at),
        "source": "proxy-01",
        "c-ip": inside(dice),
        "cs-username": login,
        "cs-method": method,
        "cs-host": host,
        "cs-bytes": sent,
        "sc-status": 200,
    })
}

/// A call to the cloud provider.
pub(super) fn cloud(
    at: u64,
    login: &str,
    from: &str,
    call: (&str, &str),
    request: &Value,
    error: Option<&str>,
) -> Value {
    let mut event = json!({
        "eventVersion": "1.11",
        "eventTime": utc(at),
        "eventSource": call.0,
        "eventName": call.1,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": from,
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::123456789012:user/{login}"), "userName": login},
        "requestParameters": request,
    });
    if let Some(error) = error {
        event["errorCode"] = error.into();
    }
    event
}
