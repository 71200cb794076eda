"""ONNX Runtime and torch on all-MiniLM-L6-v2.

No ONNX file of the model comes with a package, so the graph is built here from the same weights that ours
loads, with the fused operators that ONNX Runtime's own transformer optimizer would put in. The facts show
the least cosine between its rows and ours: 1 if both compute the same function.
"""

import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy

from engine import Engine, Skip, minilm_tokenizer, serve, text_of

MAX_TOKENS = 256        # what the model's sentence_bert_config.json says


def weights(path: Path) -> dict:
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    entries = json.loads(raw[8:8 + size])
    entries.pop("__metadata__", None)
    tensors = {}
    for name, entry in entries.items():
        if entry["dtype"] == "F32":
            first, last = (8 + size + offset for offset in entry["data_offsets"])
            tensors[name] = numpy.frombuffer(raw[first:last], "<f4").reshape(entry["shape"])
    return tensors


def graph(tensors: dict, config: dict) -> bytes:
    """The model for ONNX Runtime: input ids and mask in, unit rows out: the encoder, mean pooling and normalisation."""
    from onnx import TensorProto, helper, numpy_helper

    heads, eps = config["num_attention_heads"], config["layer_norm_eps"]
    constants, nodes = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def node(kind, inputs, output, domain="", **options):
        nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **options))
        return output

    def dense(x, name, output):
        return node("MatMul", [x, constant(f"{name}.weight", tensors[f"{name}.weight"].T)], output)

    # Embeddings. All tokens are of type 0, so its row is folded into the positions.
    positions = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    words = node("Gather", [constant("words", tensors["embeddings.word_embeddings.weight"]), "ids"], "words_at")
    length = node("Slice", [node("Shape", ["ids"], "shape"), constant("one", numpy.array([1])),
                            constant("two", numpy.array([2]))], "length")
    places = node("Slice", [constant("positions", positions), constant("zero", numpy.array([0])), length], "places")
    x = node("LayerNormalization", [node("Add", [words, places], "sum"),
                                    constant("ln.w", tensors["embeddings.LayerNorm.weight"]),
                                    constant("ln.b", tensors["embeddings.LayerNorm.bias"])], "x0", epsilon=eps, axis=-1)
    for n in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{n}"
        parts = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        qkv = constant(f"{at}.qkv.w", numpy.concatenate([tensors[f"{p}.weight"].T for p in parts], axis=1))
        bias = constant(f"{at}.qkv.b", numpy.concatenate([tensors[f"{p}.bias"] for p in parts]))
        seen = node("Attention", [x, qkv, bias, "mask"], f"{at}.seen", "com.microsoft", num_heads=heads)

        def residual(inner, name, norm, skip, output):
            return node("SkipLayerNormalization",
                        [dense(inner, name, f"{output}.dense"), skip, constant(f"{norm}.weight", tensors[f"{norm}.weight"]),
                         constant(f"{norm}.bias", tensors[f"{norm}.bias"]),
                         constant(f"{name}.bias", tensors[f"{name}.bias"])], output, "com.microsoft", epsilon=eps)

        mid = residual(seen, f"{at}.attention.output.dense", f"{at}.attention.output.LayerNorm", x, f"{at}.mid")
        wide = dense(mid, f"{at}.intermediate.dense", f"{at}.wide")
        wide = node("BiasGelu", [wide, constant(f"{at}.gelu.b", tensors[f"{at}.intermediate.dense.bias"])],
                    f"{at}.gelu", "com.microsoft")
        x = residual(wide, f"{at}.output.dense", f"{at}.output.LayerNorm", mid, f"{at}.out")
    mask = node("Unsqueeze", [node("Cast", ["mask"], "mask_f32", to=TensorProto.FLOAT),
                              constant("last", numpy.array([2]))], "mask_column")
    pooled = node("Div", [node("ReduceSum", [node("Mul", [x, mask], "kept"), "one"], "total", keepdims=0),
                          node("ReduceSum", [mask, "one"], "count", keepdims=0)], "pooled")
    node("LpNormalization", [pooled], "rows", axis=1, p=2)
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"]),
              helper.make_tensor_value_info("mask", TensorProto.INT32, ["batch", "length"])]
    outputs = [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", config["hidden_size"]])]
    model = helper.make_model(helper.make_graph(nodes, "minilm", inputs, outputs, constants), ir_version=10,
                              opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    return model.SerializeToString()


def onnx_rows(folder: Path, threads: int, quantised: bool):
    """A function from ids and mask to unit rows."""
    import onnxruntime

    model = graph(weights(folder / "model.safetensors"), json.loads((folder / "config.json").read_text()))
    if quantised:
        from onnx import TensorProto
        from onnxruntime.quantization import QuantType, quantize_dynamic

        with tempfile.TemporaryDirectory() as place:
            whole, short = Path(place, "whole.onnx"), Path(place, "short.onnx")
            whole.write_bytes(model)
            # The fused operators are not known to ONNX's inference of types.
            quantize_dynamic(whole, short, weight_type=QuantType.QInt8, per_channel=True,
                             extra_options={"DefaultTensorType": TensorProto.FLOAT})
            model = short.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(["rows"], {"ids": ids, "mask": mask})[0], version("onnxruntime")


def torch_rows(folder: Path, threads: int, short: bool):
    """What sentence-transformers does: the model, the mean over the mask, unit length."""
    import torch
    from transformers import AutoModel

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    model = AutoModel.from_pretrained(folder, dtype=torch.bfloat16 if short else torch.float32).eval()

    def rows(ids, mask):
        ids, mask = torch.from_numpy(ids), torch.from_numpy(mask)
        states = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weight = mask[:, :, None].float()
        pooled = (states * weight).sum(1) / weight.sum(1)
        return torch.nn.functional.normalize(pooled, dim=1).numpy()

    return rows, torch.__version__


def embed(texts: list[str], tokenizer, rows_of, batch_size: int):
    """Like sentence-transformers: longest first, so that a batch is padded little."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    rows = numpy.empty((len(texts), 384), numpy.float32)
    for first in range(0, len(order), batch_size):
        batch = order[first:first + batch_size]
        encoded = tokenizer.encode_batch([texts[i] for i in batch])
        ids = numpy.array([e.ids for e in encoded], numpy.int64)
        mask = numpy.array([e.attention_mask for e in encoded], numpy.int32)
        rows[batch] = rows_of(ids, mask)
    return rows


def truncating_tokenizer(folder):
    tokenizer = minilm_tokenizer({"minilm": folder})
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()      # to the longest of a batch
    return tokenizer


def open_engine(job: dict) -> Engine:
    params, folder, name = job["params"], Path(job["minilm"]), job["engine"]
    threads = job["threads"] or os.cpu_count()
    try:
        make = onnx_rows if name.startswith("onnx") else torch_rows
        rows_of, number = make(folder, threads, name.endswith(("int8", "bf16")))
    except ImportError as missing:
        raise Skip(f"{missing.name} is not in this interpreter; install it there, or name another one "
                   "(STING_TORCH_PYTHON, see benches/README.md)") from missing
    tokenizer = truncating_tokenizer(folder)
    texts = text_of(job).splitlines()[:params["count"]]

    def run():
        return embed(texts, tokenizer, rows_of, params["batch"])

    rows = run()
    facts = {"texts": len(texts)}
    ours = Path(job["input"]).with_suffix(".sting.f32")
    if ours.exists():
        theirs = numpy.fromfile(ours, "<f4").reshape(-1, rows.shape[1])
        if len(theirs) == len(rows):
            facts["least cosine to ours"] = round(float((rows * theirs).sum(axis=1).min()), 6)
    return Engine(len(texts), run, facts, number)


def main() -> None:
    """An engine; or, told MODEL TEXTS ROWS, torch's rows of a JSON list of texts, for `eval.py`."""
    if len(sys.argv) == 1:
        return serve(open_engine)
    folder, texts, rows = map(Path, sys.argv[1:])
    rows_of, _ = torch_rows(folder, os.cpu_count(), short=False)
    embed(json.loads(texts.read_text()), truncating_tokenizer(folder), rows_of, 32).astype("<f4").tofile(rows)


if __name__ == "__main__":
    main()
