use sting_core::chunk::{ChunkConfig, ChunkKind, Chunker, SizeUnit};

/// Chunks are in order, on character boundaries, within their limit, and leave out nothing but blanks; without
/// an overlap they do not overlap; the same text gives the same chunks, and so does a stream of it.
///
/// The first bytes choose the kind, the unit, the size and the overlap.
pub fn chunker(data: &[u8]) {
    let [kind, unit, size, overlap, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text);
    let kinds = ["auto", "text", "markdown", "html", "json", "log", "table"];
    let Ok(kind) = kinds[usize::from(*kind) % kinds.len()].parse::<ChunkKind>() else { return };
    let unit = [SizeUnit::Bytes, SizeUnit::Chars][usize::from(*unit) % 2];
    let (size, overlap) = (usize::from(*size), usize::from(*overlap));
    let config =
        ChunkConfig::default().with_kind(kind).with_unit(unit).with_max_size(size).with_overlap(overlap);
    let Ok(chunker) = Chunker::new(config) else { return };
    let chunks = chunker.chunk(&text);
    let (mut covered, mut before) = (0, 0);
    for (index, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.index, index);
        let body = chunk.span.get(&text).expect("a chunk is out of bounds or cuts a character");
        assert!(!body.is_empty() && chunk.span.start >= before, "chunk {index} is empty or out of order");
        before = chunk.span.start;
        if chunk.span.start > covered {
            assert!(text[covered..chunk.span.start].trim().is_empty(), "text before chunk {index} is lost");
        }
        assert!(overlap > 0 || chunk.span.start >= covered, "chunk {index} overlaps");
        covered = covered.max(chunk.span.end);
        let prefix = chunk.prefix.as_deref().unwrap_or("");
        let measure = |text: &str| if unit == SizeUnit::Bytes { text.len() } else { text.chars().count() };
        let long = measure(prefix) + measure(body);
        assert!(long <= size || body.chars().count() == 1, "chunk {index} has {long} of {size}");
    }
    assert!(text[covered..].trim().is_empty(), "the end is lost");
    assert_eq!(chunker.chunk(&text), chunks);
    let mut stream = chunker.stream();
    let mut streamed = Vec::new();
    for part in text.as_bytes().chunks(1 + size) {
        streamed.extend(stream.push(part).expect("a text is UTF-8"));
    }
    streamed.extend(stream.finish().expect("a text is UTF-8"));
    assert!(streamed.into_iter().map(|one| one.chunk).eq(chunks), "a stream is cut otherwise");
}
