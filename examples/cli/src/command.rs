//! The commands, one a file.

mod analyze;
mod chunk;
mod demo;
mod detect;
mod embed;
mod find;
mod generate;
mod index;
mod options;
mod run;
mod scrub;
mod search;
mod verify;

pub(crate) use options::embedder;

use crate::Error;
use crate::terminal::Out;
use clap::{Parser, Subcommand};

/// Take private data out of documents, make them searchable, and find the security events that matter.
///
/// Text in, text out; JSON Lines with --json. `-` is standard input. Nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(name = "sting", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Exit status: 0 done, 1 something failed, 2 wrong usage.\nStart with `sting demo`.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do. Each command's own documentation is its help.
#[derive(Debug, Subcommand)]
#[allow(missing_docs)]
pub enum Command {
    Demo(demo::Demo),
    Scrub(scrub::Scrub),
    Find(find::Find),
    Chunk(chunk::Chunk),
    Embed(embed::Embed),
    Index(index::Index),
    Search(search::Search),
    Detect(detect::Detect),
    Analyze(analyze::Analyze),
    Run(run::Run),
    Generate(generate::Generate),
    Verify(verify::Verify),
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// Those of the command. What it has done before stays done.
    pub fn run(self, out: &mut Out) -> Result<(), Error> {
        match self {
            Self::Demo(command) => command.run(out),
            Self::Scrub(command) => command.run(out),
            Self::Find(command) => command.run(out),
            Self::Chunk(command) => command.run(out),
            Self::Embed(command) => command.run(out),
            Self::Index(command) => command.run(out),
            Self::Search(command) => command.run(out),
            Self::Detect(command) => command.run(out),
            Self::Analyze(command) => command.run(out),
            Self::Run(command) => command.run(out),
            Self::Generate(command) => command.run(out),
            Self::Verify(command) => command.run(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_examples() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("sting "), "{} has no example", command.get_name());
        }
    }
}
