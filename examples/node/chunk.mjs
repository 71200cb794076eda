// Cut a Markdown document into chunks that know their heading and their place.
import * as sting from "sting";

const text = `# Handbook

Welcome to the team.

## Leave

Ask your lead two weeks ahead. Sick leave needs no notice.

## Travel

Book through the portal. Keep every receipt: without one, nothing is paid back.
`;

const chunker = new sting.Chunker({ kind: "markdown", maxSize: 80 });
for (const chunk of await chunker.chunk(text)) {
  console.assert(text.slice(chunk.start, chunk.end) === chunk.text);
  console.log(`${chunk.start}-${chunk.end} ${chunk.heading.join(" > ")}: ${JSON.stringify(chunk.text.trim())}`);
}
