"""Embed texts offline with the built-in model, and compare them."""

import numpy as np

import sting

embedder = sting.Embedder.builtin()
texts = ["how do I reset my password", "resetting a forgotten password", "the canteen opens at noon"]
vectors = embedder.embed(texts)

print(vectors.dtype, vectors.shape == (3, embedder.dim))
similarity = vectors @ vectors.T
print("closest to the first:", texts[1 + int(np.argmax(similarity[0, 1:]))])
