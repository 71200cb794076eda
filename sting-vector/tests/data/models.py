#!/usr/bin/env python3
"""Writes tiny random models of every family and head, and what `transformers` computes with them.

    python3 models.py models          # needs torch, transformers, tokenizers; seeded, so that it can be repeated

Each folder is laid out as on the hub; `expected.json` beside them holds inputs and outputs.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

TEXTS = ["ada met bob in rome", "the quick fox, jumped!", "a " * 60, "unknownish words: bobby romeo"]
QUERY = "who met bob in rome, the quick one"
SIZE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
        "max_position_embeddings": 34, "hidden_dropout_prob": 0.0}
DISTIL = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24, "max_position_embeddings": 34, "dropout": 0.0}
LABELS = {"id2label": {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}}
ROOT = Path(sys.argv[1])


def tokenizer(folder: Path, style: str):
    """WordPiece over letters and a few words, with the special tokens of a family."""
    begin, end = ("[CLS]", "[SEP]") if style == "bert" else ("<s>", "</s>")
    special = ["[PAD]", "[UNK]", begin, end] if style == "bert" else [begin, "<pad>", end, "[UNK]"]
    words = ["ada", "bob", "rome", "the", "quick", "fox", "met", "in", "un", "##known", "##ish", "##by", "##o", ",", "!", ":"]
    letters = [prefix + chr(c) for c in range(97, 123) for prefix in ("", "##") if prefix + chr(c) not in words]
    vocab = {token: at for at, token in enumerate(special + words + letters)}
    core = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    core.normalizer = normalizers.BertNormalizer()
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    core.add_special_tokens(special)
    pair = f"{begin} $A {end} $B:1 {end}:1" if style == "bert" else f"{begin} $A {end} {end} $B {end}"
    core.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", pair=pair, special_tokens=[(begin, vocab[begin]), (end, vocab[end])])
    folder.mkdir(parents=True, exist_ok=True)
    core.save(str(folder / "tokenizer.json"))
    pad = "[PAD]" if style == "bert" else "<pad>"
    fast = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token=pad)
    return fast, len(vocab)


def config(family: str, vocab: int, **more):
    if family == "distilbert":
        return transformers.DistilBertConfig(vocab_size=vocab, **DISTIL, **more)
    kind = {"bert": transformers.BertConfig, "mpnet": transformers.MPNetConfig, "roberta": transformers.RobertaConfig}[family]
    pad = 0 if family == "bert" else 1
    return kind(vocab_size=vocab, pad_token_id=pad, **SIZE, **more)


def build(name: str, family: str, head: str, **more):
    folder = ROOT / name
    fast, vocab = tokenizer(folder, "bert" if family in ("bert", "distilbert") else "roberta")
    settings = config(family, vocab, **more)
    torch.manual_seed(sum(name.encode()))
    kind = {"bert": "Bert", "mpnet": "MPNet", "roberta": "Roberta", "distilbert": "DistilBert"}[family]
    model = getattr(transformers, kind + head)(settings).eval()
    with torch.no_grad():       # the usual initialisation is too small to tell right from nearly right
        for path, tensor in model.named_parameters():
            noise = torch.randn_like(tensor)
            is_norm = "norm" in path.lower()
            tensor.copy_(noise * 0.2 + (1.0 if is_norm and path.endswith("weight") else 0.0) if is_norm
                         else noise * (0.1 if path.endswith("bias") else 0.4))
        if head == "ForTokenClassification":    # not all of them O
            model.classifier.bias.zero_()
            model.classifier.weight.mul_(3)
    for stale in folder.glob("model*.safetensors*"):
        stale.unlink()
    model.save_pretrained(folder, max_shard_size="10KB" if name == "bert-dense" else "5GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    room = 32 if family in ("mpnet", "roberta") else 34
    return folder, fast, model, room


def states(model, encoded):
    with torch.no_grad():
        return model(**{k: v for k, v in encoded.items() if k in ("input_ids", "attention_mask", "token_type_ids")
                        and not (k == "token_type_ids" and model.config.model_type != "bert")})


def embed(name: str, family: str):
    folder, fast, model, room = build(name, family, "Model")
    rows = []
    for text in TEXTS:
        encoded = fast(text, truncation=True, max_length=room, return_tensors="pt")
        rows.append(states(model, encoded).last_hidden_state[0].mean(0))
    rows = torch.stack(rows)
    if name == "bert-dense":
        torch.manual_seed(5)
        weight, bias = torch.randn(10, 16), torch.randn(10)
        rows = torch.tanh(rows @ weight.T + bias)
        (folder / "2_Dense").mkdir(exist_ok=True)
        save_file({"linear.weight": weight, "linear.bias": bias}, folder / "2_Dense" / "model.safetensors")
        (folder / "2_Dense" / "config.json").write_text(json.dumps(
            {"in_features": 16, "out_features": 10, "bias": True,
             "activation_function": "torch.nn.modules.activation.Tanh"}))
        (folder / "1_Pooling").mkdir(exist_ok=True)
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(
            {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}))
        (folder / "modules.json").write_text(json.dumps(
            [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
             for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"),
                                               ("3_Normalize", "Normalize")])]))
    return torch.nn.functional.normalize(rows, dim=1).tolist()


def classify(name: str, family: str):
    _, fast, model, room = build(name, family, "ForSequenceClassification", id2label={0: "low", 1: "high", 2: "none"})
    encoded = [fast(text, truncation=True, max_length=room, return_tensors="pt") for text in TEXTS]
    return [states(model, one).logits[0].softmax(0).tolist() for one in encoded]


def rerank(name: str, family: str):
    _, fast, model, room = build(name, family, "ForSequenceClassification", num_labels=1)
    encoded = [fast(QUERY, text, truncation="longest_first", max_length=room, return_tensors="pt",
                    return_token_type_ids=True) for text in TEXTS]
    return [states(model, one).logits[0, 0].item() for one in encoded]


def recognize(name: str, family: str):
    folder, fast, model, _ = build(name, family, "ForTokenClassification", **LABELS)
    pipe = transformers.pipeline("token-classification", model=model, tokenizer=fast, aggregation_strategy="first",
                                 device="cpu")
    texts = [TEXTS[0], TEXTS[1], TEXTS[3]]
    return [[[e["start"], e["end"], e["entity_group"], float(e["score"])] for e in pipe(text)] for text in texts]


def main():
    transformers.logging.set_verbosity_error()
    expected = {"texts": TEXTS, "query": QUERY, "embed": {}, "classify": {}, "rerank": {}, "recognize": {}}
    for name, family in (("bert-dense", "bert"), ("mpnet", "mpnet"), ("roberta", "roberta"), ("distilbert", "distilbert")):
        expected["embed"][name] = embed(name, family)
    for family in ("bert", "mpnet", "roberta", "distilbert"):
        expected["classify"][f"{family}-classify"] = classify(f"{family}-classify", family)
    for family in ("bert", "roberta", "mpnet"):
        expected["rerank"][f"{family}-rerank"] = rerank(f"{family}-rerank", family)
    for family in ("bert", "distilbert"):
        expected["recognize"][f"{family}-recognize"] = recognize(f"{family}-recognize", family)
    (ROOT / "expected.json").write_text(json.dumps(expected))


main()
