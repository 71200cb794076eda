//! The engine's side of the protocol that `peers/run.py` speaks: one job in, then one repeat a line.
//!
//! `peers/engine.py` is the same thing for engines written in Python; README.md describes the messages.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Whatever went wrong, as text for the person who runs the benchmark.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What an engine is asked to do.
#[derive(Debug, Deserialize)]
pub struct Job {
    /// Area of the case, such as `chunk`.
    pub area: String,
    /// `sting`, or the name of a peer.
    pub engine: String,
    /// File or folder that every engine of the case reads.
    pub input: PathBuf,
    /// What the case asks for, the same for every engine.
    pub params: Value,
    /// A repeat goes on until this much time has passed.
    pub min_seconds: f64,
    /// Folder of the all-MiniLM-L6-v2 model, where the case needs it.
    #[serde(default)]
    pub minilm: PathBuf,
    /// Tokenizer file, where the case names a vocabulary; else it is the model's.
    #[serde(default)]
    pub tokenizer: PathBuf,
    /// Folder of rules, where the case needs it.
    #[serde(default)]
    pub rules: PathBuf,
}

/// An engine that is set up and has done one pass to check and to warm up.
pub struct Engine {
    /// Work in one pass, in the case's base unit.
    pub amount: f64,
    /// One pass.
    pub run: Box<dyn FnMut() -> Result<(), Failure>>,
    /// What a pass yields, so that a reader sees in what the engines differ.
    pub facts: Map<String, Value>,
    /// Version of what is measured.
    pub version: &'static str,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("amount", &self.amount)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl Job {
    /// The input as text, up to the case's limit of `bytes`.
    pub fn text(&self) -> Result<String, Failure> {
        let mut text = std::fs::read_to_string(&self.input)?;
        if let Some(bytes) = self.params["bytes"].as_u64() {
            let cut = text.floor_char_boundary(bytes as usize);
            text.truncate(text[..cut].rfind('\n').map_or(cut, |line| line + 1));
        }
        Ok(text)
    }

    /// The tokenizer file of the case.
    pub fn tokenizer(&self) -> PathBuf {
        if self.tokenizer.as_os_str().is_empty() {
            self.minilm.join("tokenizer.json")
        } else {
            self.tokenizer.clone()
        }
    }

    /// A number among the parameters.
    pub fn number(&self, name: &str) -> Result<usize, Failure> {
        let value = self.params[name].as_u64();
        value.map(|n| n as usize).ok_or_else(|| format!("the case gives no number `{name}`").into())
    }

    /// A word among the parameters.
    pub fn word(&self, name: &str) -> Result<&str, Failure> {
        self.params[name].as_str().ok_or_else(|| format!("the case gives no text `{name}`").into())
    }

    /// A list of words among the parameters; empty if there is none.
    pub fn words(&self, name: &str) -> Vec<&str> {
        self.params[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// Speaks the protocol until the runner closes its end.
///
/// # Errors
/// Fails if the runner speaks something else. What the engine cannot do is answered, not returned.
pub fn serve(
    open: impl FnOnce(&Job) -> Result<Engine, Failure>,
    input: impl BufRead,
    mut output: impl Write,
) -> Result<(), Failure> {
    let mut lines = input.lines();
    let job: Job = serde_json::from_str(&lines.next().ok_or("no job")??)?;
    let started = Instant::now();
    let mut engine = match open(&job) {
        Ok(engine) => engine,
        Err(reason) => return say(&mut output, &json!({"skip": reason.to_string()})),
    };
    let ready = started.elapsed().as_secs_f64();
    say(&mut output, &json!({"ready": ready, "facts": engine.facts, "version": engine.version}))?;
    for line in lines {
        line?;
        let (wall, cpu, mut passes) = (Instant::now(), processor_seconds(), 0u32);
        while passes == 0 || wall.elapsed().as_secs_f64() < job.min_seconds {
            (engine.run)()?;
            passes += 1;
        }
        let (cpu, wall) = (processor_seconds() - cpu, wall.elapsed().as_secs_f64());
        let amount = engine.amount * f64::from(passes);
        say(&mut output, &json!({"amount": amount, "passes": passes, "wall": wall, "cpu": cpu}))?;
    }
    Ok(())
}

fn say(output: &mut impl Write, message: &Value) -> Result<(), Failure> {
    writeln!(output, "{message}")?;
    Ok(output.flush()?)
}

/// Processor time of all threads of this process so far.
pub(crate) fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Shorthand for facts.
#[macro_export]
macro_rules! facts {
    ($($name:literal: $value:expr),* $(,)?) => {{
        let mut facts = serde_json::Map::new();
        $(facts.insert($name.to_owned(), serde_json::json!($value));)*
        facts
    }};
}

#[cfg(test)]
mod tests {
    use super::{Engine, serve};

    #[test]
    fn answers_each_line_with_one_repeat() {
        let job = r#"{"area": "chunk", "engine": "sting", "input": "-", "params": {}, "min_seconds": 0.0}"#;
        let mut output = Vec::new();
        let open = |_: &_| {
            Ok(Engine { amount: 3.0, run: Box::new(|| Ok(())), facts: facts! {"chunks": 1}, version: "1" })
        };
        serve(open, format!("{job}\n{{}}\n{{}}\n").as_bytes(), &mut output).unwrap();
        let lines: Vec<serde_json::Value> =
            output.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["facts"]["chunks"], 1);
        assert_eq!((&lines[1]["amount"], &lines[2]["passes"]), (&3.0.into(), &1.into()));
    }

    #[test]
    fn says_why_it_skips() {
        let job = r#"{"area": "chunk", "engine": "no", "input": "-", "params": {}, "min_seconds": 0.0}"#;
        let mut output = Vec::new();
        serve(|_| Err("cannot".into()), job.as_bytes(), &mut output).unwrap();
        assert_eq!(output, b"{\"skip\":\"cannot\"}\n");
    }
}
