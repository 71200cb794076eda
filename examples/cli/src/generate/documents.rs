use super::{Filled, Filler, Truth};

const PARAGRAPHS: &str = include_str!("templates/paragraphs.txt");
const LOGS: &str = include_str!("templates/logs.txt");

const CSV_HEADER: &str = "customer,name,email,phone,city,amount,card,iban,order\n";
const CSV_ROW: &str = "{{.next}}C-{{~number}},{{.name}},{{email}},{{phone}},{{.city}},{{.amount}},{{credit_card}},{{iban}},{{~order}}\n";
const TICKET: &str = r#"{{.next}}{
  "key": "SUP-{{.count}}",
  "created": "{{.date}}T{{.time}}Z",
  "summary": "{{.topic}}",
  "reporter": { "name": "{{.name}}", "email": "{{email}}", "phone": "{{phone}}" },
  "environment": { "firmware": "{{~version}}", "client": "{{ip_address}}", "trace_id": "{{~hex32}}" },
  "comments": [
"#;
const MAIL_HEADER: &str = "{{.next}}From: {{.first}} <{{email}}>
{{.next}}To: <{{email}}>
Subject: {{.topic}}
Date: Wed, 18 Feb 2026 {{.time}} +0000
Message-ID: <{{~hex16}}@mail.example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"=_b1\"

--=_b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

";
const MAIL_ATTACHMENT: &str = "
--=_b1
Content-Type: text/plain; charset=utf-8; name=\"note.txt\"
Content-Disposition: attachment; filename=\"note.txt\"
Content-Transfer-Encoding: base64

";

/// A file that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedDocument {
    /// Relative path, with `/` between folders.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// `count` documents, in turn Markdown, HTML, text, CSV, JSON, mail and log files.
///
/// Every value in [`Truth`] has its span in the bytes of its file, unless it stands in the body of
/// a mail, which is encoded.
pub fn documents(count: usize, seed: u64) -> (Vec<GeneratedDocument>, Truth) {
    let mut author = Author { filler: Filler::new(seed, "documents"), file: String::new() };
    let (mut documents, mut truth) = (Vec::with_capacity(count), Truth::new());
    for number in 0..count {
        let (kind, write) = KINDS[number % KINDS.len()];
        author.file = format!("{kind}/{number:05}.{kind}");
        let filled = write(&mut author);
        documents.push(GeneratedDocument { name: author.file.clone(), bytes: filled.text.into_bytes() });
        truth.extend(filled.planted);
    }
    (documents, truth)
}

/// Extension, and how such a file is written.
type Kind = (&'static str, fn(&mut Author) -> Filled);

const KINDS: [Kind; 7] = [
    ("md", Author::markdown),
    ("html", Author::html),
    ("txt", Author::text),
    ("csv", Author::csv),
    ("json", Author::json),
    ("eml", Author::mail),
    ("log", Author::log),
];

struct Author {
    filler: Filler,
    file: String,
}

impl Author {
    fn markdown(&mut self) -> Filled {
        let mut page = self.fill("# {{.topic}}, {{.city}}\n\n");
        for _ in 0..self.between(2, 5) {
            page.append(self.fill("## {{.team}}: {{.topic}}\n\n"));
            page.append(self.paragraphs("", "\n\n"));
        }
        page
    }

    fn html(&mut self) -> Filled {
        let mut page = self.fill(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{{.topic}}</title>\n\
             <script>var build = \"{{~hex40}}\";</script></head>\n<body>\n<h1>{{.topic}}</h1>\n",
        );
        for _ in 0..self.between(2, 5) {
            page.append(self.fill("<h2>{{.team}} &amp; {{.city}}</h2>\n"));
            page.append(self.paragraphs("<p>", "</p>\n"));
        }
        page.append(self.fill("</body></html>\n"));
        page
    }

    fn text(&mut self) -> Filled {
        let mut page = self.fill("{{.topic}}\n\n");
        for _ in 0..self.between(2, 5) {
            page.append(self.paragraphs("", "\n\n"));
        }
        page
    }

    fn csv(&mut self) -> Filled {
        let mut page = self.fill(CSV_HEADER);
        for _ in 0..self.between(5, 60) {
            page.append(self.fill(CSV_ROW));
        }
        page
    }

    fn json(&mut self) -> Filled {
        let mut page = self.fill(TICKET);
        for number in 0..self.between(1, 6) {
            page.append(self.fill(if number == 0 { "    \"" } else { ",\n    \"" }));
            page.append(self.paragraph());
            page.append(self.fill("\""));
        }
        page.append(self.fill("\n  ]\n}\n"));
        page
    }

    /// The body is quoted-printable, the attachment base64: no private value of either stands
    /// there as it is.
    fn mail(&mut self) -> Filled {
        let mut page = self.fill(MAIL_HEADER);
        let body: Vec<&str> =
            (0..self.between(1, 4)).map(|_| self.filler.dice().pick(&lines(PARAGRAPHS))).collect();
        page.append(self.fill(&format!("{{{{quoted}}}}{}{{{{/quoted}}}}", body.join("\n\n"))));
        page.append(self.fill(MAIL_ATTACHMENT));
        let note = self.filler.dice().pick(&lines(PARAGRAPHS));
        page.append(self.fill(&format!("{{{{base64}}}}{note}\n{{{{/base64}}}}\n--=_b1--\n")));
        page
    }

    fn log(&mut self) -> Filled {
        let mut page = Filled::default();
        for _ in 0..self.between(20, 120) {
            let line = self.filler.dice().pick(&lines(LOGS));
            self.filler.next_person();
            page.append(self.fill(line));
            page.append(self.fill("\n"));
        }
        page
    }

    fn paragraphs(&mut self, before: &str, after: &str) -> Filled {
        let mut all = Filled::default();
        for _ in 0..self.between(1, 4) {
            all.append(self.fill(before));
            all.append(self.paragraph());
            all.append(self.fill(after));
        }
        all
    }

    fn paragraph(&mut self) -> Filled {
        let template = self.filler.dice().pick(&lines(PARAGRAPHS));
        self.filler.next_person();
        self.fill(template)
    }

    fn fill(&mut self, template: &str) -> Filled {
        self.filler.fill_bundled(&self.file, template)
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.filler.dice().between(low, high)
    }
}

fn lines(templates: &'static str) -> Vec<&'static str> {
    templates.lines().collect()
}

#[cfg(test)]
mod tests {
    use super::super::Planted;
    use super::*;

    #[test]
    fn every_paragraph_fills() {
        for template in lines(PARAGRAPHS) {
            Filler::new(1, "t").fill("t", template).unwrap();
        }
    }

    #[test]
    fn spans_hold_the_values() {
        let (documents, truth) = documents(70, 3);
        assert_eq!(documents.len(), 70);
        let mut without_span = 0;
        for Planted { file, span, value, .. } in &truth {
            let document = documents.iter().find(|document| document.name == *file).unwrap();
            match span {
                Some(span) => assert_eq!(&document.bytes[span.range()], value.as_bytes()),
                None => without_span += 1,
            }
        }
        assert!(without_span > 0 && without_span < truth.len() / 3);
    }

    #[test]
    fn json_is_json() {
        let (documents, _) = documents(70, 4);
        for document in documents.iter().filter(|document| document.name.starts_with("json/")) {
            serde_json::from_slice::<serde_json::Value>(&document.bytes).unwrap();
        }
    }
}
