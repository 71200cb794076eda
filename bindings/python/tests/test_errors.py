"""Exceptions: their classes, codes and hints, and that they pickle."""

import pickle
from pathlib import Path

import numpy as np
import pytest

import sting


def caught(call, *arguments, **keywords) -> sting.StingError:
    with pytest.raises(sting.StingError) as info:
        call(*arguments, **keywords)
    error = info.value
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code, again.hint) == (type(error), str(error), error.code, error.hint)
    assert error.code and error.hint
    return error


def test_wrong_settings_are_value_errors() -> None:
    for call in (
        lambda: sting.Chunker("no-such-kind"),
        lambda: sting.Chunker(max_size=0),
        lambda: sting.Chunker(max_size=10, overlap=10),
        lambda: sting.Chunker(unit="tokens"),
        lambda: sting.Scrubber("no-such-profile"),
        lambda: sting.Scrubber(actions={"email": "hash"}),
        lambda: sting.Scrubber(actions={"email": "shred"}),
        lambda: sting.Scrubber(entities=["no_such_kind"]),
    ):
        assert isinstance(caught(call), sting.ConfigError)
        assert isinstance(caught(call), ValueError)


def test_an_error_never_repeats_the_text() -> None:
    error = caught(sting.Scrubber().scrub_json, '{"mail": "ana@example.com"')
    assert "ana" not in str(error)


def test_a_store_that_is_not_one(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("else")
    error = caught(sting.Store.open, tmp_path)
    assert isinstance(error, sting.StoreError)
    assert str(tmp_path) in str(error)


def test_a_model_folder_that_lacks_a_file(tmp_path: Path) -> None:
    error = caught(sting.Embedder.load, tmp_path)
    assert isinstance(error, sting.ModelError)
    assert "config.json" in str(error)


def test_rows_that_cannot_be_used() -> None:
    rows = sting.Store.open(":memory:").collection("rows", dim=2)
    for ids, vectors in ((["a"], [[1.0]]), (["a"], [[float("nan"), 1.0]]), (["a"], [[0.0, 0.0]]), (["a", "a"], [[1.0, 0.0]] * 2)):
        assert isinstance(caught(rows.upsert, ids, vectors=np.array(vectors, dtype=np.float32)), sting.ConfigError)
    assert len(rows) == 0
    assert isinstance(caught(rows.search, vector=[1.0, 0.0], filter={"$bad": 1}), sting.ConfigError)


def test_rules_that_cannot_be_read(tmp_path: Path) -> None:
    assert isinstance(caught(sting.Rules.load, tmp_path / "absent"), sting.SourceError)
    assert isinstance(caught(sting.Rules.load, tmp_path / "absent"), OSError)
    (tmp_path / "bad.yml").write_text("title: [unclosed")
    (fault,) = sting.Rules.load(tmp_path).errors
    assert isinstance(fault, sting.RuleError)
    assert fault.path.endswith("bad.yml") and fault.message
    assert pickle.loads(pickle.dumps(fault)).path == fault.path
