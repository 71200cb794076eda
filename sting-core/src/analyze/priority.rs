//! How soon a vulnerability has to be mended.

use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::time::Duration;

/// Priority of a vulnerability; the first is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CvePriority {
    /// Within 3 days.
    P1,
    /// Within 30 days.
    P2,
    /// Within 90 days.
    P3,
    /// Within 180 days.
    P4,
}

impl CvePriority {
    /// Time to mend it.
    pub fn deadline(self) -> Duration {
        let days = match self {
            Self::P1 => 3,
            Self::P2 => 30,
            Self::P3 => 90,
            Self::P4 => 180,
        };
        Duration::from_hours(days * 24)
    }
}

/// The parts of a CVSS 3 vector that a priority depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cvss3 {
    /// `PR:N` and `UI:N`: nobody has to log in or click.
    pub pre_auth: bool,
}

impl FromStr for Cvss3 {
    type Err = crate::Error;

    fn from_str(vector: &str) -> Result<Self, Self::Err> {
        let mut parts = vector.split('/');
        if !parts.next().is_some_and(|version| version.starts_with("CVSS:3.")) {
            return Err(crate::Error::config(
                "CVSS vector",
                "is not of version 3",
                "begin it with CVSS:3.0 or CVSS:3.1",
            ));
        }
        let has = |metric: &str| vector.split('/').any(|part| part == metric);
        Ok(Self { pre_auth: has("PR:N") && has("UI:N") })
    }
}

/// What is known about a vulnerability.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vulnerability {
    /// CVSS base score, 0 to 10.
    pub cvss: f64,
    /// Probability of exploitation within 30 days (EPSS), 0 to 1.
    pub epss: f64,
    /// In the catalogue of known exploited vulnerabilities.
    pub known_exploited: bool,
    /// Its vector.
    pub vector: Cvss3,
    /// It lets code run.
    pub remote_code: bool,
    /// It stops a service.
    pub denial_of_service: bool,
    /// The affected software is in use here.
    pub present: bool,
}

/// Where the affected software stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// It can be reached from the internet.
    pub internet_facing: bool,
    /// Whether the vulnerable code can be reached; `None` if not known.
    pub reachable: Option<bool>,
}

/// The priority of a vulnerability by itself.
pub fn cve_priority(vulnerability: &Vulnerability) -> CvePriority {
    let v = vulnerability;
    let pre_auth = v.vector.pre_auth;
    if v.known_exploited || v.cvss >= 9.0 && v.epss >= 0.5 || pre_auth && v.remote_code {
        CvePriority::P1
    } else if v.cvss >= 7.0 && v.epss >= 0.3 || pre_auth && v.denial_of_service {
        CvePriority::P2
    } else if v.cvss >= 4.0 && v.present {
        CvePriority::P3
    } else {
        CvePriority::P4
    }
}

/// The priority of a vulnerability where it stands: the exposure caps it, unless it is one that
/// has to be mended wherever it can be reached.
///
/// The caps are P1 and P3 on the internet and P2 and P4 inside, each for code that is known to be
/// reachable and code that is not.
pub fn exposed_priority(vulnerability: &Vulnerability, exposure: Exposure) -> CvePriority {
    let v = vulnerability;
    let confirmed = exposure.reachable == Some(true);
    let pre_auth = v.vector.pre_auth;
    let must_act = v.known_exploited && (exposure.internet_facing || pre_auth)
        || exposure.internet_facing && (pre_auth && confirmed || v.cvss >= 9.8);
    if must_act {
        return CvePriority::P1;
    }
    let cap = match (exposure.internet_facing, confirmed) {
        (true, true) => CvePriority::P1,
        (true, false) => CvePriority::P3,
        (false, true) => CvePriority::P2,
        (false, false) => CvePriority::P4,
    };
    cve_priority(v).max(cap)
}

#[cfg(test)]
mod tests {
    use super::CvePriority::{P1, P2, P3, P4};
    use super::{Cvss3, Exposure, Vulnerability, cve_priority, exposed_priority};

    #[test]
    fn by_itself() {
        let v = Vulnerability::default();
        let pre_auth: Cvss3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".parse().unwrap();
        let login: Cvss3 = "CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H".parse().unwrap();
        assert!(pre_auth.pre_auth && !login.pre_auth && "AV:N/AC:L".parse::<Cvss3>().is_err());
        for (vulnerability, priority) in [
            (Vulnerability { known_exploited: true, ..v }, P1),
            (Vulnerability { cvss: 9.0, epss: 0.5, ..v }, P1),
            (Vulnerability { cvss: 9.9, epss: 0.4, ..v }, P2),
            (Vulnerability { vector: pre_auth, remote_code: true, ..v }, P1),
            (Vulnerability { vector: login, remote_code: true, ..v }, P4),
            (Vulnerability { vector: pre_auth, denial_of_service: true, ..v }, P2),
            (Vulnerability { cvss: 7.0, epss: 0.3, ..v }, P2),
            (Vulnerability { cvss: 7.0, epss: 0.2, present: true, ..v }, P3),
            (Vulnerability { cvss: 3.9, present: true, ..v }, P4),
        ] {
            assert_eq!(cve_priority(&vulnerability), priority, "{vulnerability:?}");
        }
    }

    #[test]
    fn where_it_stands() {
        let v = Vulnerability { cvss: 9.5, epss: 0.9, present: true, ..Vulnerability::default() };
        let exposure = |internet_facing, reachable| Exposure { internet_facing, reachable };
        assert_eq!(exposed_priority(&v, exposure(true, Some(true))), P1);
        assert_eq!(exposed_priority(&v, exposure(true, None)), P3);
        assert_eq!(exposed_priority(&v, exposure(false, Some(true))), P2);
        assert_eq!(exposed_priority(&v, exposure(false, Some(false))), P4);
        let worst = Vulnerability { cvss: 9.8, ..v };
        assert_eq!(exposed_priority(&worst, exposure(true, None)), P1);
        let known = Vulnerability { known_exploited: true, ..v };
        assert_eq!(
            (exposed_priority(&known, exposure(true, None)), exposed_priority(&known, exposure(false, None))),
            (P1, P4)
        );
    }
}
