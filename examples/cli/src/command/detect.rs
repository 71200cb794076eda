use super::options::rules;
use crate::Error;
use crate::demo::figures::{clip, count, plural};
use crate::event_stream;
use crate::terminal::{Out, each, say};
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Match events against rules
///
/// Events are JSON Lines. Rules are Sigma files, found by their extension `.yml` or `.yaml` in the
/// folders given. A rule that cannot be used is named, and the others are applied.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting detect events.jsonl --rules rules
  zcat archive.jsonl.gz | sting detect - --rules rules --rules own-rule.yml --json
  sting generate events --count 2000 | sting detect --rules rules | sort | uniq -c")]
pub struct Detect {
    /// Files of events; none or `-` is standard input
    events: Vec<PathBuf>,
    /// File or folder of rules; may be given several times
    #[arg(long, value_name = "PATH", required = true)]
    rules: Vec<PathBuf>,
    /// Write one JSON object a match: file, line, rule_id, title, level, tags, path, fields
    #[arg(long)]
    json: bool,
}

impl Detect {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let rules = rules(&self.rules)?;
        let (mut events, mut matched) = (0, 0);
        let done = each(&self.events, |path| {
            let name = path.display().to_string();
            let read = event_stream::each(path, |line, event| {
                let matches = rules.matches(&event);
                matched += u64::from(!matches.is_empty());
                for found in &matches {
                    if self.json {
                        let mut object = json!(found);
                        object["file"] = json!(name);
                        object["line"] = json!(line);
                        out.json(&object)?;
                        continue;
                    }
                    let level = found.level.map_or("-", |level| level.as_str());
                    writeln!(out, "{name}:{line}: {level}: {}", found.title)?;
                    for field in &found.fields {
                        writeln!(out, "    {} = {}", field.field, clip(&field.value, 120))?;
                    }
                }
                Ok(())
            })?;
            events += read.events;
            read.complete()
        });
        out.flush()?;
        say(format_args!(
            "{} of {} matched {}",
            count(matched),
            plural(events, "event"),
            plural(rules.len() as u64, "rule")
        ));
        done.and(super::options::all_usable(&rules))
    }
}
