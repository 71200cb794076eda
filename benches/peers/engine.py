"""The engine's side of the protocol that `run.py` speaks. See benches/README.md, "Protocol".

An adapter calls `serve(open_engine)`. `open_engine(job)` does the setup and returns an `Engine`.
"""

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable


@dataclass
class Engine:
    amount: float                       # work in one pass, in the case's base unit (bytes, texts, queries, ...)
    run: Callable[[], Any]              # one pass
    facts: dict = field(default_factory=dict)   # what the pass yields, so that a reader can see what differs
    version: str = ""


class Skip(Exception):
    """The engine cannot do this case; the text says why."""


def text_of(job: dict) -> str:
    """The input as text, up to the case's limit of `bytes`, cut at a line."""
    raw = Path(job["input"]).read_bytes()
    if (limit := job["params"].get("bytes", len(raw))) < len(raw):
        raw = raw[: raw.rfind(b"\n", 0, limit) + 1]
    return raw.decode()


def minilm_tokenizer(job: dict):
    """The model's tokenizer, without the truncation to 128 tokens and the padding that its file carries."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(job["minilm"]) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def serve(open_engine: Callable[[dict], Engine]) -> None:
    out = sys.stdout
    sys.stdout = sys.stderr             # a library that prints must not break the protocol

    def say(message: dict) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    job = json.loads(sys.stdin.readline())
    started = time.perf_counter()
    try:
        engine = open_engine(job)
    except (Skip, ImportError) as reason:
        return say({"skip": str(reason)})
    say({"ready": time.perf_counter() - started, "facts": engine.facts, "version": engine.version})
    for _ in sys.stdin:
        passes, wall, cpu = 0, time.perf_counter(), time.process_time()
        while passes == 0 or time.perf_counter() - wall < job["min_seconds"]:
            engine.run()
            passes += 1
        say({"amount": engine.amount * passes, "passes": passes,
             "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu})
