"use strict";
// The package's face: the native classes with this package's own errors, and promises that obey an AbortSignal.
// No logic of STING lives here.

const { Transform } = require("node:stream");

const native = require("./native.js");

/** Anything that goes wrong in STING. `code` is stable and the same as in Python; `hint` says what to do. */
class StingError extends Error {
  constructor(message, { code = "error", hint = "", cause } = {}) {
    super(message, { cause });
    this.name = "StingError";
    this.code = code;
    this.hint = hint;
  }
}

// The native side can only throw a message, so it sends the whole error as JSON in one.
function asStingError(error) {
  if (error instanceof Error && error.message.startsWith('{"sting":')) {
    const { message, code, hint } = JSON.parse(error.message).sting;
    return new StingError(message, { code, hint });
  }
  return error;
}

function cancelled(signal) {
  return new StingError("the call was cancelled", { code: "cancelled", cause: signal.reason });
}

// Rejects as soon as the signal fires; work that looks at `cancel` stops soon after, other work ends on its own
// thread and its result is dropped.
function abortable(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(cancelled(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function guarded(method) {
  return function (...args) {
    const last = args.at(-1);
    const signal = last && typeof last === "object" && last.signal instanceof AbortSignal ? last.signal : undefined;
    if (signal?.aborted) return Promise.reject(cancelled(signal));
    if (signal) {
      const cancel = new native.Cancel();
      args[args.length - 1] = { ...last, cancel };
      signal.addEventListener("abort", () => cancel.cancel(), { once: true });
    }
    try {
      const result = method.apply(this, args);
      if (!(result instanceof Promise)) return result;
      return abortable(result.catch((error) => Promise.reject(asStingError(error))), signal);
    } catch (error) {
      throw asStingError(error);
    }
  };
}

function guardedClass(Class) {
  const methods = Object.getOwnPropertyDescriptors(Class.prototype);
  for (const [name, descriptor] of Object.entries(methods)) {
    if (name === "constructor" || !descriptor.configurable) continue;
    for (const slot of ["value", "get"]) {
      if (typeof descriptor[slot] === "function") descriptor[slot] = guarded(descriptor[slot]);
    }
    Object.defineProperty(Class.prototype, name, descriptor);
  }
  // Static members of a native class cannot be redefined, so a function of the same prototype stands for the class.
  const construct = guarded((args) => Reflect.construct(Class, args));
  const Face = function (...args) {
    if (!new.target) throw new TypeError(`${Class.name} is a class; call it with new`);
    return construct(args);
  };
  Object.defineProperty(Face, "name", { value: Class.name });
  Face.prototype = Class.prototype;
  for (const name of Object.getOwnPropertyNames(Class)) {
    if (typeof Class[name] === "function") Face[name] = guarded(Class[name].bind(Class));
  }
  return Face;
}

// Texts that an iterator takes at a time.
const STEP = 128;

/** The rows of texts that come one by one, in order. */
async function* embedIter(texts, options = {}) {
  const rowsOf = async (step) => {
    const { data, dim } = await this.embed(step, options);
    return step.map((_, i) => data.subarray(i * dim, (i + 1) * dim));
  };
  let step = [];
  for await (const text of texts) {
    step.push(text);
    if (step.length < STEP) continue;
    yield* await rowsOf(step);
    step = [];
  }
  if (step.length > 0) yield* await rowsOf(step);
}

const isClass = (value) => typeof value === "function" && /^[A-Z]/.test(value.name);

module.exports = { StingError };
for (const [name, value] of Object.entries(native)) {
  if (isClass(value)) module.exports[name] = guardedClass(value);
  else if (typeof value === "function") module.exports[name] = guarded(value);
}

// A stream.Transform over a native stream with push and finish. If that throws, the stream is destroyed and gives nothing.
function transform(native, finish) {
  return new Transform({
    transform(piece, _encoding, done) {
      try {
        done(null, native.push(piece));
      } catch (error) {
        done(asStingError(error));
      }
    },
    flush(done) {
      try {
        done(null, native[finish]());
      } catch (error) {
        done(asStingError(error));
      }
    },
  });
}

/** A `stream.Transform` that scrubs what flows through it. */
module.exports.createScrubStream = (scrubber, format) => transform(scrubber.stream(format), "finish");
/** A `stream.Transform` that restores the tokens of a session in what flows through it. */
module.exports.createRestoreStream = (session) => transform(session.restoreStream(), "finishBytes");

// Yields chunks as their text comes. Parts are cut so that no call keeps other work waiting for long.
module.exports.Chunker.prototype.chunkStream = async function* (source) {
  const stream = this.createChunkStream();
  for await (const part of source) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    for (let at = 0; at < bytes.length; at += 1 << 16) yield* stream.push(bytes.subarray(at, at + (1 << 16)));
  }
  yield* stream.finish();
};

module.exports.Embedder.prototype.embedIter = embedIter;
delete module.exports.Cancel;
