use super::options::{all_usable, rules};
use crate::Error;
use crate::demo::figures::count;
use crate::event_stream;
use crate::terminal::{Out, each, say};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use sting_core::analyze::{Analyzer, RiskLevel};

/// Decide how bad each event is, and why
///
/// Rules decide first, then what the event says of itself. Every decision names what it rests on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting analyze events.jsonl --rules rules
  sting generate events --count 2000 | sting analyze --rules rules --json | jq .risk_level")]
pub struct Analyze {
    /// Files of events; none or `-` is standard input
    events: Vec<PathBuf>,
    /// File or folder of rules; may be given several times
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Write one JSON object an event: line, risk_level, method, reason, action, score, matches, ..
    #[arg(long)]
    json: bool,
}

impl Analyze {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let analyzer = Analyzer::default().with_rules(rules(&self.rules)?);
        let mut levels: BTreeMap<RiskLevel, u64> = BTreeMap::new();
        let done = each(&self.events, |path| {
            let name = path.display().to_string();
            let read = event_stream::each(path, |line, event| {
                let analysis = analyzer.analyze(&event);
                *levels.entry(analysis.risk_level).or_default() += 1;
                if self.json {
                    let mut object = json!(analysis);
                    object["file"] = json!(name);
                    object["line"] = json!(line);
                    return out.json(&object);
                }
                if analysis.risk_level > RiskLevel::Low {
                    let (level, score) = (analysis.risk_level, analysis.score);
                    writeln!(
                        out,
                        "{name}:{line}: {level} ({score:.0}): {} {}.",
                        analysis.reason, analysis.action
                    )?;
                }
                Ok(())
            })?;
            read.complete()
        });
        out.flush()?;
        let levels: Vec<String> =
            levels.iter().rev().map(|(level, number)| format!("{} {level}", count(*number))).collect();
        say(format_args!("{}", levels.join(", ")));
        done.and(all_usable(analyzer.rules()))
    }
}
