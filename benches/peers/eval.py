#!/usr/bin/env python3
"""Scores quality on the shared data: python3 benches/peers/eval.py chunk|embed|events|pii|all

Prints a Markdown table and keeps it as benches/results/eval-<area>.md. Chunk boundaries of the Python peers
come from the same adapter that `run.py` measures.
For `embed`, STING_TORCH_PYTHON may name an interpreter with torch and transformers, whose rows ours are compared with.
"""

import json
import os
import subprocess
import sys

import corpora
import run

SIZES = [(200, "chars"), (400, "chars"), (1000, "chars"), (256, "tokens")]
CHUNKERS = ["chonkie-recursive", "chonkie-sentence", "langchain"]


def main() -> int:
    areas = ["chunk", "embed", "events", "pii"]
    if len(sys.argv) != 2 or sys.argv[1] not in [*areas, "all"]:
        print(__doc__, file=sys.stderr)
        return 2
    if sys.argv[1] == "all":
        return max(evaluate(area) for area in areas)
    return evaluate(sys.argv[1])


def evaluate(area: str) -> int:
    run.CACHE.mkdir(exist_ok=True)
    data = corpora.shared(run.ROOT)
    if not data:
        print("skipped: no shared data")
        return 0
    # Private data and events are scored on cases that others publish, so that no peer need be there.
    peers = area not in ("events", "pii")
    missing = run.install(area) | run.install("tokens") if peers else {}      # the latter brings the model folder
    runner, no_rust_peers = run.build("release", peers)
    command = [runner, "eval", area]
    model = run.model_folder() if peers else None
    if model:
        command += ["--model", model]
    if area == "chunk":
        cuts = run.CACHE / "cuts.json"
        cuts.write_text(json.dumps(boundaries(data, missing)))
        command += ["--peers", cuts]
    if area == "embed" and (torch := os.environ.get("STING_TORCH_PYTHON")) and model:
        texts, rows = run.CACHE / "parity.json", run.CACHE / "parity.f32"
        subprocess.run([runner, "eval", area, "--texts", texts], check=True)
        subprocess.run([torch, run.HERE / "embed.py", model, texts, rows], check=True)
        command += ["--peers", rows]
    for peer, reason in ({"the Rust peers": no_rust_peers} if no_rust_peers else missing).items():
        print(f"skipped: {peer}: {reason}", file=sys.stderr)
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    table += f"\nMeasured at commit {run.commit()}.\n"
    print(table)
    (run.HERE.parent / "results").mkdir(exist_ok=True)
    (run.HERE.parent / "results" / f"eval-{area}.md").write_text(table)
    return 0


def boundaries(data, missing) -> list[dict]:
    """What the Python chunkers make of both corpora at every size."""
    cuts = []
    for name in CHUNKERS:
        if ("chonkie" if name.startswith("chonkie") else "langchain-text-splitters") in missing:
            continue
        for size, unit in SIZES:
            spans = {}
            for corpus in ("state_of_the_union", "wikitexts"):
                job = {"area": "chunk", "engine": name, "input": str(data / "chunking" / f"{corpus}.md"),
                       "params": {"kind": "text", "unit": unit, "max_size": size, "spans": True},
                       "minilm": str(run.model_folder()), "min_seconds": 0, "threads": 1}
                process = run.Process([run.VENV / "bin" / "python", run.HERE / "chunk.py"], job, 240)
                spans[corpus] = process.opened["facts"]["spans"]
                process.close()
            cuts.append({"name": name, "size": size, "unit": unit, "spans": spans})
    return cuts


if __name__ == "__main__":
    sys.exit(main())
