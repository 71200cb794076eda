"""Indicators, correlation, templates and anomalies: what is saved goes on, and lines keep their order."""

import json
from pathlib import Path

import numpy as np
import pytest

import sting

FAILED = """
title: Failed logon
name: failed
logsource: {category: auth}
detection: {s: {event_type: login_failed}, condition: s}
---
title: Many failed logons
correlation:
    type: event_count
    rules: [failed]
    group-by: [user]
    timespan: 1m
    condition: {gte: 3}
"""


def lines(count: int) -> bytes:
    events = ({"n": n, "dst": f"203.0.113.{n % 256}"} for n in range(count))
    return "\n".join(map(json.dumps, events)).encode()


def test_indicators_in_lines_keep_their_order_on_threads() -> None:
    known = sting.Iocs()
    known.add("cidr", "203.0.113.0/28", source="feed")
    one = list(known.match_jsonl(lines(5000)))
    assert one == list(known.match_jsonl(lines(5000), threads=2))
    assert [line for line, _ in one][:3] == [1, 2, 3] and len(one) == 5000 // 256 * 16 + 16
    assert one[5][1][0].field == "dst" and one[5][1][0].value == "203.0.113.0/28"
    broken = known.match_jsonl(b"not json\n" + lines(3))
    assert [line for line, _ in broken] == [2, 3, 4] and broken.errors[0][0] == 1


def test_a_saved_set_of_indicators_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "known.ioc"
    known = sting.Iocs()
    known.add("domain", "evil.co.uk", source="feed", last_seen=5)
    known.save(path)
    again = sting.Iocs.open(path)
    assert again.match({"q": "www.evil.co.uk"}) == known.match({"q": "www.evil.co.uk"})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(sting.SourceError) as caught:
        sting.Iocs.open(path)
    assert "known.ioc" in str(caught.value) and caught.value.hint


def test_rules_in_lines_keep_their_order_on_threads() -> None:
    rules = sting.Rules.parse({"a.yml": "title: A\nlogsource: {category: x}\ndetection: {s: {n: 7}, condition: s}"})
    assert [line for line, _ in rules.match_jsonl(lines(100), threads=2)] == [8]


def test_correlated_events_lead_to_alerts_also_after_a_restart() -> None:
    rules = sting.Rules.parse({"failed.yml": FAILED})
    events = [
        {"event_type": "login_failed", "user": "ada", "timestamp": f"2026-01-01T00:00:0{second}Z"} for second in range(3)
    ]
    first = rules.correlator()
    assert first.push_many(events[:2]) == []
    second = rules.correlator(lateness=30)
    second.restore(first.snapshot())
    (alert,) = second.push(events[2])
    assert (alert.title, alert.count, alert.group) == ("Many failed logons", 3, [("user", "ada")])
    assert second.stats["events"] == 3
    with pytest.raises(sting.StingError):
        second.restore(b"nothing")


def test_templates_and_anomalies_go_on_where_they_stopped() -> None:
    miner = sting.TemplateMiner()
    id = miner.push("session 17 closed").id
    assert sting.TemplateMiner.from_bytes(miner.to_bytes()).push("session 18 closed").id == id
    detector = sting.AnomalyDetector()
    times = np.arange(500) * 300.0
    scores = detector.push_many(times, np.sin(times))
    assert scores.shape == (500,) and scores.min() >= 0 and scores.max() <= 1
    again = sting.AnomalyDetector.from_bytes(detector.to_bytes())
    assert again.push(150_000.0, 50.0) == detector.push(150_000.0, 50.0)
    for state in (sting.TemplateMiner, sting.AnomalyDetector):
        with pytest.raises(sting.StingError) as caught:
            state.from_bytes(b"damaged")
        assert caught.value.code == "state"
