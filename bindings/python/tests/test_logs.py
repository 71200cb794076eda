"""Indicators and templates of log lines."""

from pathlib import Path

import pytest

import sting


def test_indicators_have_places_in_code_points() -> None:
    text = "⚠ é: hxxps://cdn[.]evil-host[.]net/a.exe from 203.0.113.9 and 10.0.0.1"
    found = sting.extract_iocs(text)
    assert [(one.kind, one.value) for one in found] == [
        ("url", "https://cdn.evil-host.net/a.exe"),
        ("domain", "cdn.evil-host.net"),
        ("filename", "a.exe"),
        ("ipv4", "203.0.113.9"),
    ]
    assert text[found[3].start : found[3].end] == "203.0.113.9"
    assert text[found[1].start : found[1].end] == "cdn[.]evil-host[.]net"
    assert sting.extract_iocs("10.0.0.1", keep_benign=True)[0].kind == "ipv4"


def test_events_are_held_against_known_indicators(tmp_path: Path) -> None:
    known = sting.Iocs()
    assert known.add("cidr", "203.0.113.0/24", source="feed", confidence=90, ttl=60, last_seen=1000)
    assert known.add_many("domain", ["evil[.]co[.]uk", "evil.co.uk"]) == 1
    (tmp_path / "list.txt").write_text("# a list\n198.51.100.7\nnothing\n")
    report = known.load(tmp_path / "list.txt")
    assert (report.added, report.updated, report.skipped, report.faults[0][0]) == (1, 0, 1, "line 3")
    assert len(known) == 3
    event = {"dst": "203.0.113.9", "q": "a.evil.co.uk", "src": "198.51.100.7"}
    found = [(one.field, one.kind, one.value, one.source) for one in known.match(event)]
    assert found == [
        ("dst", "cidr", "203.0.113.0/24", "feed"),
        ("q", "domain", "evil.co.uk", ""),
        ("src", "ipv4", "198.51.100.7", "list.txt"),
    ]
    assert len(known.match(event, now=2000)) == 2 and known.expire(2000) == 1
    with pytest.raises(sting.ConfigError):
        known.add("ipv4", "not an address")
    with pytest.raises(sting.SourceError):
        known.load(tmp_path / "none")


def test_templates_merge_as_lines_come() -> None:
    miner = sting.TemplateMiner()
    names = ["alpha", "beta", "gamma", "delta", "epsilon"]
    last = miner.push_many([f"service {name} started in 5 ms" for name in names])[-1]
    assert (last.template, last.params, last.change) == ("service <*> started in <*>", ["epsilon", "5 ms"], "merged")
    assert last.replaces == [0, 1, 2, 3, 4] and last.count == 5
    assert miner.push("service zeta started in 7 ms").id == last.id
    assert [one.template for one in miner.templates()] == ["service <*> started in <*>"] and len(miner) == 1
    with pytest.raises(sting.ConfigError):
        sting.TemplateMiner(max_templates=0)
