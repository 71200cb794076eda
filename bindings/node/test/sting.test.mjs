// What the package does, one short test a capability.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as sting from "sting";

const PREFIXES = ["", "😀", "e\u0301 ", "漢字かな交じり文。", "👨‍👩‍👧‍👦 ", "\u202eعربى "];
const KEY = Buffer.from("sixteen bytes or more");

function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), "sting-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function refuses(call, code) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof sting.StingError && error instanceof Error, String(error));
    assert.equal(error.code, code);
    assert.ok(error.hint && error.message);
    return true;
  });
}

test("findings and chunks slice the text in UTF-16 units", async () => {
  const scrubber = new sting.Scrubber({ entities: ["email"] });
  const chunker = new sting.Chunker({ kind: "text", maxSize: 80 });
  for (const prefix of PREFIXES) {
    const text = `${prefix} mail ana@example.com ${prefix} now. `.repeat(9);
    const findings = await scrubber.find(text);
    assert.equal(findings.length, 9);
    for (const { start, end } of findings) assert.equal(text.slice(start, end), "ana@example.com");
    const chunks = await chunker.chunk(text);
    assert.deepEqual(chunks, chunker.chunkSync(text));
    assert.ok(chunks.length > 1);
    for (const chunk of chunks) assert.equal(text.slice(chunk.start, chunk.end), chunk.text);
  }
});

test("a stream is chunked like the whole text", async () => {
  const text = "# 🐝\n\nBees make honey, 漢字.\n\n".repeat(40_000);
  const chunker = new sting.Chunker({ kind: "markdown", maxSize: 200, overlap: 20 });
  const bytes = Buffer.from(text);
  const parts = Array.from({ length: Math.ceil(bytes.length / 70_001) }, (_, i) => bytes.subarray(i * 70_001, (i + 1) * 70_001));
  const streamed = [];
  for await (const chunk of chunker.chunkStream(parts)) streamed.push(chunk);
  assert.deepEqual(streamed, chunker.chunkSync(text));
  const broken = chunker.chunkStream(["abc", Buffer.from([0xff])]);
  await assert.rejects(Array.fromAsync ? Array.fromAsync(broken) : broken.next(), (error) => error.code === "invalid_utf8");
});

test("scrub by kind", async () => {
  const scrubber = new sting.Scrubber({
    actions: { email: "hash", credit_card: { mask: { keep_last: 4 } }, "*": "remove" },
    key: KEY,
  });
  const { text, findings } = await scrubber.scrub("ana@example.com paid with 4111 1111 1111 1111");
  assert.ok(!text.includes("ana@") && text.endsWith("1111") && !text.includes("4111"));
  assert.deepEqual(findings.map(({ kind, action }) => [kind, action]), [["email", "hash"], ["credit_card", "mask"]]);
  assert.equal(scrubber.scrubSync(text).text, text);
  const json = JSON.parse(await scrubber.scrubJson('{"mail": "ana@example.com", "n": 1}'));
  assert.ok(json.n === 1 && !json.mail.includes("ana"));
  assert.ok(sting.kinds().includes("us_ssn"));
});

test("names can be left out", async () => {
  const text = "Dear Sarah Connor, write to a@b.example";
  assert.equal(new sting.Scrubber().scrubSync(text).text, "Dear [PERSON], write to [EMAIL]");
  const { text: kept } = await new sting.Scrubber({ names: false }).scrub(text);
  assert.equal(kept, "Dear Sarah Connor, write to [EMAIL]");
});

test("structured texts keep every other byte", async () => {
  const scrubber = new sting.Scrubber({ allow: ["info@example.org"], keyNames: { seat: ["seat_*"] } });
  const table = 'id;ssn;note\r\n1;536228726;"a ""b@c.example"""\r\n';
  const { text, findings } = await scrubber.scrubAs("auto", table);
  assert.equal(text, 'id;ssn;note\r\n1;[US_SSN];"a ""[EMAIL]"""\r\n');
  assert.deepEqual(findings.map(({ start, end }) => table.slice(start, end)), ["536228726", "b@c.example"]);
  assert.equal(scrubber.scrubSync("info@example.org seatNo=17b").text, "info@example.org seatNo=[SEAT]");
  refuses(() => scrubber.scrubAsSync("nope", "x"), "config");
  const stream = scrubber.stream("log");
  const pieces = [stream.push(Buffer.from("level=info password=hun")), stream.push(Buffer.from("ter2 n=1\n")), stream.finish()];
  assert.equal(Buffer.concat(pieces).toString(), "level=info password=[PASSWORD] n=1\n");
  refuses(() => scrubber.stream("json"), "config");
});

test("embeddings are one Float32Array", async () => {
  const embedder = sting.Embedder.builtin();
  const { data, dim } = await embedder.embed(["one text", "another", ""]);
  assert.ok(data instanceof Float32Array);
  assert.deepEqual([data.length, dim], [3 * embedder.dim, embedder.dim]);
  assert.ok(data.subarray(2 * dim).every((x) => x === 0));
  assert.deepEqual(embedder.embedSync(["one text"]).data, data.subarray(0, dim));
});

test("embedding can be stopped, and fed by an iterator", async () => {
  const embedder = sting.Embedder.builtin();
  const texts = Array.from({ length: 300 }, (_, i) => `text number ${i}`);
  const { data, dim } = await embedder.embed(texts);
  const rows = [];
  for await (const row of embedder.embedIter(texts)) rows.push(row);
  assert.ok(rows.length === 300 && rows.every((row, i) => row[0] === data[i * dim] && row.length === dim));
  let taken = 0;
  const endless = (function* () { for (;;) yield texts[taken++ % 300]; })();
  for await (const row of embedder.embedIter(endless)) {
    assert.deepEqual(row, data.subarray(0, dim));
    break;
  }
  assert.ok(taken < 200);
  const long = Array.from({ length: 500 }, () => texts.join(" "));
  const signal = AbortSignal.timeout(5);
  await assert.rejects(embedder.embed(long, { signal }), { name: "StingError", code: "cancelled" });
  assert.throws(() => sting.Embedder.fromHub("nobody/nothing"), { code: "model" });
});

test("a model folder and its tokenizer", { skip: process.env.STING_MODEL ? false : "no model" }, async () => {
  const tokenizer = sting.Tokenizer.load(process.env.STING_MODEL);
  assert.deepEqual([...(await tokenizer.encode("Hello, world!"))], [101, 7592, 1010, 2088, 999, 102]);
  const { ids, starts, ends } = tokenizer.encodeWithOffsetsSync("👩 Bees");
  assert.deepEqual(["👩 Bees".slice(starts[2], ends[2]), tokenizer.decode(ids)], ["Bees", "bees"]);
  const chunker = new sting.Chunker({ kind: "text", unit: "tokens", maxSize: 32, tokenizer });
  for (const chunk of chunker.chunkSync("One two three. ".repeat(50))) {
    assert.ok(chunk.tokens === tokenizer.encodeSync(chunk.text).length && chunk.tokens <= 32);
  }
  const { data, dim } = await sting.Embedder.load(process.env.STING_MODEL).embed(["a cat sat"]);
  assert.ok(dim === 384 && data.length === 384);
});

test("a store outlives its handle", async (t) => {
  const folder = temporary(t);
  const embedder = sting.Embedder.builtin();
  let store = sting.Store.open(folder);
  await store.collection("notes", { embedder }).upsert(["a", "b"], {
    texts: ["the vault key", "the canteen"],
    metadata: [{ n: 1, tags: ["x"] }, { n: 2 }],
  });
  refuses(() => sting.Store.open(folder), "locked");
  store.close();
  store = sting.Store.open(folder);
  const notes = store.collection("notes", { embedder });
  assert.deepEqual(notes.getSync(["a", "absent"]).map(({ id, metadata }) => [id, metadata]), [["a", { n: 1, tags: ["x"] }]]);
  assert.equal((await notes.search({ text: "vault", k: 1 }))[0].id, "a");
  assert.equal(notes.count({ n: { $gte: 2 } }), 1);
  assert.ok((await store.verify()).ok);
  assert.equal(notes.deleteWhereSync({ n: 1 }), 1);
  assert.ok(store.drop("notes"));
  store.close();
});

test("vectors in one array or in many", () => {
  const rows = sting.Store.open(":memory:").collection("rows", { dim: 2, metric: "l2" });
  rows.upsertSync(["a", "b"], { vectors: new Float32Array([1, 0, 0, 1]) });
  rows.upsertSync(["c"], { vectors: [new Float32Array([5, 5])] });
  assert.deepEqual(rows.searchSync({ vector: new Float32Array([0, 0.9]), k: 2 }).map(({ id }) => id), ["b", "a"]);
  refuses(() => rows.upsertSync(["d"], { vectors: [new Float32Array([1])] }), "input");
  refuses(() => rows.upsertSync(["d"], { vectors: [new Float32Array([NaN, 1])] }), "input");
  refuses(() => rows.upsertSync(["d", "e"], { texts: ["one"] }), "config");
});

test("rules say what matched", async (t) => {
  const rule = "title: T\nid: x\nlevel: high\nlogsource: {product: windows}\ndetection:\n  s: {Image|endswith: cmd.exe}\n  condition: s\n";
  const folder = temporary(t);
  writeFileSync(join(folder, "t.yml"), rule);
  writeFileSync(join(folder, "bad.yml"), "title: [unclosed");
  const rules = sting.Rules.load(folder);
  assert.equal(rules.length, 1);
  assert.ok(rules.errors[0].path.endsWith("bad.yml"));
  const event = { Image: "C:\\cmd.exe" };
  for (const form of [event, JSON.stringify(event), Buffer.from(JSON.stringify(event))]) {
    const [match] = await rules.match(form);
    assert.deepEqual([match.ruleId, match.level, match.fields[0].field], ["x", "high", "Image"]);
    assert.deepEqual(rules.matchSync(form), [match]);
  }
});

test("indicators and templates of log lines", () => {
  const text = "⚠ 😀: hxxps://cdn[.]evil-host[.]net/a.exe from 10.0.0.1";
  const [url, domain, file] = sting.extractIocs(text);
  assert.deepEqual([url.kind, url.value], ["url", "https://cdn.evil-host.net/a.exe"]);
  assert.equal(text.slice(domain.start, domain.end), "cdn[.]evil-host[.]net");
  assert.equal(file.kind, "filename");
  assert.equal(sting.extractIocs("10.0.0.1", { keepBenign: true }).length, 1);

  const miner = new sting.TemplateMiner();
  const names = ["alpha", "beta", "gamma", "delta", "epsilon"];
  const last = names.map((name) => miner.push(`service ${name} started in 5 ms`)).at(-1);
  assert.deepEqual([last.template, last.params, last.change], ["service <*> started in <*>", ["epsilon", "5 ms"], "merged"]);
  assert.equal(miner.templates().length, 1);
  assert.throws(() => new sting.TemplateMiner({ maxTemplates: 0 }), sting.StingError);
});

test("errors have the class and code of the contract", async () => {
  refuses(() => new sting.Chunker({ kind: "semantic" }), "config");
  refuses(() => new sting.Chunker({ kind: "no-such-kind" }), "config");
  refuses(() => new sting.Chunker({ maxSize: 0 }), "config");
  refuses(() => new sting.Scrubber({ actions: { email: "hash" } }), "key_missing");
  refuses(() => sting.Embedder.load("/no/such/folder"), "model");
  refuses(() => new sting.Scrubber().scrubJsonSync('{"mail": "ana@example.com"'), "json");
  await assert.rejects(new sting.Scrubber().scrubJson('{"mail": "ana@example.com"'), (error) => {
    return error instanceof sting.StingError && error.code === "json" && !error.message.includes("ana");
  });
});

test("a signal stops a call before it begins and while it runs", async () => {
  const scrubber = new sting.Scrubber();
  const text = "mail ana@example.com or call +1 212 555 0147\n".repeat(50_000);
  const isCancelled = (error) => error instanceof sting.StingError && error.code === "cancelled";
  await assert.rejects(scrubber.scrub(text, { signal: AbortSignal.abort() }), isCancelled);
  const controller = new AbortController();
  const [one, two] = [scrubber.scrub(text, controller), scrubber.find(text, { signal: controller.signal })];
  controller.abort();
  await assert.rejects(one, isCancelled);
  await assert.rejects(two, isCancelled);
  await scrubber.scrub("short", { signal: new AbortController().signal });
});

test("CommonJS sees the same package", () => {
  const required = createRequire(import.meta.url)("sting");
  assert.equal(required.Scrubber, sting.Scrubber);
  assert.ok(new required.Scrubber() instanceof sting.Scrubber);
});

test("chunks of code and of meaning", () => {
  const code = "class Bee {\n  fly() {\n    return 1;\n  }\n\n  rest() {\n    return 2;\n  }\n}\n";
  const headings = new sting.Chunker({ kind: "code:javascript", maxSize: 40 }).chunkSync(code).map((chunk) => chunk.heading.join(" > "));
  assert.ok(headings.includes("class Bee > rest"), headings.join());
  const text = "Bees make honey. Bees live in hives. Rain falls. Rain is wet and cold.";
  const embedder = sting.Embedder.builtin();
  const chunks = new sting.Chunker({ kind: "semantic", embedder, breakpoints: 0.4 }).chunkSync(text);
  assert.ok(chunks.length > 1);
  assert.equal(chunks.map((chunk) => chunk.text).join(" "), text);
  refuses(() => new sting.Chunker({ kind: "semantic", embedder }).createChunkStream(), "config");
});

test("chunks get a context, and can be embedded late", (t) => {
  const chunker = new sting.Chunker({ kind: "markdown", maxSize: 40, contextSize: 12 });
  const text = "# A\n\n🐝 alpha\n\n# B\n\nbeta beta beta beta\n";
  const chunks = chunker.chunkSync(text);
  const told = chunker.withContexts(chunks, chunks.map((chunk) => chunk.heading.at(-1)));
  assert.deepEqual(told.map(({ context, size }) => [context, size]), chunks.map(({ heading, size }) => [heading.at(-1), size + 2]));
  assert.deepEqual(chunker.withContexts(told, told.map(() => "")).map((chunk) => chunk.size), chunks.map((chunk) => chunk.size));
  refuses(() => chunker.withContexts(chunks, []), "config");

  const file = join(temporary(t), "vocab.txt");
  writeFileSync(file, "[UNK]\n[CLS]\n[SEP]\nalpha\nbeta\n#\n");
  const tokenizer = sting.Tokenizer.load(file);
  const spans = tokenizer.tokenSpans(text, chunks);
  assert.deepEqual([spans[0].start, spans.at(-1).end], [0, tokenizer.count(text)]);
  const ids = tokenizer.encodeSync(text);
  for (const window of tokenizer.lateWindows(text, chunks, 10)) {
    for (const { chunk, start, end } of window.chunks) {
      assert.deepEqual(window.ids.slice(start, end), ids.slice(1 + spans[chunk].start, 1 + spans[chunk].end));
    }
  }
  refuses(() => tokenizer.lateWindows("🐝", chunks, 10), "config");
});
