use super::options::Detection;
use crate::Error;
use crate::terminal::{Input, Out, each};
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use sting_core::offset::{Offsets, Unit};
use sting_pii::Scrubber;

/// Say where private data and secrets stand in a text
///
/// The values themselves are not printed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting find notes.txt
  sting find --json --min-score 0.8 src/*.py | jq -r 'select(.kind == \"aws_access_key_id\") | .file'
  git diff | sting find --entity github_token --entity private_key")]
pub struct Find {
    /// Texts to look into; none or `-` is standard input
    files: Vec<PathBuf>,
    #[command(flatten)]
    detection: Detection,
    /// Write one JSON object a finding: kind, start, end (code points), score, file
    #[arg(long)]
    json: bool,
}

impl Find {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let scrubber = Scrubber::new(self.detection.config()?)?;
        each(&self.files, |path| {
            let Input { name, text } = Input::read(path)?;
            let offsets = Offsets::new(&text, Unit::CodePoints);
            let (mut line, mut line_start, mut seen) = (1, 0, 0);
            for finding in scrubber.find(&text)? {
                let span = offsets.span(finding.span);
                if self.json {
                    let score = finding.score;
                    out.json(&json!({"kind": &*finding.kind, "start": span.start, "end": span.end, "score": score, "file": name}))?;
                    continue;
                }
                let before = &text.as_bytes()[seen..finding.span.start];
                line += before.split(|byte| *byte == b'\n').count() - 1;
                if let Some(last) = before.iter().rposition(|byte| *byte == b'\n') {
                    line_start = offsets.from_byte(seen + last + 1);
                }
                seen = finding.span.start;
                let column = span.start - line_start + 1;
                writeln!(
                    out,
                    "{name}:{line}:{column}: {} ({:.2}, {} characters)",
                    finding.kind,
                    finding.score,
                    span.len()
                )?;
            }
            Ok(())
        })
    }
}
