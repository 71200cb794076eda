//! Sessions around a language model, and streams.

use crate::error::{OrThrow, config};
use crate::task::{Job, promise};
use napi::Result;
use napi::bindgen_prelude::{AsyncTask, Buffer, ClassInstance, Either};
use napi_derive::napi;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use sting_core::offset::{Offsets, Unit};
use sting_ingest::FileVault;
use sting_pii::{Error, Key, Matching, MemoryVault};

/// How long values are kept, and how many.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct VaultOptions {
    /// Seconds.
    pub ttl: Option<f64>,
    /// Values.
    pub capacity: Option<u32>,
}

/// Where the values behind tokens are kept.
#[napi]
pub struct Vault(Arc<dyn sting_pii::Vault>);

#[napi]
impl Vault {
    /// In memory, each value for an hour after it was last used if nothing else is said.
    #[napi(factory)]
    pub fn memory(options: Option<VaultOptions>) -> Result<Self> {
        let VaultOptions { ttl, capacity } = options.unwrap_or_default();
        let mut vault = MemoryVault::default();
        if let Some(ttl) = ttl {
            vault = vault.with_ttl(seconds(ttl)?);
        }
        if let Some(capacity) = capacity {
            vault = vault.with_capacity(capacity as usize);
        }
        Ok(Self(Arc::new(vault)))
    }

    /// In a file that is encrypted under a key. A wrong key and a damaged file throw.
    #[napi(factory)]
    pub fn open(path: String, key: Buffer, options: Option<VaultOptions>) -> Result<Self> {
        let VaultOptions { ttl, capacity } = options.unwrap_or_default();
        let mut vault = FileVault::open(path, &Key::new(key).or_throw()?).or_throw()?;
        if let Some(ttl) = ttl {
            vault = vault.with_ttl(seconds(ttl)?);
        }
        if let Some(capacity) = capacity {
            vault = vault.with_capacity(capacity as usize);
        }
        Ok(Self(Arc::new(vault)))
    }
}

fn seconds(ttl: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(ttl).map_err(|_| config("ttl is no length of time; give seconds"))
}

/// What a session is to be like.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct SessionOptions<'env> {
    /// Also restore tokens that a model has altered: other case, other brackets, blanks, markdown.
    pub tolerant: Option<bool>,
    /// Where values are kept; in memory for an hour if left out.
    pub vault: Option<ClassInstance<'env, Vault>>,
}

/// Something in an answer that looks like a token and is not restored as it stands.
#[napi(object)]
pub struct Leftover {
    /// Where it begins, in UTF-16 units.
    pub start: u32,
    /// Where it ends, in UTF-16 units.
    pub end: u32,
    /// Nothing is known of it, or a model has altered it.
    #[napi(ts_type = "'unknown' | 'altered'")]
    pub reason: String,
}

/// Puts tokens in the place of private data, and private data in the place of tokens.
#[napi]
pub struct Session(sting_pii::Session);

impl Session {
    pub(crate) fn new(
        scrubber: &sting_pii::Scrubber,
        key: Buffer,
        options: SessionOptions<'_>,
    ) -> Result<Self> {
        let key = Key::new(key).or_throw()?;
        let session = match options.vault {
            Some(vault) => scrubber.session_in(&key, vault.0.clone()),
            None => scrubber.session(&key),
        };
        let matching = if options.tolerant.unwrap_or(false) { Matching::Tolerant } else { Matching::Exact };
        Ok(Self(session.with_matching(matching)))
    }
}

#[napi]
impl Session {
    #[napi]
    pub fn protect_sync(&self, text: String) -> Result<String> {
        protect(&self.0, &text)
    }

    /// The text with tokens. If the vault fails or is full, the promise is rejected and no text comes out.
    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<string>"
    )]
    pub fn protect(&self, text: String) -> AsyncTask<Job<String>> {
        let session = self.0.clone();
        promise(move || protect(&session, &text))
    }

    #[napi(ts_args_type = "messages: Array<unknown>", ts_return_type = "Array<any>")]
    pub fn protect_messages_sync(&self, messages: Vec<Value>) -> Result<Vec<Value>> {
        protect_messages(&self.0, &messages)
    }

    /// The messages of a conversation with tokens: every role, tool calls and results included.
    #[napi(
        ts_args_type = "messages: Array<unknown>, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Array<any>>"
    )]
    pub fn protect_messages(&self, messages: Vec<Value>) -> AsyncTask<Job<Vec<Value>>> {
        let session = self.0.clone();
        promise(move || protect_messages(&session, &messages))
    }

    /// JSON with tokens, keys as context; everything else stays byte for byte.
    #[napi]
    pub fn protect_json_sync(&self, text: String) -> Result<String> {
        self.0.protect_json(&text).map(|result| result.text.into_inner()).or_throw()
    }

    #[napi]
    pub fn restore_sync(&self, text: String) -> Result<String> {
        self.0.restore(&text).or_throw()
    }

    /// The text with values in the place of this session's tokens.
    #[napi(
        ts_args_type = "text: string, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<string>"
    )]
    pub fn restore(&self, text: String) -> AsyncTask<Job<String>> {
        let session = self.0.clone();
        promise(move || session.restore(&text).or_throw())
    }

    /// JSON that a model has written, with values escaped as JSON needs it.
    #[napi]
    pub fn restore_json_sync(&self, text: String) -> Result<String> {
        self.0.restore_json(&text).or_throw()
    }

    /// Restores an answer that comes in pieces; `createRestoreStream` makes a `stream.Transform` of it.
    #[napi]
    pub fn restore_stream(&self) -> RestoreStream {
        RestoreStream(Some(self.0.restore_stream()))
    }

    /// What looks like a token and is not restored as it stands.
    #[napi]
    pub fn leftovers(&self, text: String) -> Result<Vec<Leftover>> {
        let offsets = Offsets::new(&text, Unit::Utf16);
        let leftovers = self.0.leftovers(&text).or_throw()?.into_iter().map(|left| {
            let span = offsets.span(left.span);
            Leftover { start: span.start as u32, end: span.end as u32, reason: left.reason.name().into() }
        });
        Ok(leftovers.collect())
    }

    /// Forgets every value kept under this session's key; how many they were.
    #[napi]
    pub fn forget(&self) -> Result<u32> {
        self.0.forget().map(|values| values as u32).or_throw()
    }
}

fn protect(session: &sting_pii::Session, text: &str) -> Result<String> {
    session.protect(text).map(|result| result.text.into_inner()).or_throw()
}

fn protect_messages(session: &sting_pii::Session, messages: &[Value]) -> Result<Vec<Value>> {
    let json = serde_json::to_string(messages).map_err(|_| config("the messages are no JSON"))?;
    let protected = session.protect_messages(&json).or_throw()?;
    serde_json::from_str(protected.text.get()).map_err(|_| config("the messages are no JSON"))
}

/// Restores an answer that comes in pieces, cut anywhere.
#[napi]
pub struct RestoreStream(Option<sting_pii::RestoreStream>);

#[napi]
impl RestoreStream {
    /// Gives text for text, and bytes for bytes.
    #[napi(ts_args_type = "piece: string | Uint8Array", ts_return_type = "string | Buffer")]
    pub fn push(&mut self, piece: Either<String, Buffer>) -> Result<Either<String, Buffer>> {
        let stream = self.0.as_mut().ok_or(Error::Stopped).or_throw()?;
        match piece {
            Either::A(text) => stream.push(&text).map(Either::A).or_throw(),
            Either::B(bytes) => stream.push_bytes(&bytes).map(|out| Either::B(out.into())).or_throw(),
        }
    }

    /// The rest, as text.
    #[napi]
    pub fn finish(&mut self) -> Result<String> {
        self.0.take().ok_or(Error::Stopped).and_then(sting_pii::RestoreStream::finish).or_throw()
    }

    /// The rest, as bytes.
    #[napi]
    pub fn finish_bytes(&mut self) -> Result<Buffer> {
        let rest = self.0.take().ok_or(Error::Stopped).and_then(sting_pii::RestoreStream::finish_bytes);
        rest.map(Buffer::from).or_throw()
    }
}

/// Scrubs a stream that comes in pieces, cut anywhere, in bounded memory.
#[napi]
pub struct ScrubStream(Option<sting_pii::FormatStream>);

impl ScrubStream {
    pub(crate) fn new(stream: sting_pii::FormatStream) -> Self {
        Self(Some(stream))
    }
}

#[napi]
impl ScrubStream {
    #[napi]
    pub fn push(&mut self, piece: Buffer) -> Result<Buffer> {
        let stream = self.0.as_mut().ok_or(Error::Stopped).or_throw()?;
        stream.push(&piece).map(|out| out.into_inner().into()).or_throw()
    }

    #[napi]
    pub fn finish(&mut self) -> Result<Buffer> {
        let rest = self.0.take().ok_or(Error::Stopped).and_then(sting_pii::FormatStream::finish);
        rest.map(|out| out.into_inner().into()).or_throw()
    }
}
