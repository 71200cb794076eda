"""Spans are in code points: what Python slices."""

import pytest

import sting

PREFIXES = ["", "😀", "e\u0301 ", "漢字かな交じり文。", "👨‍👩‍👧‍👦 ", "\u202eعربى "]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_findings_slice_the_text(prefix: str) -> None:
    text = f"{prefix} mail ana@example.com {prefix} now"
    (finding,) = sting.Scrubber(entities=["email"]).find(text)
    assert text[finding.start : finding.end] == "ana@example.com"


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("unit", ["chars", "bytes"])
def test_chunks_slice_the_text(prefix: str, unit: str) -> None:
    text = f"{prefix}One sentence. Another one! {prefix} A third? " * 20
    chunks = sting.Chunker("text", max_size=80, unit=unit).chunk(text)
    assert len(chunks) > 1
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
    covered = {i for chunk in chunks for i in range(chunk.start, chunk.end)}
    assert all(text[i].isspace() for i in range(len(text)) if i not in covered)
