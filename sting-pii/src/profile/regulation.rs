//! The built-in profiles as data.

use crate::Risk;
use crate::action::{Action, DatePrecision, Generalize};

/// Groups of kinds that are personal data in the widest sense of the law.
const PERSONAL_DATA: &[&str] = &[
    "name",
    "contact",
    "personal",
    "government",
    "financial",
    "medical",
    "network",
    "location",
    "device",
    "vehicle",
    "education",
    "employment",
    "secret",
];

/// What a built-in profile looks for, what it does, and on whose word. A mapping, not a certification.
#[derive(Debug)]
#[non_exhaustive]
pub struct ProfileInfo {
    /// Its name in settings.
    pub name: &'static str,
    /// The regulation.
    pub title: &'static str,
    /// Where the regulation says what is to be protected.
    pub source: &'static str,
    /// Groups of kinds that it looks for; what is on by default if there are none.
    pub tags: &'static [&'static str],
    /// Actions for kinds of which it asks something special.
    pub actions: &'static [(&'static str, Action)],
    /// From which risk on findings are its business.
    pub risk_threshold: Risk,
    /// For how many days such data may be kept, as a proposal.
    pub retention_days: Option<u32>,
    /// The identifiers that the regulation names, and the kinds that find them.
    pub identifiers: &'static [Identifier],
    /// What the regulation names and no scanner of text can find.
    pub beyond_text: &'static [&'static str],
}

/// An identifier that a regulation names.
#[derive(Debug)]
#[non_exhaustive]
pub struct Identifier {
    /// In the regulation's words, shortened.
    pub name: &'static str,
    /// Kinds that find it, or some of it.
    pub kinds: &'static [&'static str],
    /// Groups of kinds that find it, or some of it.
    pub tags: &'static [&'static str],
}

const fn by_kinds(name: &'static str, kinds: &'static [&'static str]) -> Identifier {
    Identifier { name, kinds, tags: &[] }
}

const fn by_tags(name: &'static str, tags: &'static [&'static str]) -> Identifier {
    Identifier { name, kinds: &[], tags }
}

const WIDER: Action = Action::Generalize(Generalize { dates: DatePrecision::Year, round: 100 });

const PROFILES: &[ProfileInfo] = &[
    ProfileInfo {
        name: "default",
        title: "Everything that is private in most texts",
        source: "",
        tags: &[],
        actions: &[],
        risk_threshold: Risk::Low,
        retention_days: None,
        identifiers: &[],
        beyond_text: &[],
    },
    ProfileInfo {
        name: "gdpr",
        title: "General Data Protection Regulation, European Union",
        source: "Regulation (EU) 2016/679, articles 4(1), 4(13) to (15), 9(1) and 87",
        tags: PERSONAL_DATA,
        actions: &[],
        risk_threshold: Risk::Low,
        retention_days: Some(1095),
        identifiers: &[
            by_tags("name", &["name"]),
            by_tags("identification number", &["government"]),
            by_tags("location data", &["location"]),
            by_tags("online identifier", &["network", "device"]),
            by_tags("contact details", &["contact"]),
            by_tags("economic identity", &["financial"]),
            by_tags("data concerning health", &["medical"]),
            by_tags("national identification number", &["government"]),
        ],
        beyond_text: &[
            "genetic data",
            "biometric data",
            "racial or ethnic origin, political opinions, religious beliefs, trade union membership and sexual \
             orientation, which are statements and not identifiers",
            "persons who can be told from a combination of facts",
        ],
    },
    ProfileInfo {
        name: "hipaa",
        title: "HIPAA Privacy Rule, de-identification by Safe Harbor, United States",
        source: "45 CFR 164.514(b)(2)(i)(A) to (R)",
        tags: &[
            "name",
            "contact",
            "personal",
            "government",
            "financial",
            "medical",
            "network",
            "web",
            "location",
            "device",
            "vehicle",
            "date",
            "secret",
        ],
        // (B) allows three digits of most ZIP codes. (C) allows the year of a date, but not where it tells an age over 89,
        // which a scanner cannot know: who knows it sets `generalize` for dates.
        actions: &[("us_zip_code", WIDER), ("age", WIDER)],
        risk_threshold: Risk::Medium,
        retention_days: Some(2555),
        identifiers: &[
            by_tags("(A) names", &["name"]),
            Identifier {
                name: "(B) geographic subdivisions smaller than a state",
                kinds: &["us_zip_code", "geo_coordinates"],
                tags: &["location"],
            },
            by_kinds("(C) dates but for the year, ages over 89", &["date", "date_of_birth", "age"]),
            by_kinds("(D) telephone numbers", &["phone"]),
            by_kinds("(E) fax numbers", &["phone"]),
            by_kinds("(F) e-mail addresses", &["email"]),
            by_kinds("(G) social security numbers", &["us_ssn"]),
            by_kinds("(H) medical record numbers", &["medical_record_number"]),
            by_kinds("(I) health plan beneficiary numbers", &["us_mbi", "health_insurance_id"]),
            by_kinds("(J) account numbers", &["us_bank_account", "iban", "credit_card"]),
            by_kinds(
                "(K) certificate and license numbers",
                &["us_driver_license", "us_npi", "us_dea_number"],
            ),
            Identifier {
                name: "(L) vehicle identifiers, license plates",
                kinds: &["vin"],
                tags: &["vehicle"],
            },
            by_kinds("(M) device identifiers and serial numbers", &["imei", "mac_address"]),
            by_kinds("(N) web addresses", &["url"]),
            by_kinds("(O) IP addresses", &["ip_address"]),
            by_tags("(P) biometric identifiers", &[]),
            by_tags("(Q) full-face photographs and comparable images", &[]),
            Identifier {
                name: "(R) any other unique identifying number, characteristic or code",
                kinds: &["prescription_number", "us_passport"],
                tags: &["government", "secret"],
            },
        ],
        beyond_text: &[
            "(P) biometric identifiers such as finger and voice prints",
            "(Q) full-face photographs and comparable images",
            "(R) characteristics in words: the mayor of a small town",
            "serial numbers of devices whose makers use no common form",
            "the entity's own knowledge that what is left could identify somebody, 164.514(b)(2)(ii)",
        ],
    },
    // Requirement 3.4.1: at most the first six and the last four digits may be shown. 3.3.1: no code after authorisation.
    ProfileInfo {
        name: "pci_dss",
        title: "Payment Card Industry Data Security Standard",
        source: "PCI DSS 4.0.1, requirements 3.3 and 3.4",
        tags: &["card", "secret"],
        actions: &[
            ("credit_card", Action::Mask { keep_first: 6, keep_last: 4 }),
            ("card_cvv", Action::Remove),
        ],
        risk_threshold: Risk::High,
        retention_days: Some(365),
        identifiers: &[
            by_kinds("primary account number", &["credit_card"]),
            by_kinds("card verification code", &["card_cvv"]),
            by_tags("credentials of systems that process cards", &["secret"]),
        ],
        beyond_text: &[
            "full track data on a magnetic stripe or chip",
            "PINs and PIN blocks that nothing names",
        ],
    },
    ProfileInfo {
        name: "ccpa",
        title: "California Consumer Privacy Act",
        source: "California Civil Code 1798.140(v) and (ae)",
        tags: PERSONAL_DATA,
        actions: &[],
        risk_threshold: Risk::Low,
        retention_days: Some(730),
        identifiers: &[
            by_tags("real name, alias", &["name"]),
            by_tags("postal and e-mail address, telephone number", &["contact", "location"]),
            by_tags("online identifier, IP address", &["network", "device"]),
            by_tags("social security, driver's license, passport number", &["government"]),
            by_tags("bank account, credit card, debit card number", &["financial"]),
            by_tags("medical and health insurance information", &["medical"]),
            by_tags("education and employment information", &["education", "employment"]),
            by_tags("account log-in with its password", &["secret"]),
        ],
        beyond_text: &[
            "biometric information",
            "browsing history",
            "audio, visual and olfactory information",
            "inferences",
        ],
    },
    ProfileInfo {
        name: "glba",
        title: "Gramm-Leach-Bliley Act, United States",
        source: "15 U.S.C. 6809(4); 16 CFR 314.2(l) and (n)",
        tags: &["name", "contact", "personal", "government", "financial", "secret"],
        actions: &[("credit_card", Action::mask_keeping_last(4)), ("card_cvv", Action::Remove)],
        risk_threshold: Risk::Medium,
        retention_days: Some(730),
        identifiers: &[
            by_tags("nonpublic personal information: names and addresses of customers", &["name", "contact"]),
            by_tags("account numbers", &["financial"]),
            by_tags("social security and tax numbers", &["government"]),
        ],
        beyond_text: &["that somebody is or was a customer", "balances and payment history in words"],
    },
    ProfileInfo {
        name: "ferpa",
        title: "Family Educational Rights and Privacy Act, United States",
        source: "34 CFR 99.3, \"personally identifiable information\"",
        tags: &["name", "contact", "personal", "government", "location", "education", "secret"],
        actions: &[],
        risk_threshold: Risk::Medium,
        retention_days: Some(1825),
        identifiers: &[
            by_tags("names of the student and of parents", &["name"]),
            by_tags("address of the student or family", &["contact", "location"]),
            Identifier {
                name: "personal identifiers: social security and student number",
                kinds: &["us_ssn", "student_id"],
                tags: &[],
            },
            by_kinds("date of birth", &["date_of_birth"]),
        ],
        beyond_text: &[
            "biometric records",
            "mother's maiden name that nothing names",
            "grades and conduct in words",
        ],
    },
    ProfileInfo {
        name: "sox",
        title: "Sarbanes-Oxley Act, United States",
        source: "15 U.S.C. 7213 and 7262; 18 U.S.C. 1519",
        tags: &["financial", "business", "employment", "government", "secret"],
        actions: &[],
        risk_threshold: Risk::Medium,
        retention_days: Some(2555),
        identifiers: &[
            by_tags("accounts and payments in records of an audit", &["financial"]),
            by_tags("companies and their numbers", &["business"]),
            by_tags("credentials of systems for financial reporting", &["secret"]),
        ],
        beyond_text: &[
            "whether figures are right, and whether controls work: the law is about these, not about identifiers",
        ],
    },
    ProfileInfo {
        name: "attorney_client",
        title: "Attorney-client privilege, United States",
        source: "Upjohn Co. v. United States, 449 U.S. 383 (1981); Federal Rule of Evidence 502",
        tags: &["name", "contact", "personal", "government", "financial", "medical", "legal", "secret"],
        actions: &[],
        risk_threshold: Risk::Medium,
        retention_days: Some(3650),
        identifiers: &[
            by_tags("clients, witnesses and judges", &["name", "contact"]),
            by_kinds("matters", &["case_number", "client_matter_id", "contract_id"]),
            by_kinds("members of the bar", &["bar_number"]),
            by_kinds("settlements", &["settlement_amount"]),
        ],
        beyond_text: &["what was said in confidence, and to whom: privilege is about these"],
    },
    ProfileInfo {
        name: "secrets",
        title: "Passwords, keys and tokens",
        source: "",
        tags: &["secret"],
        actions: &[],
        risk_threshold: Risk::High,
        retention_days: None,
        identifiers: &[],
        beyond_text: &[],
    },
];

/// Names of the built-in profiles.
pub fn profiles() -> Vec<&'static str> {
    PROFILES.iter().map(|profile| profile.name).collect()
}

/// What a built-in profile looks for and does.
///
/// ```
/// let hipaa = sting_pii::profile_info("hipaa").unwrap();
/// assert_eq!(hipaa.identifiers.len(), 18);
/// assert!(hipaa.beyond_text.iter().any(|what| what.contains("photographs")));
/// ```
pub fn profile_info(name: &str) -> Option<&'static ProfileInfo> {
    PROFILES.iter().find(|profile| profile.name == name)
}

#[cfg(test)]
mod tests {
    use super::PROFILES;
    use crate::catalog::builtin;
    use crate::profile::Profile;

    #[test]
    fn profiles_name_what_exists_and_look_for_it() {
        for info in PROFILES {
            let profile = Profile::named(info.name).unwrap();
            let rows = |kind: &str| builtin().iter().filter(|row| row.kind == kind).collect::<Vec<_>>();
            for (kind, _) in info.actions {
                assert!(!rows(kind).is_empty(), "{}: {kind}", info.name);
            }
            for kind in info.identifiers.iter().flat_map(|identifier| identifier.kinds) {
                assert!(rows(kind).iter().any(|row| profile.includes(row)), "{}: {kind}", info.name);
            }
            for tag in info.identifiers.iter().flat_map(|identifier| identifier.tags) {
                assert!(info.tags.contains(tag), "{}: {tag}", info.name);
            }
            let used = |tag: &str| builtin().iter().any(|row| row.tags.iter().any(|t| t == tag));
            // Names of people come from a model of their own.
            assert!(info.tags.iter().all(|tag| *tag == "name" || used(tag)), "{}", info.name);
        }
    }
}
