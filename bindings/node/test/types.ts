// Compiled, not run: the types say what the package does.
import * as sting from "sting";

const scrubber = new sting.Scrubber({ entities: ["email"], key: Buffer.alloc(16) });
const found: Promise<sting.Finding[]> = scrubber.find("text", { signal: new AbortController().signal });
const text: string = scrubber.scrubSync("text").text;
const chunks: sting.Chunk[] = new sting.Chunker({ kind: "markdown", maxSize: 100 }).chunkSync(text);
const streamed: AsyncGenerator<sting.Chunk, void> = new sting.Chunker().chunkStream(["# A", Buffer.from("b")]);
const embedder = sting.Embedder.builtin();
const told: sting.Chunk[] = new sting.Chunker({ kind: "semantic", embedder, contextSize: 9 }).withContexts(chunks, [""]);
const windows: (tokenizer: sting.Tokenizer) => sting.LateWindow[] = (tokenizer) => tokenizer.lateWindows("a", told, 512);
const vectors: Promise<sting.Vectors> = sting.Embedder.builtin().embed(["a"]);
const hits: Promise<sting.Hit[]> = sting.Store.open(":memory:").collection("c").search({ text: "a", mode: "keyword" });
const matches: sting.Match[] = sting.Rules.parse({ "a.yml": "" }).matchSync({ a: 1 });
const session: sting.Session = scrubber.session(Buffer.alloc(16), { tolerant: true, vault: sting.Vault.memory({ ttl: 60 }) });
const answer: NodeJS.ReadWriteStream = sting.createRestoreStream(session);
const sent: Promise<string> = session.protect("text");
const code: (error: sting.StingError) => string = (error) => error.code + error.hint;

// @ts-expect-error: an unknown mode is refused
sting.Store.open(":memory:").collection("c").search({ text: "a", mode: "telepathy" });

export { answer, chunks, code, found, hits, matches, sent, streamed, vectors, windows };
