use crate::Error;
use crate::generate::{LOG_FILE, documents, events, logs};
use crate::terminal::{Out, write_file};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Make realistic events, logs or documents with known contents
///
/// The same count and seed give the same bytes on every machine. The truth says, one JSON object a
/// line, what was planted where: private values and secrets, look-alikes (`~`), attacks.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting generate logs --count 1000 --seed 7 --truth truth.jsonl > generated.log
  sting generate events --count 2000 --seed 7 | sting detect - --rules rules
  sting generate documents --count 40 --seed 7 --out docs --truth docs-truth.jsonl")]
pub struct Generate {
    /// What to make
    #[arg(value_enum)]
    what: What,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1000)]
    count: usize,
    /// Another seed gives other data
    #[arg(long, value_name = "S", default_value_t = 7)]
    seed: u64,
    /// Folder to write to; events and logs go to standard output if absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// File for the truth, JSON Lines
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Events,
    Logs,
    Documents,
}

impl Generate {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        match self.what {
            What::Events => {
                let (events, truth) = events(self.count, self.seed);
                let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
                self.lines("events.jsonl", &lines, out)?;
                self.truth(&truth.attacks)
            }
            What::Logs => {
                let (lines, truth) = logs(self.count, self.seed);
                self.lines(LOG_FILE, &lines, out)?;
                self.truth(&truth)
            }
            What::Documents => {
                let Some(folder) = &self.out else {
                    return Err(Error::Usage {
                        problem: "documents are files and need a folder".to_owned(),
                        hint: "add --out DIR".to_owned(),
                    });
                };
                let (documents, truth) = documents(self.count, self.seed);
                for document in documents {
                    write_file(&folder.join(&document.name), &document.bytes)?;
                }
                self.truth(&truth)
            }
        }
    }

    fn lines(&self, name: &str, lines: &[String], out: &mut Out) -> Result<(), Error> {
        let Some(folder) = &self.out else {
            return lines.iter().try_for_each(|line| Ok(writeln!(out, "{line}")?));
        };
        let mut text = lines.join("\n");
        if !lines.is_empty() {
            text.push('\n');
        }
        write_file(&folder.join(name), text.as_bytes())
    }

    fn truth(&self, truth: &[impl Serialize]) -> Result<(), Error> {
        let Some(path) = &self.truth else { return Ok(()) };
        let failed = || Error::io("writing", path);
        let mut file = BufWriter::new(File::create(path).map_err(failed())?);
        for entry in truth {
            serde_json::to_writer(&mut file, entry).map_err(|error| failed()(error.into()))?;
            file.write_all(b"\n").map_err(failed())?;
        }
        file.flush().map_err(failed())
    }
}
