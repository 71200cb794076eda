"""Vector indexes: faiss, hnswlib, usearch and qdrant-edge, one query a call."""

import tempfile
from importlib.metadata import version

import numpy

from engine import Engine, Skip, serve

BREADTHS = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]   # of a graph search
DEGREE, BUILD_BREADTH = 16, 200


def read(path):
    """The file that `sting-bench corpus vectors` writes."""
    head = numpy.fromfile(path, "<u4", 4)
    rows, queries, dim, depth = map(int, head)
    numbers = numpy.fromfile(path, "<f4", (rows + queries) * dim, offset=16).reshape(-1, dim)
    truth = numpy.fromfile(path, "<u4", queries * depth, offset=16 + 4 * numbers.size).reshape(queries, depth)
    return numbers[:rows], numbers[rows:], truth


def faiss_flat(base, params):
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(base.shape[1])
    index.add(base)
    return lambda query: index.search(query[None], params["k"])[1][0], None


def faiss_hnsw(base, params):
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(base.shape[1], DEGREE, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = BUILD_BREADTH
    index.add(base)

    def widen(breadth):
        index.hnsw.efSearch = breadth

    return lambda query: index.search(query[None], params["k"])[1][0], widen


def hnswlib(base, params):
    import hnswlib

    index = hnswlib.Index(space="ip", dim=base.shape[1])
    index.init_index(max_elements=len(base), ef_construction=BUILD_BREADTH, M=DEGREE, random_seed=1)
    index.set_num_threads(1)
    index.add_items(base, num_threads=1)
    return lambda query: index.knn_query(query, k=params["k"], num_threads=1)[0][0], index.set_ef


def usearch(base, params, exact=False):
    from usearch.index import Index

    index = Index(ndim=base.shape[1], metric="ip", dtype="f32", connectivity=DEGREE, expansion_add=BUILD_BREADTH)
    index.add(numpy.arange(len(base), dtype=numpy.uint64), base, threads=1)

    def widen(breadth):
        index.expansion_search = breadth

    return lambda query: index.search(query, params["k"], threads=1, exact=exact).keys, None if exact else widen


def qdrant_edge(base, params):
    import qdrant_edge as q

    folder = tempfile.mkdtemp(prefix="sting-bench-")
    graph = q.HnswIndexConfig(m=DEGREE, ef_construct=BUILD_BREADTH, full_scan_threshold=10, max_indexing_threads=1)
    shard = q.EdgeShard.create(folder, q.EdgeConfig(
        vectors=q.EdgeVectorParams(size=base.shape[1], distance=q.Distance.Dot), hnsw_config=graph,
        optimizers=q.EdgeOptimizersConfig(indexing_threshold=1, default_segment_number=1), max_search_threads=1))
    for first in range(0, len(base), 1000):
        points = [q.Point(first + i, row.tolist()) for i, row in enumerate(base[first:first + 1000])]
        shard.update(q.UpdateOperation.upsert_points(points))
    if not params["exact"]:
        shard.optimize()        # builds the graph
    search = {"breadth": None}

    def find(query):
        # A user's vectors come from a model as an array: turning it into a list is part of a call.
        request = q.SearchRequest(query=q.Query.Nearest(query.tolist()), limit=params["k"],
                                  params=q.SearchParams(hnsw_ef=search["breadth"], exact=params["exact"]))
        return [point.id for point in shard.search(request)]

    return find, None if params["exact"] else lambda breadth: search.update(breadth=breadth)


INDEXES = {
    "faiss-flat": (faiss_flat, "faiss-cpu", "exact scan"),
    "faiss-hnsw": (faiss_hnsw, "faiss-cpu", "HNSW"),
    "hnswlib": (hnswlib, "hnswlib", "HNSW"),
    "usearch-exact": (lambda base, params: usearch(base, params, exact=True), "usearch", "exact scan"),
    "usearch": (usearch, "usearch", "HNSW"),
    "qdrant-edge": (qdrant_edge, "qdrant-edge-py", "HNSW"),
}


def open_engine(job: dict) -> Engine:
    params = job["params"]
    make, package, kind = INDEXES[job["engine"]]
    base, queries, truth = read(job["input"])
    find, widen = make(base, params)

    def recall():
        hits = (len(set(map(int, find(query))) & set(map(int, true[:params["k"]])))
                for query, true in zip(queries, truth))
        return sum(hits) / (len(queries) * params["k"])

    facts = {"recall": None, "index": "exact scan" if params["exact"] else kind}
    for breadth in BREADTHS if widen else [None]:
        if widen:
            widen(breadth)
            facts["breadth"] = breadth
        facts["recall"] = round(recall(), 4)
        if facts["recall"] >= params.get("min_recall", 0):
            break
    else:
        raise Skip(f"does not reach recall {params['min_recall']}: {facts['recall']} at breadth {BREADTHS[-1]}")

    def run():
        for query in queries:
            find(query)

    return Engine(len(queries), run, facts, version(package))


if __name__ == "__main__":
    serve(open_engine)
