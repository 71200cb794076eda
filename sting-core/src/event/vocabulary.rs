//! One vocabulary of event types and severities, with the names that other systems use for them.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $(| $alias:literal)*;)*) => {
        /// What kind of thing happened.
        ///
        /// A name that is not in the vocabulary is kept as it is, under [`EventType::Other`].
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventType {
            $($(#[$doc])* $variant,)*
            /// A type that this vocabulary does not have.
            Other(String),
        }

        impl EventType {
            /// Every type of the vocabulary.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in this vocabulary.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }

            /// The type of a name or alias. Case, spaces, `-` and `_` do not matter.
            pub fn of(name: &str) -> Self {
                match fold(name).as_str() {
                    $($name $(| $alias)* => Self::$variant,)*
                    _ => Self::Other(name.trim().to_owned()),
                }
            }
        }
    };
}

event_types! {
    /// A login was tried; the outcome is in the event.
    Login = "login" | "login_attempt" | "logon" | "authentication" | "signin";
    /// A login succeeded.
    LoginSuccess = "login_success" | "admin_login" | "passkey_auth_success";
    /// A login failed.
    LoginFailed = "login_failed" | "login_failure" | "passkey_auth_failed" | "api_key_auth_failed";
    /// A session ended.
    Logout = "logout" | "logoff" | "session_expired";
    /// An account was created, changed, locked or deleted.
    AccountChange = "account_change" | "user_created" | "user_deleted" | "account_locked" | "account_unlocked" | "role_changed" | "password_reset";
    /// Rights were raised.
    PrivilegeEscalation = "privilege_escalation";
    /// Something was done without the right to do it.
    AccessViolation = "access_violation" | "access_denied" | "rate_limit_exceeded" | "invalid_token";
    /// A file was read, written or deleted.
    FileAccess = "file_access" | "file_event" | "file" | "sensitive_data_access";
    /// A process was started.
    ProcessCreation = "process_creation" | "process" | "process_start" | "new_process";
    /// A connection was made.
    NetworkConnection = "network_connection" | "network";
    /// A name was looked up.
    DnsQuery = "dns_query" | "dns";
    /// A registry key or value was changed.
    RegistryChange = "registry_change" | "registry_event" | "registry_set";
    /// A web server or proxy answered a request.
    WebRequest = "web_request" | "web" | "http" | "proxy";
    /// An interface of a cloud provider was called.
    CloudApi = "cloud_api" | "cloud" | "cloudtrail";
    /// A firewall took or refused traffic, or raised an alarm.
    Firewall = "firewall" | "firewall_alert";
    /// Malware was found.
    Malware = "malware" | "malware_detection" | "antivirus";
    /// Data left that should not have.
    DataExfiltration = "data_exfiltration" | "exfiltration";
    /// A service was flooded.
    DenialOfService = "denial_of_service" | "ddos_attack" | "ddos" | "dos";
    /// A system was changed or updated.
    SystemChange = "system_change" | "system_update" | "system";
    /// A system behaves unlike itself.
    SystemAnomaly = "system_anomaly" | "anomaly" | "suspicious_activity" | "observability.health.failed";
    /// A system raised an alert.
    Alert = "alert" | "system.alert" | "alert.received" | "observability.alert.triggered";
    /// A threat was detected by an upstream system.
    Threat = "threat" | "threat.detected" | "honey_jar.triggered";
    /// A user did something.
    UserAction = "user_action" | "user.action" | "observability.dashboard.accessed";
    /// Private data was found or removed.
    PrivateData = "private_data" | "observability.pii.detected" | "observability.log.sanitized";
    /// An analysis came to its end.
    AnalysisComplete = "analysis_complete" | "ai.analysis.complete" | "alert.triaged";
}

fn fold(name: &str) -> String {
    name.trim().chars().map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() }).collect()
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&std::borrow::Cow::<'de, str>::deserialize(deserializer)?))
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Of interest as context only.
    Informational,
    /// Worth a look in numbers.
    Low,
    /// Worth a review.
    Medium,
    /// Worth a prompt review.
    High,
    /// Needs somebody now.
    Critical,
}

impl Severity {
    /// Every severity, from the least.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name in this vocabulary.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// How bad one sign of this severity is, in points of 100: inside the band of the risk level of the same name.
    pub const fn points(self) -> f64 {
        match self {
            Self::Informational => 3.0,
            Self::Low => 15.0,
            Self::Medium => 40.0,
            Self::High => 65.0,
            Self::Critical => 90.0,
        }
    }

    /// The severity of a name or alias: syslog's, the incident classes SEV-1 to SEV-4, and Sigma's.
    pub fn of(name: &str) -> Option<Self> {
        Some(match fold(name).as_str() {
            "informational" | "information" | "info" | "debug" | "verbose" | "notice" | "none" => {
                Self::Informational
            }
            "low" | "sev_4" | "minor" => Self::Low,
            "medium" | "moderate" | "warning" | "warn" | "sev_3" => Self::Medium,
            "high" | "error" | "err" | "major" | "sev_2" => Self::High,
            "critical" | "crit" | "fatal" | "alert" | "emerg" | "emergency" | "sev_1" => Self::Critical,
            _ => return None,
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{EventType, Severity};

    #[test]
    fn names_and_aliases() {
        for event_type in EventType::ALL {
            assert_eq!(EventType::of(event_type.as_str()), *event_type);
        }
        assert_eq!(EventType::of("honey jar.triggered"), EventType::Threat);
        assert_eq!(EventType::of(" Login-Attempt "), EventType::Login);
        assert_eq!(EventType::of("Coffee"), EventType::Other("Coffee".into()));
        assert_eq!(Severity::of("SEV-1"), Some(Severity::Critical));
        assert_eq!(Severity::of("dire"), None);
        assert!(Severity::ALL.is_sorted());
    }
}
