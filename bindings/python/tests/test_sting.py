"""What the package does, one short test a capability."""

import itertools
import json
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sting

KEY = b"sixteen bytes or more"


def test_scrub_by_kind() -> None:
    scrubber = sting.Scrubber(actions={"email": "hash", "credit_card": {"mask": {"keep_last": 4}}, "*": "remove"}, key=KEY)
    result = scrubber.scrub("ana@example.com paid with 4111 1111 1111 1111")
    assert "ana@example.com" not in result.text
    assert result.text.endswith("1111") and "4111" not in result.text
    assert [(finding.kind, finding.action) for finding in result.findings] == [("email", "hash"), ("credit_card", "mask")]
    assert scrubber.scrub(result.text).text == result.text
    assert str(result) == result.text


def test_scrub_many_and_json() -> None:
    scrubber = sting.Scrubber()
    texts = ["mail ana@example.com", "nothing here"]
    assert [r.text for r in scrubber.scrub_many(texts)] == [scrubber.scrub(text).text for text in texts]
    scrubbed = json.loads(scrubber.scrub_json('{"mail": "ana@example.com", "n": 1}'))
    assert scrubbed["n"] == 1 and "ana" not in scrubbed["mail"]


def test_kinds() -> None:
    assert {"email", "credit_card", "us_ssn"} <= set(sting.kinds())


def test_custom_detector() -> None:
    row = {"kind": "badge", "id": "badge", "name": "badge number", "group": "scan", "pattern": "BDG-[0-9]{6}", "max_len": 10, "score": 0.9}
    (finding,) = sting.Scrubber(custom=[row], entities=["badge"]).find("badge BDG-123456")
    assert finding.kind == "badge"


def test_values_pickle_and_compare() -> None:
    text = "# Title\n\nWrite to ana@example.com."
    for value in (sting.Chunker("markdown").chunk(text)[0], sting.Scrubber().find(text)[0], sting.Scrubber().scrub(text)):
        again = pickle.loads(pickle.dumps(value))
        assert again == value and again is not value
        assert type(value).__module__ == "sting" and type(value).__name__ in repr(value)


def test_kinds_of_chunks() -> None:
    code = "class Bee:\n    def fly(self):\n        return 1\n\n    def rest(self):\n        return 2\n"
    assert ["class Bee", "def rest"] in [chunk.heading for chunk in sting.Chunker("code:python", max_size=50).chunk(code)]
    items = sting.Chunker("json", max_size=20).chunk('{"a": [{"name": "Ann"}, {"name": "Bo"}]}')
    assert items[-1].heading == ["$.a[1]"]
    with pytest.raises(sting.ConfigError):
        sting.Chunker("semantic")
    text = "Bees make honey. Bees live in hives. Rain falls. Rain is wet and cold."
    semantic = sting.Chunker("semantic", embedder=sting.Embedder.builtin(), breakpoints=0.4)
    chunks = semantic.chunk(text)
    assert len(chunks) > 1 and " ".join(chunk.text for chunk in chunks) == text
    assert semantic.chunk_many([text, ""]) == [chunks, []]
    with pytest.raises(sting.ConfigError):
        semantic.chunk_stream(["a"])


def test_chunks_can_be_embedded_late(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]\n[CLS]\n[SEP]\nhoney\nbee\n##s\n.\n")
    tokenizer = sting.Tokenizer.load(tmp_path / "vocab.txt")
    text = "🐝 Bees. Honey bees. Honey."
    chunks = sting.Chunker("text", max_size=14).chunk(text)
    spans = tokenizer.token_spans(text, chunks)
    assert spans[0][0] == 0 and spans[-1][1] == tokenizer.count(text)
    ids = tokenizer.encode(text)
    windows = tokenizer.late_windows(text, chunks, 9)
    assert len(windows) > 1 and all(len(window.ids) <= 9 for window in windows)
    for window in windows:
        for index, start, end in window.chunks:
            first, last = spans[index]
            assert window.ids[start:end] == ids[first + 1 : last + 1]
            assert window.start <= chunks[index].start and chunks[index].end <= window.end
    assert [index for window in windows for index, _, _ in window.chunks] == list(range(len(chunks)))
    with pytest.raises(sting.ConfigError):
        tokenizer.late_windows("🐝", chunks, 9)
    with pytest.raises(sting.ConfigError):
        tokenizer.late_windows(text, chunks, 3)


def test_contexts_are_counted_if_asked() -> None:
    chunker = sting.Chunker("markdown", max_size=40, context_size=12)
    chunks = chunker.chunk("# A\n\nalpha\n\n# B\n\nbeta beta beta beta\n", context=lambda chunk: chunk.heading[-1])
    assert [chunk.context for chunk in chunks] == [chunk.heading[-1] for chunk in chunks]
    assert all(chunk.size == len(chunk.text) + 2 <= 40 for chunk in chunks)


def test_chunks_know_their_heading() -> None:
    chunks = sting.Chunker("markdown", max_size=40).chunk("# A\n\nalpha\n\n## B\n\nbeta beta beta beta beta beta beta\n")
    assert chunks[-1].heading == ["A", "B"]
    assert sting.Chunker("markdown", max_size=40).chunk_many(["# A\n\nalpha\n"])[0][0].heading == ["A"]


def test_a_stream_is_chunked_like_the_whole_text(tmp_path: Path) -> None:
    text = "# 🐝\n\nBees make honey, 漢字.\n\n" * 40_000
    chunker = sting.Chunker("markdown", max_size=200, overlap=20)
    chunks = chunker.chunk(text)
    path = tmp_path / "bees.md"
    path.write_text(text, encoding="utf-8", newline="")
    with path.open("rb") as binary, path.open(encoding="utf-8", newline="") as characters:
        assert list(chunker.chunk_stream(binary)) == chunks
        assert list(chunker.chunk_stream(characters)) == chunks
    assert list(chunker.chunk_stream(text[at : at + 70_001] for at in range(0, len(text), 70_001))) == chunks
    with pytest.raises(sting.StingError, match="byte 3") as caught:
        list(chunker.chunk_stream([b"abc", b"\xff"]))
    assert caught.value.code == "invalid_utf8"
    with pytest.raises(sting.ConfigError, match="neither str nor bytes"):
        list(chunker.chunk_stream([1]))


def test_tokenizer_of_bytes(tmp_path: Path) -> None:
    letters = [chr(b) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174 else None for b in range(256)]
    hidden = iter(range(256, 512))
    vocab = {letter or chr(next(hidden)): byte for byte, letter in enumerate(letters)}
    vocab |= {"be": 256, "bee": 257, "\u0120bee": 258}
    file = {
        "added_tokens": [{"id": 259, "content": "<|end|>", "special": True}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": vocab, "merges": ["b e", "be e", "\u0120 bee"]},
    }
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(file))
    tokenizer = sting.Tokenizer.load(path)
    text = "é bee bees<|end|>"
    ids, offsets = tokenizer.encode_with_offsets(text)
    assert ids == tokenizer.encode(text) == [0xC3, 0xA9, 258, 258, ord("s"), 259]
    assert [text[start:end] for start, end in offsets] == ["é", "é", " bee", " bee", "s", "<|end|>"]
    assert tokenizer.decode(ids) == "é bee bees"
    chunks = sting.Chunker("text", max_size=4, unit="tokens", tokenizer=tokenizer).chunk("bee bee bees. " * 9)
    assert all(chunk.tokens == tokenizer.count(chunk.text) <= 4 for chunk in chunks)


@pytest.mark.skipif("STING_MODEL" not in os.environ, reason="no model")
def test_model_and_tokenizer() -> None:
    folder = os.environ["STING_MODEL"]
    tokenizer = sting.Tokenizer.load(folder)
    assert tokenizer.encode("Hello, world!") == [101, 7592, 1010, 2088, 999, 102]
    assert tokenizer.encode_many(["Hello, world!"]) == [tokenizer.encode("Hello, world!")]
    for chunk in sting.Chunker("text", max_size=32, unit="tokens", tokenizer=tokenizer).chunk("One two three. " * 50):
        assert chunk.tokens == len(tokenizer.encode(chunk.text)) <= 32
    embedder = sting.Embedder.load(folder)
    vectors = embedder.embed(["a cat sat", "a kitten sat", "stock prices fell"])
    assert vectors.shape == (3, 384) and embedder.dim == 384
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_embedding_can_be_watched_stopped_and_fed_by_an_iterator() -> None:
    embedder = sting.Embedder.builtin()
    texts = [f"text number {i}" for i in range(3000)]
    seen: list[tuple[int, int | None]] = []
    rows = embedder.embed(texts, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3000, 3000)

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedder.embed(texts, on_progress=stop)
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            yield texts[taken]
            taken += 1

    first = list(itertools.islice(embedder.embed_iter(endless()), 5))
    assert np.array_equal(np.stack(first), rows[:5]) and taken < 40
    assert len(list(embedder.embed_iter(texts[:300]))) == 300 and list(embedder.embed_iter([])) == []
    with pytest.raises(TypeError):
        list(embedder.embed_iter([1]))  # type: ignore[list-item]
    with pytest.raises(sting.ModelError, match="nobody--nothing"):
        sting.Embedder.from_hub("nobody/nothing")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_a_signal_ends_the_embedding_of_one_huge_text() -> None:
    text = " ".join(f"word{i}" for i in range(3_000_000))

    def ring(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    start = time.perf_counter()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(TimeoutError):
            sting.Embedder.builtin().embed([text] * 50)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    # The whole work takes many times as long.
    assert time.perf_counter() - start < 2


def test_embed_gives_one_matrix() -> None:
    embedder = sting.Embedder.builtin()
    vectors = embedder.embed(["one text", "another", ""])
    assert vectors.dtype == np.float32 and vectors.shape == (3, embedder.dim)
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0], atol=1e-5)


def test_store_outlives_the_process(tmp_path: Path) -> None:
    with sting.Store.open(tmp_path) as store:
        notes = store.collection("notes", embedder=sting.Embedder.builtin())
        notes.upsert(["a", "b"], texts=["the vault key", "the canteen"], metadata=[{"n": 1, "tags": ["x"]}, {"n": 2**63}])
        notes.update(["a"], metadata=[{"seen": True}])
    with sting.Store.open(tmp_path) as store:
        assert store.collections() == ["notes"]
        notes = store.collection("notes", embedder=sting.Embedder.builtin())
        (row,) = notes.get(["a", "absent"])
        assert (row.text, row.metadata) == ("the vault key", {"n": 1, "tags": ["x"], "seen": True})
        assert notes.search(text="vault", k=1)[0].id == "a"
        assert notes.count({"n": {"$gte": 2**63}}) == 1
        assert [row.id for row in notes.scroll(limit=1, after="a")] == ["b"]
        assert store.verify().ok
        assert notes.delete(filter={"n": 1}) == 1 and len(notes) == 1
        assert store.drop("notes") and store.collections() == []


def test_vector_search_is_exact() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.standard_normal((500, 16)).astype(np.float32)
    rows = sting.Store.open(":memory:").collection("rows", dim=16, metric="cosine")
    rows.upsert([str(i) for i in range(500)], vectors=vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = rng.standard_normal((5, 16)).astype(np.float32)
    for query, hits in zip(queries, rows.search_many(vectors=queries, k=10), strict=True):
        expected = np.argsort(-(unit @ query))[:10]
        assert [int(hit.id) for hit in hits] == expected.tolist()


def test_rules_say_what_matched() -> None:
    rule = "title: T\nid: x\nlevel: high\nlogsource: {product: windows}\ndetection:\n  s: {Image|endswith: cmd.exe}\n  condition: s\n"
    rules = sting.Rules.parse({"t.yml": rule})
    event = {"Image": "C:\\cmd.exe"}
    for form in (event, json.dumps(event), json.dumps(event).encode()):
        (match,) = rules.match(form)
        assert (match.rule_id, match.title, match.level) == ("x", "T", "high")
        assert [(f.field, f.value) for f in match.fields] == [("Image", "C:\\cmd.exe")]
    lines = rules.match_jsonl(b'{"Image": "x"}\nnot json\n\n{"Image": "cmd.exe"}\n')
    assert [(line, [m.title for m in matches]) for line, matches in lines] == [(4, ["T"])]
    assert [line for line, _ in lines.errors] == [2]


def test_long_calls_let_other_threads_run() -> None:
    scrubber = sting.Scrubber()
    text = "call 555-0100 or mail ana@example.com, card 4111 1111 1111 1111.\n" * 60_000
    gaps, running = [], threading.Event()

    def tick() -> None:
        last = time.perf_counter()
        while not running.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    thread = threading.Thread(target=tick)
    thread.start()
    started = time.perf_counter()
    scrubber.scrub(text)
    took = time.perf_counter() - started
    running.set()
    thread.join()
    assert len(gaps) > 3, "the other thread never ran"
    assert max(gaps) < max(0.5 * took, 0.1)


def test_structured_texts_keep_every_other_byte():
    scrubber = sting.Scrubber()
    table = "id;ssn;note\r\n1;536228726;\"a \"\"b@c.example\"\"\"\r\n"
    result = scrubber.scrub_as("csv", table)
    assert result.text == "id;ssn;note\r\n1;[US_SSN];\"a \"\"[EMAIL]\"\"\"\r\n"
    assert [table[f.start : f.end] for f in result.findings] == ["536228726", "b@c.example"]
    with pytest.raises(sting.ConfigError):
        scrubber.scrub_as("nope", "x")


def test_streams_are_cut_anywhere():
    text = b"level=info password=hunter2 n=1\n{\"ssn\": 536228726}\nplain jane@example.org\n"
    expected = b"level=info password=[PASSWORD] n=1\n{\"ssn\": \"[US_SSN]\"}\nplain [EMAIL]\n"
    for size in (1, 7, 1000):
        stream = sting.Scrubber().stream("log")
        out = b"".join(stream.push(text[i : i + size]) for i in range(0, len(text), size))
        assert out + stream.finish() == expected
    with pytest.raises(sting.ConfigError):
        stream.finish()
    with pytest.raises(sting.ConfigError):
        sting.Scrubber().stream("json")


def test_names_can_be_left_out():
    text = "Dear Sarah Connor, write to a@b.example"
    assert sting.Scrubber().scrub(text).text == "Dear [PERSON], write to [EMAIL]"
    assert sting.Scrubber(names=False).scrub(text).text == "Dear Sarah Connor, write to [EMAIL]"


def test_lists_names_patterns_and_presets():
    patterns = """[{"name": "Case File", "pattern": "CF-[0-9]{4}", "description": "", "category": "legal",
                    "framework": "custom", "severity": "high", "examples": ["CF-2041"]}]"""
    scrubber = sting.Scrubber(
        patterns=patterns, preset="logs", allow=["info@example.org"], deny={"project": ["Blue Heron"]},
        key_names={"seat": ["seat_*"]},
    )
    out = scrubber.scrub("CF-1234 info@example.org blue heron seatNo=17b").text
    assert out == "[CASE_FILE] info@example.org [PROJECT] seatNo=[SEAT]"
    with pytest.raises(sting.ConfigError):
        sting.Scrubber(patterns=patterns.replace("CF-2041", "CF-20"))


def test_arrow_tables():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"note": pa.array(["mail a@b.example", None]), "ssn": [536228726, 7], "n": [1.5, 2.5]})
    out = sting.Scrubber().scrub_arrow(table)
    assert out.to_pydict() == {"note": ["mail [EMAIL]", None], "ssn": [None, 7], "n": [1.5, 2.5]}
    assert sting.Scrubber().scrub_arrow(table, columns=["n"]).to_pydict() == table.to_pydict()
    with pytest.raises(sting.ConfigError):
        sting.Scrubber().scrub_arrow(table, columns=["nope"])
