// Ask a language model about private data without showing it any.
import { Readable } from "node:stream";
import * as sting from "sting";

// Stands for a language model: it sees tokens only, and answers in pieces.
function model(messages) {
  const { content } = messages.at(-1);
  const answer = `I have written to ${content.split(" ").at(-1)} and put the receipt of card ${content.split("card ")[1].split(",")[0]} on file.\n`;
  return Readable.from(answer.match(/.{1,7}/gs));
}

const session = new sting.Scrubber().session(Buffer.from("a key of your own, kept secret"));
const messages = [
  { role: "system", content: "You help customers of Larkhaven." },
  { role: "user", content: "Charge card 4111 1111 1111 1111, and write to ana@larkhaven.example" },
];

const answer = model(await session.protectMessages(messages)).pipe(sting.createRestoreStream(session));
for await (const piece of answer) process.stdout.write(piece);
console.log("left over:", session.leftovers("Dear [EMAIL_BCDFGHJKLMNPQR],"));
