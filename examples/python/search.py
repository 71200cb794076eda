"""Store texts on disk and find them again, by words and by meaning, under a filter."""

import tempfile

import sting

with tempfile.TemporaryDirectory() as folder:
    store = sting.Store.open(folder)
    notes = store.collection("notes", embedder=sting.Embedder.builtin())
    notes.upsert(
        ["n1", "n2", "n3"],
        texts=["The vault key is rotated every quarter.", "The canteen opens at noon.", "Rotate the tyres in spring."],
        metadata=[{"team": "security"}, {"team": "kitchen"}, {"team": "garage"}],
    )
    for hit in notes.search(text="key rotation", k=2, filter={"team": {"$ne": "kitchen"}}):
        print(hit.id, hit.text)
    print("intact:", store.verify().ok)
    store.close()
