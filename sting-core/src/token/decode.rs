//! From ids back to text.

use super::bpe::alphabet;
use super::file::{Fault, flag, kind, not_built_in, text};
use serde_json::Value;

/// A decoder.
#[derive(Clone, Debug, Default)]
pub(super) enum Decoder {
    /// Tokens with a space between them.
    #[default]
    Spaced,
    ByteLevel,
    WordPiece {
        prefix: String,
        cleanup: bool,
    },
    Suffixed {
        suffix: String,
    },
}

impl Decoder {
    pub(super) fn read(decoder: &Value) -> Result<Self, Fault> {
        Ok(match kind(decoder) {
            "none" => Self::Spaced,
            "ByteLevel" => Self::ByteLevel,
            "WordPiece" => Self::WordPiece {
                prefix: text(decoder, "prefix").unwrap_or_default().into(),
                cleanup: flag(decoder, "cleanup", true),
            },
            "BPEDecoder" => Self::Suffixed { suffix: text(decoder, "suffix").unwrap_or_default().into() },
            other => return Err(not_built_in("decoder", other)),
        })
    }

    /// The text of tokens.
    pub(super) fn decode<'t>(&self, tokens: impl Iterator<Item = &'t str>) -> String {
        match self {
            Self::Spaced => tokens.collect::<Vec<_>>().join(" "),
            Self::ByteLevel => {
                let bytes: Vec<u8> = tokens
                    .flat_map(|token| alphabet::bytes_of(token).unwrap_or_else(|| token.as_bytes().to_vec()))
                    .collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Self::WordPiece { prefix, cleanup } => {
                let mut decoded = String::new();
                for (i, token) in tokens.enumerate() {
                    let token = match token.strip_prefix(prefix.as_str()) {
                        _ if i == 0 => token.to_owned(),
                        Some(rest) => rest.to_owned(),
                        None => format!(" {token}"),
                    };
                    decoded.push_str(&if *cleanup { clean(&token) } else { token });
                }
                decoded
            }
            Self::Suffixed { suffix } => {
                let mut tokens = tokens.peekable();
                let mut decoded = String::new();
                while let Some(token) = tokens.next() {
                    let between = if tokens.peek().is_some() { " " } else { "" };
                    decoded.push_str(&token.replace(suffix.as_str(), between));
                }
                decoded
            }
        }
    }
}

/// Closes the gaps before punctuation and in contractions, in the order of `tokenizers`.
fn clean(token: &str) -> String {
    const GAPS: [(&str, &str); 11] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" do not", " don't"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    GAPS.iter().fold(token.to_owned(), |text, (gap, closed)| text.replace(gap, closed))
}
