// Store texts on disk and find them again, by words and by meaning, under a filter.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sting from "sting";

const folder = mkdtempSync(join(tmpdir(), "sting-"));
const store = sting.Store.open(folder);
const notes = store.collection("notes", { embedder: sting.Embedder.builtin() });
await notes.upsert(["n1", "n2", "n3"], {
  texts: ["The vault key is rotated every quarter.", "The canteen opens at noon.", "Rotate the tyres in spring."],
  metadata: [{ team: "security" }, { team: "kitchen" }, { team: "garage" }],
});
for (const hit of await notes.search({ text: "key rotation", k: 2, filter: { team: { $ne: "kitchen" } } })) {
  console.log(hit.id, hit.text);
}
console.log("intact:", (await store.verify()).ok);
store.close();
rmSync(folder, { recursive: true });
