//! Chunks of a text that comes bit by bit, equal to those of the whole text.

#[cfg(test)]
mod tests;

use super::identity::Identities;
use super::scan::Next;
use super::segment::Segmenter;
use super::{Chunk, ChunkKind, Chunker, detect};
use crate::offset::{self, Unit};
use crate::{Error, Id, Span};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};

/// Bytes taken from a reader at a time.
const READ: usize = 64 << 10;

/// Bytes of a document that is held whole, unless asked otherwise.
const MAX_HELD: usize = 64 << 20;

/// A chunk with its text, which is gone from the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamedChunk {
    /// The chunk; its span is in bytes of the whole stream.
    pub chunk: Chunk,
    /// Its text, without its prefix.
    pub text: String,
    /// Its span in code points.
    pub code_points: Span,
    /// Its span in UTF-16 units.
    pub utf16: Span,
}

impl StreamedChunk {
    /// Who it is; see [`Chunk::id`].
    pub fn id(&self) -> Id {
        self.chunk.id_of(&self.text)
    }

    /// What it holds; see [`Chunk::content_hash`].
    pub fn content_hash(&self) -> Id {
        self.chunk.hash_of(&self.text)
    }
}

/// Chunks text as it comes. The chunks are those of [`Chunker::chunk`] on the whole text, however it
/// is cut.
///
/// Text, Markdown, JSON, logs, tables and e-mail take bounded memory: four segments of text, which is about
/// 1 MiB for limits up to 2,000 characters and 500 bytes a character of the limit beyond; and up to
/// 14 MiB to number equal chunks. HTML and source code are held whole, up to [`ChunkStream::with_max_held`].
///
/// ```
/// use sting_core::chunk::{ChunkConfig, Chunker};
/// let chunker = Chunker::new(ChunkConfig::default().with_max_size(20))?;
/// let mut stream = chunker.stream();
/// let mut chunks = stream.push(b"Bees make honey.\n\nWas")?;
/// chunks.extend(stream.push(b"ps do not.\n")?);
/// chunks.extend(stream.finish()?);
/// let texts: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
/// assert_eq!(texts, ["Bees make honey.", "Wasps do not."]);
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ChunkStream {
    chunker: Chunker,
    max_held: usize,
    /// What is held of the text, from byte `base` on.
    text: String,
    base: usize,
    /// The beginning of a character whose end has not come yet.
    tail: Vec<u8>,
    /// `None` until it is known how to cut.
    segments: Option<Segmenter<'static>>,
    /// True if the document must be held whole.
    whole: bool,
    identities: Identities,
    counted: Counted,
    /// Offset of a byte that is not UTF-8; nothing comes after it.
    invalid: Option<usize>,
}

/// Units before the start of the last chunk.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    at: usize,
    code_points: usize,
    utf16: usize,
}

impl Chunker {
    /// Chunks a text that comes bit by bit.
    pub fn stream(&self) -> ChunkStream {
        ChunkStream {
            chunker: self.clone(),
            max_held: MAX_HELD,
            text: String::new(),
            base: 0,
            tail: Vec::new(),
            segments: None,
            whole: false,
            identities: Identities::new(self),
            counted: Counted::default(),
            invalid: None,
        }
    }

    /// Chunks what a reader yields, in the memory of a [`ChunkStream`].
    pub fn chunk_reader<R: Read>(&self, reader: R) -> ReadChunks<R> {
        self.stream().read(reader)
    }
}

impl ChunkStream {
    /// Sets how many bytes of a document are held that must be held whole (HTML, source code); 64 MiB if not set.
    pub fn with_max_held(mut self, bytes: usize) -> Self {
        self.max_held = bytes;
        self
    }

    /// Takes the next bytes of the text, and returns the chunks that nothing after them can change.
    ///
    /// # Errors
    /// Fails if a byte is not UTF-8, with its offset in the stream, or if a document that must be
    /// held whole exceeds the limit. The stream has ended then.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<StreamedChunk>, Error> {
        let mut chunks = Vec::new();
        for part in bytes.chunks(READ) {
            self.take(part)?;
            self.work(false, &mut chunks)?;
        }
        Ok(chunks)
    }

    /// Ends the text and returns the chunks that are left.
    ///
    /// # Errors
    /// Fails as [`ChunkStream::push`] does, and if the text ends inside a character.
    pub fn finish(mut self) -> Result<Vec<StreamedChunk>, Error> {
        self.end()
    }

    /// Chunks what a reader yields.
    pub fn read<R: Read>(self, reader: R) -> ReadChunks<R> {
        ReadChunks { reader, stream: self, ready: VecDeque::new(), ended: false }
    }

    fn end(&mut self) -> Result<Vec<StreamedChunk>, Error> {
        if !self.tail.is_empty() {
            self.invalid.get_or_insert(self.base + self.text.len());
        }
        let mut chunks = Vec::new();
        self.work(true, &mut chunks)?;
        Ok(chunks)
    }

    /// Appends bytes to what is held.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let joined;
        let mut bytes = bytes;
        if !self.tail.is_empty() {
            joined = [self.tail.as_slice(), bytes].concat();
            bytes = &joined;
        }
        let (valid, rest, malformed) = match std::str::from_utf8(bytes) {
            Ok(valid) => (valid, &bytes[bytes.len()..], false),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).unwrap_or_default(), rest, error.error_len().is_some())
            }
        };
        let tail = rest.to_vec();
        self.text.push_str(valid);
        self.tail = tail;
        if malformed {
            self.invalid.get_or_insert(self.base + self.text.len());
        }
        self.check()
    }

    fn check(&self) -> Result<(), Error> {
        match self.invalid {
            Some(offset) => Err(Error::InvalidUtf8 { offset }),
            None => Ok(()),
        }
    }

    /// Appends the chunks that are certain.
    fn work(&mut self, last: bool, chunks: &mut Vec<StreamedChunk>) -> Result<(), Error> {
        self.check()?;
        if self.segments.is_none() && !self.whole {
            let kind = match self.chunker.config.kind {
                ChunkKind::Auto if !last && self.text.len() <= detect::LOOK => return Ok(()),
                _ => self.chunker.kind_of(&self.text),
            };
            self.whole = matches!(kind, ChunkKind::Html | ChunkKind::Code(_));
            self.segments = (!self.whole).then(|| Segmenter::of_stream(&self.chunker, kind));
        }
        let Some(mut segments) = self.segments.take() else { return self.work_whole(last, chunks) };
        while let Next::Found(packed) = segments.next(&self.text, last) {
            let chunk = self.identities.chunk(&self.text, &packed, &mut segments);
            chunks.push(self.streamed(chunk));
        }
        let needed = segments.needed_from().min(self.counted.at);
        if needed > self.chunker.segment_bytes {
            let unneeded = self.text.floor_char_boundary(needed);
            self.text.drain(..unneeded);
            segments.rebase(unneeded);
            self.counted.at -= unneeded;
            self.base += unneeded;
        }
        self.segments = Some(segments);
        Ok(())
    }

    fn work_whole(&mut self, last: bool, chunks: &mut Vec<StreamedChunk>) -> Result<(), Error> {
        if self.text.len() > self.max_held {
            return Err(Error::StreamTooLong {
                kind: self.chunker.kind_of(&self.text).name(),
                limit: self.max_held,
            });
        }
        if last {
            for chunk in self.chunker.chunk(&self.text) {
                let chunk = self.streamed(chunk);
                chunks.push(chunk);
            }
        }
        Ok(())
    }

    /// A chunk of what is held as a chunk of the stream.
    fn streamed(&mut self, mut chunk: Chunk) -> StreamedChunk {
        let text = chunk.text(&self.text).to_owned();
        let skipped = &self.text[self.counted.at..chunk.span.start];
        self.counted.code_points += offset::count(skipped, Unit::CodePoints);
        self.counted.utf16 += offset::count(skipped, Unit::Utf16);
        self.counted.at = chunk.span.start;
        let span = |start, unit| Span::new(start, start + offset::count(&text, unit));
        let code_points = span(self.counted.code_points, Unit::CodePoints);
        let utf16 = span(self.counted.utf16, Unit::Utf16);
        chunk.span = Span::new(self.base + chunk.span.start, self.base + chunk.span.end);
        StreamedChunk { chunk, text, code_points, utf16 }
    }
}

/// The chunks of what a reader yields. See [`Chunker::chunk_reader`].
///
/// After an error it yields nothing.
#[derive(Debug)]
pub struct ReadChunks<R> {
    reader: R,
    stream: ChunkStream,
    ready: VecDeque<StreamedChunk>,
    ended: bool,
}

impl<R: Read> ReadChunks<R> {
    /// Reads on; an empty read is the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        let len = loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.ended = len == 0;
        let chunks = if self.ended { self.stream.end()? } else { self.stream.push(&buffer[..len])? };
        self.ready.extend(chunks);
        Ok(())
    }
}

impl<R: Read> Iterator for ReadChunks<R> {
    type Item = Result<StreamedChunk, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut buffer = Vec::new();
        while self.ready.is_empty() && !self.ended {
            buffer.resize(READ, 0);
            if let Err(error) = self.read(&mut buffer) {
                self.ended = true;
                return Some(Err(error));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}
