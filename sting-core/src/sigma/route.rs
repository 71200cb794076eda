//! Log sources: which rules an event provably has nothing to do with.
//!
//! Only a proof silences a rule. An event proves its source by the channel and number of a Windows
//! record; whatever else it holds, rules of every source are evaluated.

use super::rule::LogSource;
use crate::event::{Event, Value};

/// What an event proves about where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// The Windows channel and the number of the record, if the channel is a known one.
    record: Option<(&'static str, Option<u32>)>,
}

const SYSMON: &str = "microsoft-windows-sysmon/operational";

/// Categories of Sysmon by event number, as the taxonomy gives them.
const SYSMON_CATEGORIES: [(&str, &[u32]); 28] = [
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
    ("registry_rename", &[14]),
    ("registry_set", &[13]),
    ("sysmon_error", &[255]),
    ("sysmon_status", &[4, 16]),
    ("wmi_event", &[19, 20, 21]),
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

/// The Windows channels of the taxonomy, with the Sigma service of each.
const SERVICES: [(&str, &str); 60] = [
    ("application", "application"),
    ("application-experience", "microsoft-windows-application-experience/program-compatibility-assistant"),
    ("application-experience", "microsoft-windows-application-experience/program-telemetry"),
    ("applocker", "microsoft-windows-applocker/exe and dll"),
    ("applocker", "microsoft-windows-applocker/msi and script"),
    ("appmodel-runtime", "microsoft-windows-appmodel-runtime/admin"),
    ("appxdeployment-server", "microsoft-windows-appxdeploymentserver/operational"),
    ("appxpackaging-om", "microsoft-windows-appxpackaging/operational"),
    ("bitlocker", "microsoft-windows-bitlocker/bitlocker management"),
    ("bits-client", "microsoft-windows-bits-client/operational"),
    ("capi2", "microsoft-windows-capi2/operational"),
    (
        "certificateservicesclient-lifecycle-system",
        "microsoft-windows-certificateservicesclient-lifecycle-system/operational",
    ),
    ("codeintegrity-operational", "microsoft-windows-codeintegrity/operational"),
    ("dhcp", "microsoft-windows-dhcp-server/operational"),
    ("diagnosis-scripted", "microsoft-windows-diagnosis-scripted/operational"),
    ("dns-client", "microsoft-windows-dns client events/operational"),
    ("dns-client", "microsoft-windows-dns-client/operational"),
    ("dns-server", "dns server"),
    ("dns-server-analytic", "microsoft-windows-dns-server/analytical"),
    ("dns-server-audit", "microsoft-windows-dns-server/audit"),
    ("driver-framework", "microsoft-windows-driverframeworks-usermode/operational"),
    ("firewall-as", "microsoft-windows-windows firewall with advanced security/firewall"),
    ("hyper-v-worker", "microsoft-windows-hyper-v-worker"),
    ("hyper-v-worker", "microsoft-windows-hyper-v-worker-admin"),
    ("iis-configuration", "microsoft-iis-configuration/operational"),
    ("kernel-event-tracing", "microsoft-windows-kernel-eventtracing"),
    ("kernel-event-tracing", "microsoft-windows-kernel-eventtracing/admin"),
    ("kernel-shimengine", "microsoft-windows-kernel-shimengine/diagnostic"),
    ("kernel-shimengine", "microsoft-windows-kernel-shimengine/operational"),
    ("ldap", "microsoft-windows-ldap-client/debug"),
    ("lsa-server", "microsoft-windows-lsa/operational"),
    ("microsoft-servicebus-client", "microsoft-servicebus-client"),
    ("microsoft-servicebus-client", "microsoft-servicebus-client/admin"),
    ("microsoft-servicebus-client", "microsoft-servicebus-client/operational"),
    ("msexchange-management", "msexchange management"),
    ("ntfs", "microsoft-windows-ntfs/operational"),
    ("ntlm", "microsoft-windows-ntlm/operational"),
    ("openssh", "openssh/operational"),
    ("powershell", "microsoft-windows-powershell/operational"),
    ("powershell-classic", "windows powershell"),
    ("printservice-admin", "microsoft-windows-printservice/admin"),
    ("printservice-operational", "microsoft-windows-printservice/operational"),
    ("security", "security"),
    ("security-mitigations", "microsoft-windows-security-mitigations/kernel mode"),
    ("security-mitigations", "microsoft-windows-security-mitigations/user mode"),
    ("sense", "microsoft-windows-sense/operational"),
    ("servicebus-client", "microsoft-servicebus-client/admin"),
    ("servicebus-client", "microsoft-servicebus-client/operational"),
    ("shell-core", "microsoft-windows-shell-core/operational"),
    ("smbclient-connectivity", "microsoft-windows-smbclient/connectivity"),
    ("smbclient-security", "microsoft-windows-smbclient/security"),
    ("smbserver-connectivity", "microsoft-windows-smbserver/connectivity"),
    ("sysmon", SYSMON),
    ("system", "system"),
    ("taskscheduler", "microsoft-windows-taskscheduler/operational"),
    (
        "terminalservices-localsessionmanager",
        "microsoft-windows-terminalservices-localsessionmanager/operational",
    ),
    ("vhdmp", "microsoft-windows-vhdmp/operational"),
    ("windefend", "microsoft-windows-windows defender/operational"),
    ("wmi", "microsoft-windows-wmi-activity/debug"),
    ("wmi", "microsoft-windows-wmi-activity/operational"),
];

/// Channels to which only Windows itself writes what it audits. What other software logs, under
/// whatever category, is not there.
const AUDIT: [&str; 4] =
    [SYSMON, "security", "microsoft-windows-powershell/operational", "windows powershell"];

/// Categories of logs that other software writes, and so no audit record of Windows.
const OTHER_SOFTWARE: [&str; 5] = ["antivirus", "application", "database", "proxy", "webserver"];

/// Services of other software, for rules that name no product.
const OTHER_SERVICES: [&str; 3] = ["apache", "netflow", "nginx"];

/// Systems that a Windows record cannot come from.
const OTHER_SYSTEMS: [&str; 2] = ["linux", "macos"];

impl Origin {
    /// What `event` proves.
    pub(super) fn of(event: &Event) -> Self {
        let first = |names: [&str; 2]| names.iter().find_map(|name| event.get(name)).map(Value::as_str);
        Self::new(first(["Channel", "winlog.channel"]), first(["EventID", "winlog.event_id"]))
    }

    /// What a channel and the number of a record prove.
    pub(super) fn new(channel: Option<&str>, number: Option<&str>) -> Self {
        let known = |channel: &str| {
            SERVICES.iter().map(|(_, known)| *known).find(|known| known.eq_ignore_ascii_case(channel))
        };
        let number = || number.and_then(|number| number.trim().parse().ok());
        Self { record: channel.and_then(known).map(|channel| (channel, number())) }
    }

    /// False only if the event is proved not to come from `source`.
    pub(super) fn admits(&self, source: &LogSource) -> bool {
        let Some((channel, id)) = self.record else { return true };
        let audit = AUDIT.contains(&channel);
        let (product, category) = (source.product.as_deref(), source.category.as_deref());
        let of = |known: &[&str], name: Option<&str>| name.is_some_and(|name| known.contains(&name));
        let foreign = match product {
            Some(product) => product != "windows" && (audit || OTHER_SYSTEMS.contains(&product)),
            None => {
                audit && (of(&OTHER_SOFTWARE, category) || of(&OTHER_SERVICES, source.service.as_deref()))
            }
        };
        if foreign {
            return false;
        }
        if let Some(service) = source.service.as_deref() {
            let mut channels = SERVICES.iter().filter(|(name, _)| *name == service).peekable();
            if product == Some("windows")
                && channels.peek().is_some()
                && !channels.any(|(_, on)| *on == channel)
            {
                return false;
            }
        }
        match (category, id) {
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
                && admits(sysmon, "dns", "", "")
        );
        assert!(!admits(sysmon, "webserver", "", "") && !admits(sysmon, "", "zeek", "http"));
        let system = r#"{"Channel": "System", "EventID": 7045}"#;
        assert!(admits(system, "antivirus", "", "") && admits(system, "", "zeek", ""));
        assert!(!admits(system, "", "linux", ""));
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
