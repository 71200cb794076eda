//! Time and memory of chunking as the text grows, and on texts that have no structure to hold on to.
//!
//! Each line is measured in a process of its own, so that its peak of memory is its own.

use std::fmt::Write;
use std::io::{self, Read};
use std::process::Command;
use std::time::Instant;

use sting_core::chunk::{ChunkConfig, ChunkKind, Chunker};

use crate::job::Failure;

const MB: usize = 1_000_000;

/// What is measured: a text, megabytes of it, and how it is handed over.
const CASES: [(&str, usize, &str); 11] = [
    ("prose", 10, "chunks"),
    ("prose", 100, "chunks"),
    ("prose", 1000, "chunks"),
    ("prose", 1000, "collected"),
    ("prose", 1000, "stream"),
    ("one line", 100, "chunks"),
    ("no white space", 100, "chunks"),
    ("spaces", 100, "chunks"),
    ("line breaks", 100, "chunks"),
    ("combining marks", 100, "chunks"),
    ("one line", 1000, "stream"),
];

/// Measures every case and prints a table.
///
/// # Errors
/// Fails if a process cannot be started or fails.
pub fn run() -> Result<(), Failure> {
    println!("| text | MB | how | chunks | MB/s | peak memory, MB | beyond the text |");
    println!("|---|---:|---|---:|---:|---:|---:|");
    for (text, size, how) in CASES {
        let done = Command::new(std::env::current_exe()?)
            .args(["scale-one", text, &size.to_string(), how])
            .output()?;
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
        }
        print!("{}", String::from_utf8_lossy(&done.stdout));
    }
    Ok(())
}

/// Measures one case and prints its row.
///
/// # Errors
/// Fails if the case is unknown.
pub fn one(text: &str, size: usize, how: &str) -> Result<(), Failure> {
    let chunker = Chunker::new(ChunkConfig::default().with_kind(ChunkKind::Text))?;
    let mut source = Source::new(text, size * MB)?;
    let held = if how == "stream" { 0 } else { size * MB };
    let mut input = String::with_capacity(held);
    if held > 0 {
        source.read_to_string(&mut input)?;
    }
    let started = Instant::now();
    let chunks = match how {
        "chunks" => chunker.chunks(&input).count(),
        "collected" => chunker.chunk(&input).len(),
        "stream" => chunker.chunk_reader(&mut source).try_fold(0, |count, chunk| chunk.map(|_| count + 1))?,
        other => return Err(format!("unknown way {other}").into()),
    };
    let rate = size as f64 / started.elapsed().as_secs_f64();
    let peak = peak_bytes()?;
    let beyond = (peak as f64 - held as f64) / (size * MB) as f64 * 100.0;
    let peak = peak as f64 / 1e6;
    println!("| {text} | {size} | {how} | {chunks} | {rate:.0} | {peak:.1} | {beyond:.1} % |");
    Ok(())
}

/// The most memory that this process has held.
fn peak_bytes() -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<usize>()? * 1024)
}

/// A text of a given size, made as it is read.
struct Source {
    text: String,
    rest: usize,
    state: u64,
    /// `Some` for prose: what ends a paragraph.
    paragraph: Option<&'static str>,
    repeated: &'static str,
    ready: Vec<u8>,
}

impl Source {
    fn new(text: &str, bytes: usize) -> Result<Self, Failure> {
        let (paragraph, repeated) = match text {
            "prose" => (Some("\n\n"), ""),
            "one line" => (Some(" "), ""),
            "no white space" => (None, "honey"),
            "spaces" => (None, " "),
            "line breaks" => (None, "\n"),
            "combining marks" => (None, "\u{301}"),
            other => return Err(format!("unknown text {other}").into()),
        };
        Ok(Self { text: String::new(), rest: bytes, state: 1, paragraph, repeated, ready: Vec::new() })
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }

    /// A paragraph of one to six sentences of words that are numbers in letters.
    fn write_paragraph(&mut self, end: &str) {
        for _ in 0..=self.below(6) {
            for word in 0..5 + self.below(15) {
                let number = self.below(20_000);
                let separator = if word == 0 { "" } else { " " };
                let first = if word == 0 { 'A' } else { 'a' };
                self.text.push_str(separator);
                self.text.push(char::from(first as u8 + (number % 26) as u8));
                let _ = write!(self.text, "{number:x}");
            }
            self.text.push_str(". ");
        }
        self.text.push_str(end);
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            self.text.clear();
            match self.paragraph {
                Some(end) => self.write_paragraph(end),
                None => self.text.push_str(&self.repeated.repeat(4096)),
            }
            self.ready.extend_from_slice(self.text.as_bytes());
        }
        let len = buffer.len().min(self.ready.len()).min(self.rest);
        buffer[..len].copy_from_slice(&self.ready[..len]);
        self.ready.drain(..len);
        self.rest -= len;
        Ok(len)
    }
}
