//! Tokenizers from files: the parsing is `sting_core`'s, which opens none.

use std::path::Path;

use sting_core::model::ModelError;
use sting_core::token::Tokenizer;

use super::file;

/// Loads the tokenizer of a model: a `tokenizer.json`, a `vocab.txt`, or a folder with one of
/// them.
///
/// Truncation and padding that the file asks for are ignored: how much a model reads is for the
/// model to say.
///
/// # Errors
/// Fails if there is no such file, or if it is not a tokenizer of a supported kind; the error
/// names the file.
pub fn load_tokenizer(path: impl AsRef<Path>) -> Result<Tokenizer, ModelError> {
    let path = path.as_ref();
    if !path.is_dir() {
        return load_file(path);
    }
    let json = path.join("tokenizer.json");
    if json.exists() {
        return load_file(&json);
    }
    let vocab = path.join("vocab.txt");
    if vocab.exists() {
        return load_file(&vocab);
    }
    let mend = "copy one of them from the model's repository";
    Err(ModelError::new(path.display().to_string(), "has neither tokenizer.json nor vocab.txt", mend))
}

fn load_file(path: &Path) -> Result<Tokenizer, ModelError> {
    let bytes = file::read(path)?;
    let tokenizer = if path.extension().is_some_and(|extension| extension == "txt") {
        let vocab = str::from_utf8(&bytes).map_err(|error| {
            let problem = format!("is not UTF-8 at byte {}", error.valid_up_to());
            ModelError::new(path.display().to_string(), problem, "copy the file again")
        })?;
        Tokenizer::from_vocab(vocab)
    } else {
        Tokenizer::from_json(&bytes)
    };
    tokenizer.map_err(|error| match error {
        sting_core::Error::Tokenizer { problem, mend } => {
            ModelError::new(path.display().to_string(), problem, mend)
        }
        other => ModelError::new(path.display().to_string(), other.to_string(), "copy the file again"),
    })
}

/// Bytes of a text that are tokenized together at most, however few tokens they make: a word or a gap of megabytes does not
/// bring its whole text into memory once more.
#[cfg(feature = "candle")]
pub(super) const LONGEST_HEAD: usize = 1 << 20;

/// Bytes within which the end of a word is looked for.
#[cfg(any(feature = "candle", test))]
const LONGEST_WORD: usize = 1 << 16;

/// The text up to the first white space at or after `bytes`, or cut inside a word that does not end.
#[cfg(any(feature = "candle", test))]
pub(super) fn head(text: &str, bytes: usize) -> &str {
    let from = text.floor_char_boundary(bytes);
    let until = text.floor_char_boundary(from.saturating_add(LONGEST_WORD));
    let end = text[from..until].find(char::is_whitespace).map_or(until, |space| from + space);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_white_space() {
        assert_eq!(head("some words here", 5), "some words");
        assert_eq!(head("some words here", 4), "some");
        assert_eq!(head("ééé é", 1), "ééé");
        assert_eq!(head(&"é".repeat(LONGEST_WORD), 3).len(), LONGEST_WORD + 2);
        assert_eq!(head("some", 9), "some");
        assert_eq!(head("unbroken", 3), "unbroken");
    }
}
