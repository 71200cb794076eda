// The same package for `import`. Names are listed, so that a misspelt import fails when the program starts.
import sting from "./index.js";

export const { ChunkStream, Chunker, Collection, Embedder, Rules, Scrubber, Session, StingError, Store } = sting;
export const { AnomalyDetector, Correlator, Iocs } = sting;
export const { TemplateMiner, Tokenizer, Vault } = sting;
export const { createRestoreStream, createScrubStream, detectMode, extractIocs, kinds } = sting;
