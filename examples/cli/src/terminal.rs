//! Files and standard streams: what comes in, what goes out, and progress.

use crate::Error;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, StdoutLock, Write};
use std::path::{Path, PathBuf};

/// Standard output, buffered.
#[derive(Debug)]
pub struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    /// Locks standard output.
    pub fn lock() -> Self {
        Self(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    /// Writes one value as a line of JSON.
    ///
    /// # Errors
    ///
    /// If standard output takes no more.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(&mut self.0, value).map_err(io::Error::from)?;
        self.0.write_all(b"\n")?;
        Ok(())
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A file or standard input, read whole.
#[derive(Debug)]
pub struct Input {
    /// Its path, or `-`.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Input {
    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        open(path)?.read_to_end(&mut bytes).map_err(Error::io("reading", path))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => Err(Error::NotUtf8 { name, offset: error.utf8_error().valid_up_to() }),
        }
    }
}

/// Opens a file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, Error> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(Error::io("opening", path))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// The paths given, or standard input if there are none.
pub(crate) fn or_stdin(files: &[PathBuf]) -> Vec<PathBuf> {
    if files.is_empty() { vec![PathBuf::from("-")] } else { files.to_vec() }
}

/// Does `work` for each file. One that fails is reported on standard error and the others are done.
pub(crate) fn each(files: &[PathBuf], mut work: impl FnMut(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let files = or_stdin(files);
    let mut failed = 0;
    for path in &files {
        match work(path) {
            Ok(()) => {}
            Err(error) if files.len() == 1 || error.is_closed_pipe() => return Err(error),
            Err(error) => {
                complain(&error);
                failed += 1;
            }
        }
    }
    if failed == 0 {
        return Ok(());
    }
    Err(Error::Incomplete {
        problem: format!("{failed} of {} files could not be processed", files.len()),
        hint: "each is named above; the others are done",
    })
}

/// Writes a file, and the folders it needs.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
    }
    std::fs::write(path, bytes).map_err(Error::io("writing", path))
}

/// Writes a line to standard error. That its reader went away is no fault.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Reports an error on standard error.
pub fn complain(error: &Error) {
    say(format_args!("error: {error}"));
    if let Some(hint) = error.hint() {
        say(format_args!("hint: {hint}"));
    }
}

/// A progress line on standard error, if that is a terminal; else nothing.
pub(crate) fn progress(what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {prefix} {wide_msg}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())).with_prefix(what)
}
