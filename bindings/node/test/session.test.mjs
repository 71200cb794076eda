// Sessions around a language model, streams, and the actions that leave something.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as sting from "sting";

const KEY = Buffer.from("sixteen bytes or more");
const TEXTS = [
  "",
  "mail ana@example.com, card 4111 1111 1111 1111 \u{1f600}",
  "漢字 ana@example.com [EMAIL_BCDFGHJKLMNPQR] [[TEXT_BCDFGHJKLMNPQR]]",
  '{"ssn": 536228726, "password": "a\\"b"}',
  'password="x [EMAIL_BCDFGHJKLMNPQR] y"',
];

async function through(transform, pieces) {
  const out = [];
  for await (const piece of Readable.from(pieces).pipe(transform)) out.push(piece);
  return Buffer.concat(out).toString();
}

const cut = (bytes, size) => Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

test("what is protected is restored", async () => {
  for (const tolerant of [false, true]) {
    for (const text of TEXTS) {
      const session = new sting.Scrubber().session(KEY, { tolerant });
      const sent = await session.protect(text);
      assert.equal(sent, session.protectSync(text));
      assert.ok(!sent.includes("ana@") && !sent.includes("4111"));
      assert.equal(await session.restore(sent), text);
      for (const size of [1, 2, 7]) {
        assert.equal(await through(sting.createRestoreStream(session), cut(Buffer.from(sent), size)), text);
        const stream = session.restoreStream();
        const pieces = [...sent].map((piece) => stream.push(piece));
        assert.equal(pieces.join("") + stream.finish(), text);
      }
    }
  }
});

test("tokens are stable, keyed, and told when they are left", () => {
  const scrubber = new sting.Scrubber();
  const [one, other] = [scrubber.session(KEY), scrubber.session(Buffer.from("another key, as long"))];
  const token = one.protectSync("ana@example.com");
  assert.equal(one.protectSync("ana@example.com"), token);
  assert.equal(other.restoreSync(token), token);
  const altered = `\u{1f600} < ${token.slice(1, -1).toLowerCase()} >`;
  assert.equal(one.restoreSync(altered), altered);
  assert.deepEqual(one.leftovers(altered).map(({ start, reason }) => [start, reason]), [[3, "altered"]]);
  assert.equal(scrubber.session(KEY, { tolerant: true }).restoreSync(altered), "\u{1f600} ana@example.com");
  assert.equal(one.forget(), 1);
  assert.equal(one.leftovers(token)[0].reason, "unknown");
});

test("messages of every role", async () => {
  const session = new sting.Scrubber().session(KEY);
  const messages = [
    { role: "system", content: "You serve ana@example.com." },
    { role: "assistant", content: null, tool_calls: [{ function: { name: "pay", arguments: '{"card": 4111111111111111}' } }] },
    { role: "tool", content: [{ type: "text", text: "ana@example.com" }] },
  ];
  const sent = await session.protectMessages(messages);
  assert.deepEqual(sent.map(({ role }) => role), ["system", "assistant", "tool"]);
  assert.ok(!JSON.stringify(sent).includes("ana@") && !JSON.stringify(sent).includes("4111"));
  assert.deepEqual(JSON.parse(session.restoreJsonSync(JSON.stringify(sent))), messages);
});

test("a vault that is full or wrong lets nothing out", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sting-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const scrubber = new sting.Scrubber();
  const small = scrubber.session(KEY, { vault: sting.Vault.memory({ capacity: 1 }) });
  small.protectSync("ana@example.com");
  assert.throws(() => small.protectSync("bea@example.com"), (error) => error.code === "vault_full" && !error.message.includes("bea"));
  const path = join(folder, "values");
  const token = scrubber.session(KEY, { vault: sting.Vault.open(path, KEY) }).protectSync("ana@example.com");
  assert.ok(!readFileSync(path).includes("ana"));
  assert.equal(scrubber.session(KEY, { vault: sting.Vault.open(path, KEY) }).restoreSync(token), "ana@example.com");
  assert.throws(() => sting.Vault.open(path, Buffer.from("another key, as long")), { code: "vault" });
});

test("a stream is scrubbed as its whole would be", async () => {
  const scrubber = new sting.Scrubber();
  const text = "mail ana@example.com now\n".repeat(900);
  assert.equal(await through(sting.createScrubStream(scrubber), cut(Buffer.from(text), 777)), scrubber.scrubSync(text).text);
});

test("a function says what is to stand in a value's place", async () => {
  const scrubber = new sting.Scrubber({ actions: { email: (value, kind) => `<${kind} of ${value.length}>` } });
  const text = "mail ana@example.com";
  assert.equal(scrubber.scrubSync(text).text, "mail <email of 15>");
  assert.equal((await scrubber.scrub(text)).text, "mail <email of 15>");
  const all = await Promise.all(Array.from({ length: 20 }, () => scrubber.scrub(`${text} `.repeat(20))));
  assert.ok(all.every(({ text }) => text === "mail <email of 15> ".repeat(20)));
  assert.equal((await through(sting.createScrubStream(scrubber), [Buffer.from(text)])).toString(), "mail <email of 15>");
  const leaks = (error) => error instanceof sting.StingError && error.code === "callback" && !error.message.includes("ana");
  for (const email of [(value) => { throw new Error(value); }, async () => "later", () => 7]) {
    const broken = new sting.Scrubber({ actions: { email } });
    assert.throws(() => broken.scrubSync(text), leaks);
    await assert.rejects(broken.scrub(text), leaks);
  }
});

test("exceptions ask who calls", () => {
  const exception = { kinds: ["email"], roles: ["auditor"], networks: ["10.0.0.0/8"], times: [{ days: ["mon"] }] };
  const scrubber = new sting.Scrubber({ exceptions: [exception] });
  const caller = { roles: ["auditor"], address: "10.1.2.3", time: 1_769_990_400.5 };
  const scrub = (caller) => scrubber.forCaller(caller).scrubSync("a@b.example").text;
  assert.equal(scrub(caller), "a@b.example");
  assert.equal(scrub({ ...caller, roles: ["guest"] }), "[EMAIL]");
  assert.equal(scrub({ roles: ["auditor"] }), "[EMAIL]");
  assert.equal(scrubber.scrubSync("a@b.example").text, "[EMAIL]");
  assert.throws(() => scrub({ address: "somewhere" }), sting.StingError);
});

test("actions that leave something, profiles and modes", () => {
  const scrub = (text, options) => new sting.Scrubber({ key: KEY, ...options }).scrubSync(text).text;
  assert.equal(scrub("from 198.51.100.23", { actions: { ip_address: "generalize" } }), "from 198.51.100.0");
  assert.equal(scrub("on 2024-03-09", { entities: ["date"], actions: { date: { generalize: { dates: "month" } } } }), "on 2024-03");
  const scrubber = new sting.Scrubber({ actions: { credit_card: "fpe" }, key: KEY });
  const out = scrubber.scrubSync("4111 1111 1111 1111").text;
  assert.ok(out.length === 19 && out !== "4111 1111 1111 1111");
  assert.equal(scrubber.decrypt(out, "credit_card"), "4111 1111 1111 1111");
  const dates = new sting.Scrubber({ entities: ["date"], actions: { date: "date_shift" }, key: KEY }).forSubject("a patient");
  const [start, end] = dates.scrubSync("2024-01-31 2024-03-01").text.split(" ").map((day) => Date.parse(day));
  assert.equal((end - start) / 86_400_000, 30);
  const own = { name: "support", extends: "secrets", kinds: ["email"], actions: { email: "remove" } };
  assert.equal(scrub("a@b.example, c@ours.example", { profile: own, exceptions: [{ values: ["*@ours.example"] }] }), ", c@ours.example");
  for (const options of [{ actions: { email: "fpe" } }, { mode: "boring" }, { profile: { name: "x", kinds: ["no_such_kind"] } }]) {
    assert.throws(() => new sting.Scrubber(options), sting.StingError);
  }
  assert.equal(sting.detectMode("The patient was prescribed 5 mg at the hospital."), "medical");
});
