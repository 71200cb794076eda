//! Events from JSON Lines, one at a time.

use crate::Error;
use crate::terminal::{open, say};
use std::io::BufRead;
use std::path::Path;
use sting_core::event::Event;

/// What became of a stream.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Name of the file.
    name: String,
    /// Lines that were events.
    pub(crate) events: u64,
    /// Lines that were not.
    pub(crate) faults: u64,
}

/// Faults that are listed one by one.
const LISTED: u64 = 10;

/// Calls `work` with each event and the number of its line, from 1. Lines that are no events are
/// listed on standard error and left out; empty lines are passed over.
pub(crate) fn each(
    path: &Path,
    mut work: impl FnMut(u64, Event) -> Result<(), Error>,
) -> Result<Read, Error> {
    let mut lines = open(path)?;
    let mut read = Read { name: path.display().to_string(), ..Read::default() };
    let (mut bytes, mut line) = (Vec::new(), 0);
    loop {
        bytes.clear();
        if lines.read_until(b'\n', &mut bytes).map_err(Error::io("reading", path))? == 0 {
            return Ok(read);
        }
        line += 1;
        if line == 1 && bytes.starts_with(b"ElfFile\0") {
            return Err(Error::Format {
                name: read.name,
                problem: "a Windows event log (EVTX), which is not read",
                hint: "export it as JSON Lines first",
            });
        }
        let text = bytes.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match Event::from_json(text) {
            Ok(event) => {
                read.events += 1;
                work(line, event)?;
            }
            Err(error) => {
                read.faults += 1;
                if read.faults <= LISTED {
                    say(format_args!("{}:{line}: left out: {error}", read.name));
                }
            }
        }
    }
}

impl Read {
    /// An error if a line was left out.
    pub(crate) fn complete(&self) -> Result<(), Error> {
        if self.faults == 0 {
            return Ok(());
        }
        Err(Error::Incomplete {
            problem: format!(
                "{}: {} of {} lines are no events",
                self.name,
                self.faults,
                self.events + self.faults
            ),
            hint: "the first are named above; write one JSON object a line",
        })
    }
}
