// Indicators, correlation, templates and anomalies: what is saved goes on, and lines keep their order.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import * as sting from "../index.mjs";

test("indicators are found in events and in lines, and saved", async () => {
  const known = new sting.Iocs();
  assert.equal(known.add("cidr", "203.0.113.0/28", { source: "feed", lastSeen: 5 }), true);
  assert.throws(() => known.add("ipv4", "nowhere"), { name: "StingError", code: "config" });
  const [match] = known.matchSync({ net: { dst: "203.0.113.9" } });
  assert.equal(match.field, "net.dst");
  assert.equal(match.value, "203.0.113.0/28");
  assert.equal(match.source, "feed");
  const lines = Buffer.from('{"a": 1}\nno event\n{"dst": "203.0.113.1"}\n');
  const found = await known.matchJsonl(lines);
  assert.deepEqual(found.map(({ line, matches }) => [line, matches.length]), [[2, 0], [3, 1]]);
  assert.ok(found[0].error);
  const path = join(mkdtempSync(join(tmpdir(), "sting-")), "known.ioc");
  known.save(path);
  assert.equal(sting.Iocs.open(path).matchSync({ dst: "203.0.113.9" }).length, 1);
  await assert.rejects(known.load(path), { name: "StingError" });
});

test("correlated events lead to alerts, also after a restart", () => {
  const rules = sting.Rules.parse({
    "failed.yml": `
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
    condition: {gte: 2}
`,
  });
  const event = (second) => ({ event_type: "login_failed", user: "ada", timestamp: `2026-01-01T00:00:0${second}Z` });
  const first = new sting.Correlator(rules);
  assert.deepEqual(first.push(event(1)), []);
  const second = new sting.Correlator(rules, { lateness: 30 });
  second.restore(first.snapshot());
  const [alert] = second.push(event(2));
  assert.equal(alert.title, "Many failed logons");
  assert.deepEqual(alert.group, [{ field: "user", value: "ada" }]);
  assert.equal(second.stats.events, 2);
  assert.throws(() => second.restore(Buffer.from("nothing")), sting.StingError);
});

test("templates and anomalies go on where they stopped", () => {
  const miner = new sting.TemplateMiner();
  const { id } = miner.push("session 17 closed");
  assert.equal(sting.TemplateMiner.fromBytes(miner.toBytes()).push("session 18 closed").id, id);
  const detector = new sting.AnomalyDetector();
  const times = Float64Array.from({ length: 300 }, (_, n) => n * 300);
  const scores = detector.pushMany(times, times.map(Math.sin));
  assert.equal(scores.length, 300);
  assert.ok(scores.every((score) => score >= 0 && score <= 1));
  const again = sting.AnomalyDetector.fromBytes(detector.toBytes());
  assert.equal(again.push(90_000, 50), detector.push(90_000, 50));
  assert.throws(() => sting.TemplateMiner.fromBytes(Buffer.from("damaged")), { code: "state" });
});
