use std::sync::Arc;
use sting_core::chunk::{Chunk, ChunkConfig, ChunkKind, Chunker, SemanticChunker, SizeUnit};
use sting_core::model::{Embedder, ModelError};

/// Chunks are in order, on character boundaries, within their limit, and leave out nothing but blanks; without
/// an overlap they do not overlap; the same text gives the same chunks, and so does a stream of it.
///
/// The first bytes choose the kind, the unit, the size and the overlap.
pub fn chunker(data: &[u8]) {
    let [kind, unit, size, overlap, text @ ..] = data else { return };
    let text = &*String::from_utf8_lossy(text);
    let kind = ChunkKind::ALL[usize::from(*kind) % ChunkKind::ALL.len()];
    let unit = [SizeUnit::Bytes, SizeUnit::Chars, SizeUnit::Words][usize::from(*unit) % 3];
    let (size, overlap) = (usize::from(*size), usize::from(*overlap));
    let by_meaning = kind == ChunkKind::Semantic;
    let config = ChunkConfig::default()
        .with_kind(if by_meaning { ChunkKind::Text } else { kind })
        .with_unit(unit)
        .with_max_size(size)
        .with_overlap(overlap);
    let Ok(chunker) = Chunker::new(config) else { return };
    if by_meaning {
        let semantic = SemanticChunker::new(&chunker, Arc::new(Letters)).with_breakpoints(0.3);
        let cut = || semantic.chunk(text).expect("the model does not fail");
        tile(&chunker, text, &cut());
        assert_eq!(cut(), cut());
        return;
    }
    let chunks = chunker.chunk(text);
    tile(&chunker, text, &chunks);
    assert_eq!(chunker.chunk(text), chunks);
    let mut stream = chunker.stream();
    let mut streamed = Vec::new();
    for part in text.as_bytes().chunks(1 + size) {
        streamed.extend(stream.push(part).expect("a text is UTF-8"));
    }
    streamed.extend(stream.finish().expect("a text is UTF-8"));
    assert!(streamed.into_iter().map(|one| one.chunk).eq(chunks), "a stream is cut otherwise");
}

fn tile(chunker: &Chunker, text: &str, chunks: &[Chunk]) {
    let (unit, size) = (chunker.config().unit(), chunker.config().max_size());
    let (mut covered, mut before) = (0, 0);
    for (index, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.index, index);
        let body = chunk.span.get(text).expect("a chunk is out of bounds or cuts a character");
        assert!(!body.is_empty() && chunk.span.start >= before, "chunk {index} is empty or out of order");
        before = chunk.span.start;
        if chunk.span.start > covered {
            assert!(text[covered..chunk.span.start].trim().is_empty(), "text before chunk {index} is lost");
        }
        let overlaps = chunk.span.start < covered;
        assert!(!overlaps || chunker.config().overlap() > 0, "chunk {index} overlaps");
        covered = covered.max(chunk.span.end);
        let whole = chunk.prefix.as_deref().unwrap_or("").to_owned() + body;
        let long = match unit {
            SizeUnit::Bytes => whole.len(),
            SizeUnit::Words => whole.split_whitespace().count(),
            _ => whole.chars().count(),
        };
        assert!(long <= size || body.chars().count() == 1, "chunk {index} has {long} of {size}");
    }
    assert!(text[covered..].trim().is_empty(), "the end is lost");
}

/// Sees which letters a text has.
#[derive(Debug)]
struct Letters;

impl Embedder for Letters {
    fn dim(&self) -> usize {
        26
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &str {
        "letters"
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let count = |text: &str, letter: u8| text.bytes().filter(|&byte| byte == letter).count() as f32;
        Ok(texts.iter().flat_map(|text| (b'a'..=b'z').map(|letter| count(text, letter))).collect())
    }
}
