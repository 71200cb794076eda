"""Chunkers of the Python world: chonkie and langchain."""

from importlib.metadata import version

from engine import Engine, minilm_tokenizer, serve, text_of


def splitter(job: dict):
    """What one pass runs on a text, and a function from its result to [(start, chunk)], in code points."""
    name, params = job["engine"], job["params"]
    size, options = params["max_size"], {}
    if params["unit"] == "tokens":
        tokenizer = minilm_tokenizer(job)
        size -= 2       # these peers do not count [CLS] and [SEP], which the model's limit includes
    if name == "langchain":
        import langchain_text_splitters as langchain

        if params["unit"] == "tokens":
            options["length_function"] = lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
        kind = langchain.MarkdownTextSplitter if params["kind"] == "markdown" \
            else langchain.RecursiveCharacterTextSplitter
        chunker = kind(chunk_size=size, chunk_overlap=0, add_start_index=True, **options)
        return (lambda text: chunker.create_documents([text]),
                lambda documents: [(d.metadata["start_index"], d.page_content) for d in documents])

    import chonkie

    options = {"tokenizer": tokenizer if params["unit"] == "tokens" else "character", "chunk_size": size}
    if name == "chonkie-fast":
        chunker = chonkie.FastChunker(chunk_size=size)      # counts bytes: beyond ASCII its chunks are smaller
    elif name == "chonkie-sentence":
        chunker = chonkie.SentenceChunker(**options)
    elif params["kind"] == "markdown":
        chunker = chonkie.RecursiveChunker(rules=markdown_levels(), **options)
    else:
        chunker = chonkie.RecursiveChunker(**options)
    forget = getattr(getattr(chunker, "_estimate_token_count", None), "cache_clear", lambda: None)

    def run(text):
        forget()        # it remembers the sizes of 4,096 strings; no user chunks the same text twice
        return chunker.chunk(text)

    return run, lambda chunks: [(c.start_index, c.text) for c in chunks]


def markdown_levels():
    """chonkie's own Markdown recipe is fetched from a hub; these levels are the same idea, offline."""
    from chonkie.types import RecursiveLevel, RecursiveRules

    levels = [RecursiveLevel(delimiters=[f"\n{'#' * n} " for n in range(1, 7)], include_delim="next"),
              RecursiveLevel(delimiters=["\n\n", "\r\n", "\n", "\r"]),
              RecursiveLevel(delimiters=[". ", "! ", "? "]),
              RecursiveLevel(whitespace=True), RecursiveLevel()]
    return RecursiveRules(levels=levels)


def lost_bytes(text: str, chunks: list) -> int:
    """Non-blank bytes of the text that no chunk covers."""
    lost, end = 0, 0
    for start, chunk in sorted(chunks):
        lost += sum(len(c.encode()) for c in text[end:start] if not c.isspace())
        end = max(end, start + len(chunk))
    return lost + sum(len(c.encode()) for c in text[end:] if not c.isspace())


def open_engine(job: dict) -> Engine:
    text = text_of(job)
    run, spans = splitter(job)
    chunks = spans(run(text))
    sizes = [len(chunk) for _, chunk in chunks]
    if job["params"]["unit"] == "tokens":
        tokenizer = minilm_tokenizer(job)
        sizes = [len(tokenizer.encode(chunk).ids) for _, chunk in chunks]
    package = "langchain-text-splitters" if job["engine"] == "langchain" else "chonkie"
    facts = {"chunks": len(chunks), "largest": max(sizes), "lost_bytes": lost_bytes(text, chunks)}
    if job["params"].get("spans"):      # the quality runner asks for the boundaries themselves
        facts["spans"] = [(start, start + len(chunk)) for start, chunk in chunks]
    return Engine(len(text.encode()), lambda: run(text), facts, version(package))


if __name__ == "__main__":
    serve(open_engine)
