//! Language models, as far as the library asks them anything.

use crate::Scrubbed;
use std::fmt;
use std::time::Duration;

/// A question to a language model. What comes from events is in it only as scrubbed text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Prompt {
    /// What the model is to do. It holds nothing of the event.
    pub instructions: &'static str,
    /// What it is about, fenced as untrusted data.
    pub data: Scrubbed<String>,
    /// JSON schema of the answer, for models that can be held to one.
    pub schema: &'static str,
    /// Longest answer in tokens.
    pub max_tokens: u32,
    /// After this the answer is not waited for any longer.
    pub timeout: Duration,
}

/// What a language model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The answer.
    pub text: String,
    /// Tokens that question and answer cost; 0 if not known.
    pub tokens: u64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LlmError {
    /// It took too long.
    #[error("no answer in time; raise the time-out, or lower the share of events that are asked about")]
    Timeout,
    /// It would not answer.
    #[error("the model refused to answer; the classifier decides instead")]
    Refused,
    /// It could not be reached, or failed.
    #[error("asking the model failed: {0}")]
    Failed(String),
}

/// A language model: a service or a local one, behind whatever client the caller uses.
pub trait Llm: Send + Sync + fmt::Debug {
    /// Name and version of the model.
    fn id(&self) -> &str;

    /// Answers one question.
    ///
    /// # Errors
    /// [`LlmError`], after which the caller goes on without the answer.
    fn ask(&self, prompt: &Prompt) -> Result<Reply, LlmError>;
}
