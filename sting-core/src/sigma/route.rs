//! Log sources: which rules an event provably has nothing to do with.
//!
//! Only a proof silences a rule. An event proves its source by the channel and number of a Windows
//! record; whatever else it holds, rules of every source are evaluated.

use super::rule::LogSource;
use crate::event::{Event, Value};

/// What an event proves about where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    product: Option<&'static str>,
    /// The Windows channel, if it is one that a service name stands for.
    channel: Option<&'a str>,
    event_id: Option<u32>,
}

const SYSMON: &str = "microsoft-windows-sysmon/operational";

/// Categories of Sysmon by event number, as the taxonomy gives them.
const SYSMON_CATEGORIES: [(&str, &[u32]); 24] = [
    ("clipboard_capture", &[24]),
    ("create_remote_thread", &[8]),
    ("create_stream_hash", &[15]),
    ("dns_query", &[22]),
    ("driver_load", &[6]),
    ("file_block_executable", &[27]),
    ("file_block_shredding", &[28]),
    ("file_change", &[2]),
    ("file_delete", &[23, 26]),
    ("file_delete_detected", &[26]),
    ("file_event", &[11]),
    ("file_executable_detected", &[29]),
    ("image_load", &[7]),
    ("network_connection", &[3]),
    ("pipe_created", &[17, 18]),
    ("process_access", &[10]),
    ("process_creation", &[1]),
    ("process_tampering", &[25]),
    ("process_termination", &[5]),
    ("raw_access_thread", &[9]),
    ("registry_add", &[12]),
    ("registry_delete", &[12]),
    ("registry_event", &[12, 13, 14]),
    ("registry_set", &[13]),
];

/// Categories that other channels have too.
const OTHER_CHANNELS: [(&str, &str, &[u32]); 14] = [
    ("process_creation", "security", &[4688]),
    ("network_connection", "security", &[5156]),
    ("registry_event", "security", &[4657]),
    ("registry_set", "security", &[4657]),
    ("process_termination", "security", &[4689]),
    ("registry_add", "security", &[4657]),
    ("registry_delete", "security", &[4657]),
    ("ps_classic_provider_start", "windows powershell", &[600]),
    ("ps_classic_script", "windows powershell", &[800]),
    ("ps_classic_start", "windows powershell", &[400]),
    ("ps_module", "microsoft-windows-powershell/operational", &[4103]),
    ("ps_script", "microsoft-windows-powershell/operational", &[4104]),
    ("ps_module", "powershellcore/operational", &[4103]),
    ("ps_script", "powershellcore/operational", &[4104]),
];

/// Channels whose meaning is beyond doubt, with the Sigma service of each.
const SERVICES: [(&str, &str); 12] = [
    ("application", "application"),
    ("bits-client", "microsoft-windows-bits-client/operational"),
    ("ntlm", "microsoft-windows-ntlm/operational"),
    ("powershell", "microsoft-windows-powershell/operational"),
    ("powershell-classic", "windows powershell"),
    ("security", "security"),
    ("sysmon", SYSMON),
    ("system", "system"),
    ("taskscheduler", "microsoft-windows-taskscheduler/operational"),
    (
        "terminalservices-localsessionmanager",
        "microsoft-windows-terminalservices-localsessionmanager/operational",
    ),
    ("windefend", "microsoft-windows-windows defender/operational"),
    ("wmi", "microsoft-windows-wmi-activity/operational"),
];

/// Products that a Windows record cannot come from. Cloud and network products are not here: their
/// agents write to Windows channels too.
const OTHER_SYSTEMS: [&str; 2] = ["linux", "macos"];

impl<'a> Origin<'a> {
    /// What `event` proves.
    pub(super) fn of(event: &'a Event) -> Self {
        let first = |names: [&str; 2]| names.iter().find_map(|name| event.get(name));
        let channel = first(["Channel", "winlog.channel"]).map(Value::as_str);
        let channel = channel.and_then(|channel| {
            SERVICES.iter().map(|(_, known)| *known).find(|known| known.eq_ignore_ascii_case(channel))
        });
        let event_id = first(["EventID", "winlog.event_id"]).and_then(|id| id.as_str().trim().parse().ok());
        Self { product: channel.map(|_| "windows"), channel, event_id }
    }

    /// False only if the event is proved not to come from `source`.
    pub(super) fn admits(&self, source: &LogSource) -> bool {
        let (Some(channel), Some(_)) = (self.channel, self.product) else { return true };
        if source.product.as_deref().is_some_and(|product| OTHER_SYSTEMS.contains(&product)) {
            return false;
        }
        if let Some(service) = source.service.as_deref()
            && source.product.as_deref() == Some("windows")
            && let Some((_, of_service)) = SERVICES.iter().find(|(name, _)| *name == service)
            && *of_service != channel
        {
            return false;
        }
        match (source.category.as_deref(), self.event_id) {
            (Some(category), Some(id)) => admits_category(category, channel, id),
            _ => true,
        }
    }
}

fn admits_category(category: &str, channel: &str, id: u32) -> bool {
    let sysmon = SYSMON_CATEGORIES.iter().find(|(name, _)| *name == category);
    let mut others = OTHER_CHANNELS.iter().filter(|(name, ..)| *name == category).peekable();
    if sysmon.is_none() && others.peek().is_none() {
        return true;
    }
    channel == SYSMON && sysmon.is_some_and(|(_, ids)| ids.contains(&id))
        || others.any(|&(_, on, ids)| on == channel && ids.contains(&id))
}

#[cfg(test)]
mod tests {
    use super::{LogSource, Origin};
    use crate::event::Event;

    fn admits(event: &str, category: &str, product: &str, service: &str) -> bool {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let source = LogSource { category: some(category), product: some(product), service: some(service) };
        Origin::of(&Event::from_json(event.as_bytes()).unwrap()).admits(&source)
    }

    #[test]
    fn only_proof_silences() {
        let sysmon = r#"{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1}"#;
        assert!(
            admits(sysmon, "process_creation", "windows", "") && admits(sysmon, "process_creation", "", "")
        );
        assert!(
            admits(sysmon, "", "windows", "sysmon")
                && admits(sysmon, "", "", "")
                && admits(sysmon, "webserver", "", "")
        );
        assert!(
            !admits(sysmon, "network_connection", "windows", "")
                && !admits(sysmon, "process_creation", "linux", "")
        );
        assert!(!admits(sysmon, "", "windows", "security") && admits(sysmon, "", "windows", "somethingnew"));
        let audit = r##"{"Event": {"System": {"Channel": "Security", "EventID": {"#text": "4688"}}}}"##;
        assert!(
            admits(audit, "process_creation", "windows", "") && !admits(audit, "file_event", "windows", "")
        );
        for unknown in [r#"{"EventID": 1}"#, r#"{"Channel": "Forwarded", "EventID": 3}"#, r#"{"a": 1}"#] {
            assert!(
                admits(unknown, "process_creation", "linux", "")
                    && admits(unknown, "", "windows", "security")
            );
        }
        assert!(admits(r#"{"Channel": "Security"}"#, "process_creation", "windows", ""));
    }
}
