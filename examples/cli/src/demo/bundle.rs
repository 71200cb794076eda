//! The documents that the binary carries, so that the demo needs no file and no network.

use crate::generate::{Filler, GeneratedDocument, Truth};

/// One bundled template: its path under `demo/documents`, and its text.
struct Template {
    name: &'static str,
    text: &'static str,
    encoding: Encoding,
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Latin1,
}

macro_rules! bundle {
    ($($encoding:ident $name:literal)*) => {
        &[$(Template {
            name: $name,
            text: include_str!(concat!("../../demo/documents/", $name)),
            encoding: Encoding::$encoding,
        }),*]
    };
}

const TEMPLATES: &[Template] = bundle![
    Utf8 "config/ci-pipeline.json"
    Utf8 "config/gateway.json"
    Utf8 "exports/assets.csv"
    Utf8 "exports/customers.csv"
    Latin1 "exports/kunden-dach.csv"
    Utf8 "exports/payroll-2026-02.csv"
    Utf8 "exports/refunds.csv"
    Utf8 "handbook/customer-support.md"
    Utf8 "handbook/datenschutz.de.md"
    Utf8 "handbook/expenses.md"
    Utf8 "handbook/incident-response.md"
    Utf8 "handbook/information-security.md"
    Utf8 "handbook/on-call.md"
    Utf8 "handbook/onboarding.md"
    Utf8 "handbook/release-checklist.md"
    Utf8 "handbook/remote-work.fr.md"
    Utf8 "intranet/benefits.es.html"
    Utf8 "intranet/facilities-osaka.ja.html"
    Utf8 "intranet/index.html"
    Utf8 "intranet/product-lw40.html"
    Utf8 "intranet/team-directory.html"
    Utf8 "intranet/vpn-setup.html"
    Utf8 "logs/auth.log"
    Utf8 "logs/deploy-lw40.log"
    Utf8 "logs/gateway-access.log"
    Utf8 "logs/pairing-service.log"
    Utf8 "logs/portal.log"
    Utf8 "mail/chargeback.eml"
    Utf8 "mail/facture.fr.eml"
    Utf8 "mail/forwarded-breach.eml"
    Utf8 "mail/newsletter.eml"
    Utf8 "mail/visit-report.eml"
    Utf8 "notes/board-call-2026-03.txt"
    Utf8 "notes/field-trip-kiruna.sv.txt"
    Utf8 "notes/handover-lena.txt"
    Utf8 "notes/interview-notes.txt"
    Utf8 "notes/reuniao-clientes.pt.txt"
    Utf8 "notes/vendor-visit.txt"
    Utf8 "tickets/OPS-881.json"
    Utf8 "tickets/SUP-20417.json"
    Utf8 "tickets/SUP-20433.json"
    Utf8 "tickets/export.jsonl"
];

/// The bundled documents with their values planted, and what was planted.
///
/// The templates hold no secret: keys and tokens are made up here, from a fixed seed.
pub fn documents() -> (Vec<GeneratedDocument>, Truth) {
    let (mut documents, mut truth) = (Vec::with_capacity(TEMPLATES.len()), Truth::new());
    for template in TEMPLATES {
        let filled = Filler::new(2026, template.name).fill_bundled(template.name, template.text);
        let (bytes, planted) = match template.encoding {
            Encoding::Utf8 => (filled.text.into_bytes(), filled.planted),
            Encoding::Latin1 => filled.into_latin_1(),
        };
        documents.push(GeneratedDocument { name: template.name.to_owned(), bytes });
        truth.extend(planted);
    }
    (documents, truth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A document that is added to the folder and not to the table would be lost without a word.
    #[test]
    fn the_table_lists_the_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/documents");
        let mut found = Vec::new();
        for folder in std::fs::read_dir(&root).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
        found.sort();
        let listed: Vec<&str> = TEMPLATES.iter().map(|template| template.name).collect();
        assert_eq!(found, listed);
    }

    #[test]
    fn spans_hold_the_values() {
        let (documents, truth) = documents();
        for planted in &truth {
            let document = documents.iter().find(|document| document.name == planted.file).unwrap();
            if let Some(span) = planted.span {
                let latin_1 = planted.file.ends_with("kunden-dach.csv");
                let bytes = &document.bytes[span.range()];
                let text: String = if latin_1 {
                    bytes.iter().map(|byte| *byte as char).collect()
                } else {
                    String::from_utf8(bytes.to_vec()).unwrap()
                };
                assert_eq!(text, planted.value);
            }
        }
        assert!(truth.iter().filter(|planted| !planted.is_look_alike()).count() > 250);
    }

    #[test]
    fn json_is_json() {
        for document in documents().0.iter().filter(|document| document.name.starts_with("config/")) {
            serde_json::from_slice::<serde_json::Value>(&document.bytes).expect(&document.name);
        }
    }
}
