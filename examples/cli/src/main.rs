//! The shell command `sting`.

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;
use sting_cli::command::Cli;
use sting_cli::terminal::{Out, complain};

fn main() -> ExitCode {
    let mut out = Out::lock();
    let done = Cli::parse().command.run(&mut out).and_then(|()| Ok(out.flush()?));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => {
            // What is left in the buffer has no reader; dropping it would try again.
            std::mem::forget(out);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = out.flush();
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
