import type { Transform } from "node:stream";
import type { Chunk, Scrubber, Session } from "./native.js";

export * from "./native.js";

declare module "./native.js" {
  interface Embedder {
    /** The rows of texts that come one by one, in order. Only some 128 texts are held at a time. */
    embedIter(
      texts: Iterable<string> | AsyncIterable<string>,
      options?: { signal?: AbortSignal },
    ): AsyncGenerator<Float32Array, void, undefined>;
  }
}

/** Anything that goes wrong in STING. */
export class StingError extends Error {
  /** Stable, the same in Python: `config`, `model`, `store`, `rule`, `source`, `cancelled`, ... */
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;
}

/** A `stream.Transform` that scrubs what flows through it. */
export function createScrubStream(scrubber: Scrubber, format?: string): Transform;

/** A `stream.Transform` that restores the tokens of a session in what flows through it. */
export function createRestoreStream(session: Session): Transform;

declare module "./native.js" {
  interface Chunker {
    /** The chunks of a stream or an iterator over parts, equal to those of the whole text, in about 1 MiB. */
    chunkStream(source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>): AsyncGenerator<Chunk, void>;
  }
}
