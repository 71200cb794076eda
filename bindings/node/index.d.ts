export * from "./native.js";

/** Anything that goes wrong in STING. */
export class StingError extends Error {
  /** Stable, the same in Python: `config`, `model`, `store`, `rule`, `source`, `cancelled`, ... */
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;
}
