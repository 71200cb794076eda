"""Indicators and templates of log lines."""

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
