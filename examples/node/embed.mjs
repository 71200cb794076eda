// Embed texts offline with the built-in model, and compare them.
import * as sting from "sting";

const embedder = sting.Embedder.builtin();
const texts = ["how do I reset my password", "resetting a forgotten password", "the canteen opens at noon"];
const { data, dim } = await embedder.embed(texts);

const row = (i) => data.subarray(i * dim, (i + 1) * dim);
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
console.log(data.constructor.name, data.length === texts.length * dim);
console.log("closest to the first:", dot(row(0), row(1)) > dot(row(0), row(2)) ? texts[1] : texts[2]);
