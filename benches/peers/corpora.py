"""The inputs: files that every engine of a case reads. Made once, kept in `.cache`.

Real data comes from the shared data folder where there is one (`STING_SHARED`, else `../shared` beside the
project); the rest from the seeded generator of `sting-bench corpus`.
"""

import math
import json
import os
import random
import re
import subprocess
import zipfile
from pathlib import Path

import made_events


class Absent(Exception):
    """The data is not here; the text says which."""


def shared(root: Path) -> Path | None:
    given = os.environ.get("STING_SHARED")
    for folder in [Path(given)] if given else [up / "shared" for up in root.parents]:
        if (folder / "data").is_dir():
            return folder / "data"
    return None


def ready(name: str, runner: Path, cache: Path, root: Path) -> Path:
    data = shared(root)
    made_from = "shared" if data else "generated"
    path = cache / f"{name}.{made_from}"
    if not path.exists():
        part = path.with_suffix(".part")
        MAKERS[name](part, data, runner)
        part.rename(path)
    return path


def generated(kind: str, count: int):
    def make(path: Path, _data, runner: Path):
        subprocess.run([runner, "corpus", kind, "--count", str(count), "--seed", "1", "--out", path], check=True)
    return make


def prose(path: Path, data, runner: Path):
    """2 MB in which no sentence comes twice, so that no engine can answer from its memory.

    Encyclopedia articles and a speech, round after round, with every twelfth word exchanged for another.
    """
    if not data:
        return generated("prose", 400)(path, data, runner)
    text = "\n\n".join((data / "chunking" / name).read_text() for name in ("wikitexts.md", "state_of_the_union.md"))
    path.write_text(varied(text, 2_000_000), newline="")


def varied(text: str, size: int) -> str:
    words, rounds, pick = re.findall(r"\b\w+\b", text), [text], random.Random(1)
    while len(text) * len(rounds) < size:
        rounds.append(re.sub(r"\b\w+\b", lambda word: pick.choice(words) if pick.random() < 1 / 12 else word[0], text))
    return "\n\n".join(rounds)


def markdown(path: Path, data, runner: Path):
    """2 MB of technical Markdown, with tables, fences and lists: the Sigma specification, varied as above."""
    if not data:
        return generated("markdown", 400)(path, data, runner)
    texts = [file.read_text() for file in sorted((data / "sigma-specification").rglob("*.md"))]
    path.write_text(varied("\n\n".join(texts), 2_000_000), newline="")


def sentences(path: Path, data, runner: Path):
    """One sentence a line, in the order of the text."""
    source = path.with_suffix(".source")
    prose(source, data, runner)
    lines = (" ".join(s.split()) for s in re.split(r"(?<=[.!?])\s+|\n\n", source.read_text()))
    path.write_text("\n".join(line for line in lines if len(line) > 20) + "\n")
    source.unlink()


def texts(tokens: int | None):
    """Texts of about that many tokens of MiniLM, one a line: three words of running text make four tokens. Without a
    number, lengths of 4 to 250 words, most of them short."""
    def make(path: Path, data, runner: Path):
        source = path.with_suffix(".source")
        prose(source, data, runner)
        words, pick, lines, at = source.read_text().split(), random.Random(1), [], 0
        while len(lines) < 1000 and at < len(words):
            count = round(tokens * 3 / 4) - 2 if tokens else min(250, 4 + int(pick.expovariate(1 / 40)))
            lines.append(" ".join(words[at:at + count]))
            at += count
        path.write_text("\n".join(lines) + "\n")
        source.unlink()
    return make


def mordor(path: Path, data, runner: Path):
    """Recorded Windows events, one JSON object a line: every 100th line of each recording."""
    if not data:
        return generated("events", 10_000)(path, data, runner)
    with path.open("wb") as out:
        for archive in sorted((data / "mordor").rglob("*.zip")):
            with zipfile.ZipFile(archive) as files:
                for name in sorted(n for n in files.namelist() if n.endswith(".json")):
                    lines = (line.strip() for line in files.read(name).splitlines())
                    out.writelines(line + b"\n" for line in [l for l in lines if l.startswith(b"{")][::100])


def series(path: Path, _data, _runner):
    """A value a minute over ten weeks, `seconds,value` a line: a day's course, noise, now and then a spike."""
    pick, lines = random.Random(1), []
    for minute in range(100_000):
        course = math.sin(minute / 1440 * math.tau) + pick.gauss(0, 0.2) + (8 if minute % 9973 == 9000 else 0)
        lines.append(f"{minute * 60},{course:.4f}")
    path.write_text("\n".join(lines) + "\n")


def host(pick: random.Random) -> str:
    name = "".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(9))
    return f"{pick.choice(['cdn', 'mail', 'login', 'update'])}.{name}.{pick.choice(['net', 'com', 'ru', 'xyz', 'co.uk'])}"


def address(pick: random.Random) -> str:
    return ".".join(str(pick.randrange(11, 240)) for _ in range(4))


def digits(pick: random.Random, count: int) -> str:
    return "".join(pick.choice("0123456789abcdef") for _ in range(count))


def reports(path: Path, data, runner: Path):
    """2 MB of running text with an indicator in every sentence or so, half of those with dots defanged."""
    source = path.with_suffix(".source")
    prose(source, data, runner)
    words, pick, at, size = source.read_text().split(), random.Random(1), 0, 0
    makers = [
        lambda: address(pick), lambda: host(pick).replace(".", "[.]"), lambda: digits(pick, 64),
        lambda: f"hxxps://{host(pick)}/a/b.php?id={pick.randrange(9999)}", lambda: digits(pick, 32),
        lambda: f"CVE-{pick.randrange(2014, 2026)}-{pick.randrange(1000, 40000)}", lambda: f"mail{at}@{host(pick)}",
        lambda: f"T1{pick.randrange(600):03}.00{pick.randrange(9)}", lambda: f"{digits(pick, 6)}.exe",
    ]
    with path.open("w") as out:
        while size < 2_000_000:
            at = (at + 30) % (len(words) - 40)
            sentence = " ".join(words[at:at + pick.randrange(15, 40)]) + f" {pick.choice(makers)()}."
            size += out.write(sentence + pick.choice("   \n"))
    source.unlink()


def connections(path: Path, _data, _runner):
    """10,000 connections as JSON lines of 270 bytes: two addresses, a host, a user, a digest."""
    pick = random.Random(1)
    with path.open("w") as out:
        for n in range(10_000):
            event = {"ts": 1_700_000_000 + n, "src_ip": f"10.{n % 250}.{n % 240}.7", "src_port": pick.randrange(1024, 65535),
                     "dst_ip": address(pick), "dst_port": 443, "proto": "tcp", "bytes": pick.randrange(1 << 20),
                     "host": host(pick), "user": f"user_{pick.randrange(9999)}", "sha256": digits(pick, 64)}
            out.write(json.dumps(event) + "\n")


def logins(late: int):
    """200,000 failed logins of 10,000 users in the course of 1,000 seconds, each late by up to so many seconds."""
    def make(path: Path, _data, _runner):
        pick, lines = random.Random(1), []
        for n in range(200_000):
            event = {"timestamp": 1_700_000_000 + n // 200, "outcome": "failure", "src_ip": address(pick),
                     "user": f"user_{pick.randrange(10_000)}", "country": f"country_{pick.randrange(8)}"}
            lines.append((n // 200 + pick.randrange(late + 1), json.dumps(event)))
        path.write_text("\n".join(line for _, line in sorted(lines, key=lambda line: line[0])) + "\n")
    return make


def system_logs(path: Path, data, _runner):
    """The raw lines of LogHub's nine systems, one after the other."""
    if not data:
        raise Absent("no shared data: LogHub is not here")
    path.write_bytes(b"".join(file.read_bytes().rstrip() + b"\n" for file in sorted(data.glob("loghub_2k/*/*_2k.log"))))


def rules(pattern: str):
    """SigmaHQ rules, one file each, by the pattern of their paths."""
    def make(path: Path, data, _runner):
        if not data:
            raise Absent("no shared data: the SigmaHQ rules are not here")
        path.mkdir()
        for file in sorted((data / "sigma").glob(pattern)):
            (path / file.name).write_bytes(file.read_bytes())
    return make


def vocabulary(name: str):
    """The `tokenizer.json` of a well-known model, which the peers carry."""
    def make(path: Path, _data, runner: Path):
        if subprocess.run([runner, "vocabulary", name, "--out", path]).returncode != 0:
            raise Absent(f"the Rust peers, which carry the vocabulary {name}, are not here")
    return make


MAKERS = {
    "prose": prose,
    "markdown": markdown,
    "sentences": sentences,
    **{f"texts-{tokens}": texts(tokens) for tokens in (16, 64, 256)},
    "texts-mixed": texts(None),
    "logs": generated("logs", 20_000),
    "documents": generated("documents", 400),
    "vectors": generated("vectors", 20_000),
    "mordor": mordor,
    "reports": reports,
    "connections": connections,
    "logins": logins(0),
    "logins-late": logins(60),
    "system-logs": system_logs,
    "series": series,
    "events-linux": made_events.writer(made_events.linux),
    "events-web": made_events.writer(made_events.web),
    "events-cloud": made_events.writer(made_events.cloud),
    "rules-windows": rules("rules*/windows/**/*.yml"),
    "rules-all": rules("rules*/**/*.yml"),
    "tokenizer-gpt2": vocabulary("gpt2"),
    "tokenizer-cl100k": vocabulary("cl100k"),
    "tokenizer-o200k": vocabulary("o200k"),
}
