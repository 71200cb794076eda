// Take private data out of a text, and see what was found.
import * as sting from "sting";

const scrubber = new sting.Scrubber({
  actions: { email: "hash", credit_card: { mask: { keep_last: 4 } } },
  key: Buffer.from("a key of your own, kept secret"),
});
const text = "Ana paid with 4111 1111 1111 1111; write to ana@example.com or call +1 212 555 0147.";

for (const { kind, start, end, score, action } of scrubber.findSync(text)) {
  console.log(`${kind.padEnd(12)} ${start}-${end} ${score.toFixed(2)} ${action}`);
}
console.log((await scrubber.scrub(text)).text);
