use super::options::Treatment;
use crate::Error;
use crate::terminal::{Input, Out, each, say};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use sting_core::offset::{Offsets, Unit};
use sting_pii::Format;

/// Replace private data and secrets in a text
///
/// The scrubbed text goes to standard output. If a text cannot be scrubbed, nothing of it does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting scrub notes.txt > clean.txt
  journalctl -b | sting scrub --report > boot.log
  sting scrub --action email=remove --action 'credit_card={\"mask\":{\"keep_last\":4}}' mail.txt
  sting scrub --format auto --preset logs --audit audit.json app.log > clean.log
  sting scrub --action '*=hash' --key-file key.bin --json *.txt")]
pub struct Scrub {
    /// Texts to scrub; none or `-` is standard input
    files: Vec<PathBuf>,
    #[command(flatten)]
    treatment: Treatment,
    /// How the texts are structured: auto, text, json, json_lines, logfmt, syslog, access_log, csv or log
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write an account of all texts to a file, as JSON: counts by group, kind and sensitivity
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// Say on standard error how much was found and what was done with it
    #[arg(long)]
    report: bool,
    /// Write one JSON object a file: file, text, findings (offsets in code points)
    #[arg(long)]
    json: bool,
}

impl Scrub {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let scrubber = self.treatment.scrubber()?;
        let mut tally: BTreeMap<(String, &str), u64> = BTreeMap::new();
        let mut audit = self.treatment.audit()?;
        let done = each(&self.files, |path| {
            let input = Input::read(path)?;
            let result = scrubber
                .scrub_as(self.format, &input.text)
                .map_err(|error| Error::from(error).within(&input.name))?;
            audit.add(&input.text, &result);
            for finding in &result.findings {
                *tally.entry((finding.kind.to_string(), finding.action)).or_default() += 1;
            }
            if !self.json {
                return Ok(out.write_all(result.text.get().as_bytes())?);
            }
            let offsets = Offsets::new(&input.text, Unit::CodePoints);
            let findings: Vec<_> = result
                .findings
                .iter()
                .map(|finding| {
                    let span = offsets.span(finding.span);
                    json!({"kind": &*finding.kind, "start": span.start, "end": span.end,
                           "score": finding.score, "action": finding.action})
                })
                .collect();
            out.json(&json!({"file": input.name, "text": result.text.get(), "findings": findings}))
        });
        if let Some(path) = &self.audit {
            let report = serde_json::to_vec_pretty(&audit.report()).map_err(std::io::Error::from)?;
            std::fs::write(path, report).map_err(Error::io("writing", path))?;
        }
        if self.report {
            out.flush()?;
            for ((kind, action), number) in &tally {
                say(format_args!("{number:>8}  {kind}  {action}"));
            }
            say(format_args!("{:>8}  in all", tally.values().sum::<u64>()));
        }
        done
    }
}
