"""Results on disk: one JSON line for ours beside one peer, and a Markdown table of all lines of an area."""

import json
from pathlib import Path


def key(line: dict) -> tuple:
    return line["case"], line["peer_name"] or ""


def write(folder: Path, area: str, lines: list[dict]) -> None:
    """Replaces the lines of these cases, keeps the others, and writes the table anew."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{area}.jsonl"
    old = [json.loads(row) for row in path.read_text().splitlines()] if path.exists() else []
    fresh = {line["case"] for line in lines}
    kept = [line for line in old if line["case"] not in fresh] + lines
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept))
    (folder / f"{area}.md").write_text(table(area, kept))


def table(area: str, lines: list[dict]) -> str:
    rows = [f"# {area}: STING beside its peers", "",
            f"`python3 benches/peers/run.py --area {area}`; median of the repeats, least and most in brackets. "
            "Rates are per second of processor time on one core unless the case says otherwise.", "",
            "| case | unit | STING | peer | | ratio | what STING yields | what the peer yields |",
            "|---|---|---:|---|---:|---:|---|---|"]
    for line in lines:
        wall = " (wall clock)" if line["clock"] == "wall" else ""
        rows.append(f"| {line['case']}{wall} | {line['unit']} | {figure(line, 'ours')} | {line['peer_name'] or '-'} "
                    f"{line.get('peer_version', '')} | {figure(line, 'peer')} | {short(line['ratio']) if line['ratio'] else '-'} "
                    f"| {facts(line, 'ours')} | {facts(line, 'peer')} |")
    stamps = sorted({f"commit {line['commit']}, {line['machine']}" for line in lines})
    skipped = [f"- {line['case']}, {line['skipped']}" for line in lines if "skipped" in line]
    return "\n".join([*rows, "", *(f"Measured at {stamp}." for stamp in stamps),
                      *(["", "Skipped:", "", *skipped] if skipped else [])]) + "\n"


def figure(line: dict, side: str) -> str:
    if line[side] is None:
        return "skipped" if side == "ours" or line["peer_name"] else "-"
    return f"{short(line[side])} ({short(line[f'{side}_min'])}-{short(line[f'{side}_max'])})"


def short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def facts(line: dict, side: str) -> str:
    found = line.get(f"{side}_facts") or {}
    return ", ".join(f"{name} {value}" for name, value in found.items()).replace("|", "\\|")


def sentence(line: dict) -> str:
    """One line for a terminal."""
    if "skipped" in line:
        return f"{line['area']}: {line['case']}: skipped, {line['skipped']}"
    beside = f", {line['peer_name']} {figure(line, 'peer')}, ratio {short(line['ratio'])}" if line["peer_name"] else ""
    return f"{line['area']}: {line['case']}: ours {figure(line, 'ours')}{beside} {line['unit']}"
