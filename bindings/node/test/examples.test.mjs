// The example programs run and print what they promise.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const examples = join(home, "..", "..", "examples", "node");
const promises = {
  "scrub.mjs": ["email", "credit_card", "1111"],
  "session.mjs": ["written to ana@larkhaven.example and put the receipt of card 4111 1111 1111 1111 on file", "unknown"],
  "chunk.mjs": ["Handbook > Leave", "Handbook > Travel"],
  "embed.mjs": ["Float32Array true", "closest to the first: resetting a forgotten password"],
  "search.mjs": ["n1 The vault key is rotated every quarter.", "intact: true"],
  "detect.mjs": ["1 rule, 0 errors", "event 0: Encoded PowerShell command (high), because of CommandLine, Image"],
};

// The examples import the package by its name, as a user's program would.
const link = join(examples, "node_modules", "sting");
mkdirSync(dirname(link), { recursive: true });
if (!existsSync(link)) symlinkSync(home, link);

for (const name of readdirSync(examples).filter((name) => name.endsWith(".mjs"))) {
  test(name, () => {
    const output = execFileSync(process.execPath, [join(examples, name)], { encoding: "utf8" });
    for (const promise of promises[name]) assert.ok(output.includes(promise), `${promise} is not in\n${output}`);
    assert.ok(!output.includes("ana@example.com"));
  });
}
