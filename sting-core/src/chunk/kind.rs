//! What texts are and what sizes count, with the names that users write.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// What a text is, which decides where it may be cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChunkKind {
    /// Whatever the first 16 KiB of the text look like.
    #[default]
    Auto,
    /// Prose: paragraphs, lines, sentences.
    Text,
    /// Markdown: headings, lists, fences and tables, which are cut between rows.
    Markdown,
    /// HTML source: elements that a browser sets apart, under their headings.
    Html,
    /// JSON or JSON Lines: records, then members and elements, outermost first, under their paths.
    Json,
    /// Log lines, with the lines that go on with them.
    Log,
    /// Delimited rows (CSV, TSV) under a header row, which is the prefix of every later chunk.
    Table,
    /// A thread of e-mail: messages, the replies that they quote, signatures.
    Email,
    /// Source code, by its syntax tree; needs the feature `code`.
    Code(Language),
    /// Prose, cut where its meaning turns, as an embedder sees it; for
    /// [`SemanticChunker`](super::SemanticChunker).
    Semantic,
}

/// A programming language whose syntax is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript, with TSX.
    TypeScript,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C.
    C,
    /// C++.
    Cpp,
}

/// What a size counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SizeUnit {
    /// UTF-8 bytes.
    Bytes,
    /// Unicode code points.
    #[default]
    Chars,
    /// Runs of characters other than white space.
    Words,
    /// Tokens of a tokenizer, special tokens included.
    Tokens,
    /// Whatever the caller's [`ChunkSizer`](super::ChunkSizer) says.
    Custom,
}

impl Language {
    /// Every language that is known.
    pub const ALL: [Self; 8] = [
        Self::Rust,
        Self::Python,
        Self::JavaScript,
        Self::TypeScript,
        Self::Go,
        Self::Java,
        Self::C,
        Self::Cpp,
    ];

    /// The language of files that end so, without the dot: `rs`, `tsx`, ...
    pub fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "rs" => Self::Rust,
            "py" | "pyi" => Self::Python,
            "js" | "jsx" | "mjs" | "cjs" => Self::JavaScript,
            "ts" | "tsx" | "mts" | "cts" => Self::TypeScript,
            "go" => Self::Go,
            "java" => Self::Java,
            "c" | "h" => Self::C,
            "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" => Self::Cpp,
            _ => return None,
        })
    }
}

impl ChunkKind {
    /// Every kind there is.
    pub const ALL: [Self; 17] = {
        let mut all = [Self::Semantic; 17];
        let plain = [
            Self::Auto,
            Self::Text,
            Self::Markdown,
            Self::Html,
            Self::Json,
            Self::Log,
            Self::Table,
            Self::Email,
        ];
        let mut i = 0;
        while i < 8 {
            all[i] = plain[i];
            all[8 + i] = Self::Code(Language::ALL[i]);
            i += 1;
        }
        all
    };

    /// Its name, as users write it: `markdown`, `code:rust`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Json => "json",
            Self::Log => "log",
            Self::Table => "table",
            Self::Email => "email",
            Self::Code(Language::Rust) => "code:rust",
            Self::Code(Language::Python) => "code:python",
            Self::Code(Language::JavaScript) => "code:javascript",
            Self::Code(Language::TypeScript) => "code:typescript",
            Self::Code(Language::Go) => "code:go",
            Self::Code(Language::Java) => "code:java",
            Self::Code(Language::C) => "code:c",
            Self::Code(Language::Cpp) => "code:cpp",
            Self::Semantic => "semantic",
        }
    }
}

impl SizeUnit {
    const ALL: [Self; 5] = [Self::Bytes, Self::Chars, Self::Words, Self::Tokens, Self::Custom];

    /// Its name, as users write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Chars => "chars",
            Self::Words => "words",
            Self::Tokens => "tokens",
            Self::Custom => "custom",
        }
    }
}

/// The value of that name, or an error that lists all names.
fn find<T: Copy>(what: &str, name: &str, all: &[T], name_of: fn(T) -> &'static str) -> Result<T, Error> {
    all.iter().copied().find(|&value| name_of(value) == name).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|&value| name_of(value)).collect();
        Error::config(what, "is not known", format!("use one of: {}", names.join(" ")))
    })
}

impl FromStr for ChunkKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        find("kind", name, &Self::ALL, Self::name)
    }
}

impl FromStr for SizeUnit {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        find("unit", name, &Self::ALL, Self::name)
    }
}

impl fmt::Display for ChunkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for SizeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
