//! `sting-bench engine` measures one engine for `peers/run.py`; `corpus` writes a generated input;
//! `eval` scores quality. README.md says how to use them.

use std::io::{stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use sting_bench::job::Failure;
use sting_bench::{corpus, engine, eval, job, scale};

const USAGE: &str = "\
usage: sting-bench engine                    one job on standard input, see README.md
       sting-bench corpus KIND --count N --seed S --out PATH
                                             KIND: prose markdown logs documents events vectors
       sting-bench vocabulary NAME --out PATH
                                             NAME: gpt2 cl100k o200k, as a tokenizer.json
       sting-bench eval chunk|pii|embed|events [--model DIR] [--peers FILE] [--texts FILE]
                                             needs the shared data folder (STING_SHARED)
       sting-bench scale                     time and memory of chunking from 10 MB to 1 GB";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["engine"] => job::serve(engine::open, stdin().lock(), stdout().lock()),
        ["corpus", kind, "--count", count, "--seed", seed, "--out", out] => {
            write_corpus(kind, count, seed, out)
        }
        ["scale"] => scale::run(),
        ["scale-one", text, size, how] => {
            size.parse().map_err(Into::into).and_then(|size| scale::one(text, size, how))
        }
        ["vocabulary", name, "--out", out] => {
            engine::vocabulary(name).and_then(|file| Ok(std::fs::write(out, file)?))
        }
        ["eval", area, ref options @ ..] => evaluate(area, options),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("sting-bench: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn write_corpus(kind: &str, count: &str, seed: &str, out: &str) -> Result<(), Failure> {
    corpus::write(kind, count.parse()?, seed.parse()?, &PathBuf::from(out))
}

fn evaluate(area: &str, options: &[&str]) -> Result<(), Failure> {
    let mut settings = eval::Settings::default();
    for pair in options.chunks(2) {
        match pair {
            ["--model", folder] => settings.model = Some(PathBuf::from(folder)),
            ["--peers", file] => settings.peers = Some(PathBuf::from(file)),
            ["--texts", file] => settings.texts = Some(PathBuf::from(file)),
            _ => return Err(format!("unknown option {}\n{USAGE}", pair[0]).into()),
        }
    }
    eval::run(area, &settings)
}
