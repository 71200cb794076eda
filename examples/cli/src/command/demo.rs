use crate::Error;
use crate::demo::text::Style;
use crate::demo::{Plan, run, text};
use crate::terminal::{Out, progress};
use clap::Args;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// Go the whole way on bundled samples or your own folder, and write a report
///
/// Reads documents and 2,000 generated security events, scrubs, chunks, embeds and indexes them, runs
/// three searches, applies a bundled set of rules, and writes report.html, which needs no network.
/// Everything goes below the output folder; a second run reads only what has changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting demo
  sting demo --dir ~/Documents --out /tmp/sting-demo
  sting search 'leaked token' --store demo-out/store --jar documents")]
pub struct Demo {
    /// Folder with your own documents; the bundled ones if absent
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Folder for the results: documents, events, store, ingest, report.html
    #[arg(long, value_name = "DIR", default_value = "demo-out")]
    out: PathBuf,
    /// Folder of a sentence-transformers model; the built-in model if absent
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// How many events
    #[arg(long, value_name = "N", default_value_t = 2000)]
    events: usize,
    /// Write the facts as one JSON object instead of the report
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let plan = Plan { folder: self.dir, out: self.out, model: self.model, events: self.events };
        let bar = progress("demo");
        let facts = run(&plan, &bar);
        bar.finish_and_clear();
        let facts = facts?;
        if self.json {
            out.json(&facts)?;
        } else {
            let plain = !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some();
            let mut report = String::new();
            // Writing to a string cannot fail.
            let _ = text::write(&mut report, &facts, if plain { Style::Plain } else { Style::Ansi });
            out.write_all(report.as_bytes())?;
            let (page, store) = (plan.out.join("report.html"), plan.out.join("store"));
            writeln!(out, "\nWith charts   {}", page.display())?;
            writeln!(
                out,
                "Ask it        sting search WORDS --store {} --jar {}",
                store.display(),
                facts.index.jar
            )?;
        }
        match facts.documents.failed {
            0 => Ok(()),
            failed => Err(Error::Incomplete {
                problem: format!("{failed} documents could not be read"),
                hint: "each is named under `Not read`; the others are done",
            }),
        }
    }
}
