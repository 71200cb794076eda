//! A small random model in a temporary folder, against a plain reading of the paper in double
//! precision; and the real MiniLM, where `STING_MODEL` names its folder.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use sting_core::model::Embedder;

use super::relative::bucket;
use super::{BertEmbedder, Precision};

const HIDDEN: usize = 24;
const HEADS: usize = 3;
const INNER: usize = 40;
const POSITIONS: usize = 64;

const TEXTS: [&str; 6] = [
    "abc def",
    "a",
    "one two three, four! five six seven eight nine ten eleven twelve",
    "the quick brown fox jumps over the lazy dog",
    "",
    "zebra",
];

struct Model {
    folder: tempfile::TempDir,
    config: Value,
    tensors: HashMap<String, Tensor>,
}

impl Model {
    /// An encoder with the tensor names of BERT.
    fn bert() -> Self {
        let mut vocab: Vec<String> =
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", "!"].map(String::from).into();
        vocab.extend(('a'..='z').flat_map(|c| [c.to_string(), format!("##{c}")]));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vocab.txt"), vocab.join("\n")).unwrap();
        let mut model = Self {
            folder,
            config: json!({
                "model_type": "bert", "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": HEADS,
                "intermediate_size": INNER, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
                "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "vocab_size": vocab.len(),
            }),
            tensors: HashMap::new(),
        };
        model.add("embeddings.word_embeddings.weight", &[vocab.len(), HIDDEN]);
        model.add("embeddings.position_embeddings.weight", &[POSITIONS, HIDDEN]);
        model.add("embeddings.token_type_embeddings.weight", &[2, HIDDEN]);
        model.add_pair("embeddings.LayerNorm", &[HIDDEN]);
        for layer in 0..2 {
            for name in ["self.query", "self.key", "self.value", "output.dense"] {
                model.add_pair(&format!("encoder.layer.{layer}.attention.{name}"), &[HIDDEN, HIDDEN]);
            }
            model.add_pair(&format!("encoder.layer.{layer}.attention.output.LayerNorm"), &[HIDDEN]);
            model.add_pair(&format!("encoder.layer.{layer}.intermediate.dense"), &[INNER, HIDDEN]);
            model.add_pair(&format!("encoder.layer.{layer}.output.dense"), &[HIDDEN, INNER]);
            model.add_pair(&format!("encoder.layer.{layer}.output.LayerNorm"), &[HIDDEN]);
        }
        model
    }

    fn add_pair(&mut self, name: &str, shape: &[usize]) {
        self.add(&format!("{name}.weight"), shape);
        self.add(&format!("{name}.bias"), &shape[..1]);
    }

    /// Noise between -0.5 and 0.5 that depends on the name.
    fn add(&mut self, name: &str, shape: &[usize]) {
        let mut state = name.bytes().fold(7u64, |state, byte| state.wrapping_mul(31) + u64::from(byte));
        let numbers: Vec<f32> = (0..shape.iter().product())
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
            })
            .collect();
        self.tensors.insert(name.to_owned(), Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap());
    }

    fn rename(&mut self, from: &str, to: &str) {
        let tensors = self.tensors.drain().map(|(name, tensor)| (name.replace(from, to), tensor));
        self.tensors = tensors.collect();
    }

    fn write(&self, name: &str, content: &Value) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content.to_string()).unwrap();
        self
    }

    fn save(&self) -> &Self {
        self.write("config.json", &self.config);
        candle_core::safetensors::save(&self.tensors, self.path().join("model.safetensors")).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn get(&self, name: &str) -> Vec<f64> {
        let numbers: Vec<f32> = self.tensors[name].flatten_all().unwrap().to_vec1().unwrap();
        numbers.into_iter().map(f64::from).collect()
    }

    /// The forward pass as the paper has it, with mean pooling. `relative` is a bias by head.
    fn oracle(&self, tokens: &[u32], relative: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
        let linear = |x: &[Vec<f64>], name: &str| -> Vec<Vec<f64>> {
            let (weight, bias) = (self.get(&format!("{name}.weight")), self.get(&format!("{name}.bias")));
            let row = |x: &Vec<f64>| {
                let outputs = weight.chunks(x.len()).zip(&bias);
                outputs.map(|(w, b)| b + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).collect()
            };
            x.iter().map(row).collect()
        };
        let norm = |x: Vec<Vec<f64>>, name: &str| -> Vec<Vec<f64>> {
            let (weight, bias) = (self.get(&format!("{name}.weight")), self.get(&format!("{name}.bias")));
            let row = |x: Vec<f64>| {
                let mean = x.iter().sum::<f64>() / x.len() as f64;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
                let scaled = x.iter().zip(&weight).zip(&bias);
                scaled.map(|((x, w), b)| (x - mean) / variance.sqrt() * w + b).collect()
            };
            x.into_iter().map(row).collect()
        };
        let add = |x: &[Vec<f64>], y: &[Vec<f64>]| -> Vec<Vec<f64>> {
            x.iter().zip(y).map(|(x, y)| x.iter().zip(y).map(|(x, y)| x + y).collect()).collect()
        };
        let words = self.get("embeddings.word_embeddings.weight");
        let positions = self.get("embeddings.position_embeddings.weight");
        let types = self.get("embeddings.token_type_embeddings.weight");
        let embedded = tokens.iter().enumerate().map(|(at, &token)| {
            let number =
                |i: usize| words[token as usize * HIDDEN + i] + positions[at * HIDDEN + i] + types[i];
            (0..HIDDEN).map(number).collect()
        });
        let mut x = norm(embedded.collect(), "embeddings.LayerNorm");
        for layer in 0..2 {
            let at = |name: &str| format!("encoder.layer.{layer}.{name}");
            let [q, k, v] =
                ["query", "key", "value"].map(|name| linear(&x, &at(&format!("attention.self.{name}"))));
            let width = HIDDEN / HEADS;
            let mixed = (0..x.len()).map(|query| {
                (0..HIDDEN)
                    .map(|i| {
                        let head = i / width;
                        let dims = head * width..(head + 1) * width;
                        let score = |key: usize| {
                            let dot: f64 = dims.clone().map(|d| q[query][d] * k[key][d]).sum();
                            (dot / (width as f64).sqrt() + relative(query, key, head)).exp()
                        };
                        let weights: Vec<f64> = (0..x.len()).map(score).collect();
                        weights.iter().zip(&v).map(|(w, v)| w * v[i]).sum::<f64>()
                            / weights.iter().sum::<f64>()
                    })
                    .collect()
            });
            let mixed: Vec<Vec<f64>> = mixed.collect();
            let mixed = linear(&mixed, &at("attention.output.dense"));
            x = norm(add(&x, &mixed), &at("attention.output.LayerNorm"));
            let mut inner = linear(&x, &at("intermediate.dense"));
            inner.iter_mut().flatten().for_each(|x| *x *= 0.5 * (1.0 + erf(*x / 2f64.sqrt())));
            let output = linear(&inner, &at("output.dense"));
            x = norm(add(&x, &output), &at("output.LayerNorm"));
        }
        unit((0..HIDDEN).map(|i| x.iter().map(|x| x[i]).sum()).collect())
    }
}

fn unit(x: Vec<f64>) -> Vec<f64> {
    let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    x.into_iter().map(|x| x / norm).collect()
}

fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..300 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn assert_near(vector: &[f32], oracle: &[f64], tolerance: f64) {
    let off = vector.iter().zip(oracle).map(|(&x, y)| (f64::from(x) - y).abs()).fold(0.0, f64::max);
    assert!(off < tolerance, "off by {off}");
}

/// Every precision, and the reference, with how far each may be off.
fn embedders(path: &Path) -> Vec<(BertEmbedder, f64)> {
    vec![
        (BertEmbedder::load_reference(path).unwrap(), 1e-5),
        (BertEmbedder::load(path).unwrap(), 1e-5),
        (BertEmbedder::load_with(path, Precision::Bf16).unwrap(), 0.03),
        (BertEmbedder::load_with(path, Precision::Int8).unwrap(), 0.05),
    ]
}

#[test]
fn every_precision_computes_the_paper() {
    let model = Model::bert();
    model.save();
    for (embedder, tolerance) in embedders(model.path()) {
        let vectors = embedder.embed(&TEXTS).unwrap();
        for (text, vector) in TEXTS.iter().zip(vectors.chunks(HIDDEN)) {
            if text.is_empty() {
                assert_eq!(vector, [0.0; HIDDEN]);
                continue;
            }
            let tokens = embedder.model.reader.read("", text);
            assert_near(vector, &model.oracle(&tokens.ids, |_, _, _| 0.0), tolerance);
        }
    }
}

#[test]
fn batching_changes_no_bit() {
    let model = Model::bert();
    model.save();
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let embedder = BertEmbedder::load_with(model.path(), precision).unwrap();
        let texts: Vec<&str> = TEXTS.iter().cycle().take(97).copied().collect();
        let together = embedder.embed(&texts).unwrap();
        for (text, vector) in texts.iter().zip(together.chunks(HIDDEN)) {
            assert_eq!(vector, embedder.embed(&[text]).unwrap());
        }
    }
}

/// However many threads there are, and whether they share out texts or the tokens of one text.
#[test]
fn threads_change_no_bit() {
    let model = Model::bert();
    model.save();
    let texts: Vec<String> = (1..40).map(|i| "fox jumps over ".repeat(i)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let embedder = BertEmbedder::load_with(model.path(), precision).unwrap();
        let with = |threads: usize, texts: &[&str]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| embedder.embed(texts)).unwrap()
        };
        let expected = with(1, &texts);
        for threads in [2, 3, 8] {
            assert_eq!(with(threads, &texts), expected);
            for (text, row) in texts.iter().zip(expected.chunks(HIDDEN)) {
                assert_eq!(with(threads, &[text]), row);
            }
        }
    }
}

#[test]
fn mpnet_adds_relative_positions() {
    let mut model = Model::bert();
    model.config["model_type"] = "mpnet".into();
    model.config["pad_token_id"] = 1.into();
    model.config["max_position_embeddings"] = (POSITIONS + 2).into();
    model.add("encoder.relative_attention_bias.weight", &[32, HEADS]);
    let bias = model.get("encoder.relative_attention_bias.weight");
    let oracle =
        Model { folder: tempfile::tempdir().unwrap(), config: Value::Null, tensors: model.tensors.clone() };
    // The family has no token types, and its positions start behind the padding's.
    let types = model.tensors.remove("embeddings.token_type_embeddings.weight").unwrap();
    let positions = &model.tensors["embeddings.position_embeddings.weight"];
    let positions = positions.broadcast_add(&types.get(0).unwrap()).unwrap();
    let padding = Tensor::ones((2, HIDDEN), candle_core::DType::F32, &Device::Cpu).unwrap();
    let positions = Tensor::cat(&[padding, positions], 0).unwrap();
    model.tensors.insert("embeddings.position_embeddings.weight".to_owned(), positions);
    for (name, part) in [("self.query", "q"), ("self.key", "k"), ("self.value", "v"), ("output.dense", "o")] {
        model.rename(&format!("attention.{name}"), &format!("attention.attn.{part}"));
    }
    model.rename("attention.output.LayerNorm", "attention.LayerNorm");
    model.save();
    let relative = |query, key, head| bias[bucket(query, key, 32) * HEADS + head];
    for (embedder, tolerance) in embedders(model.path()) {
        let tokens = embedder.model.reader.read("", TEXTS[2]);
        let vector = embedder.embed(&[TEXTS[2]]).unwrap();
        assert_near(&vector, &oracle.oracle(&tokens.ids, relative), tolerance);
    }
}

#[test]
fn distilbert_and_prefixed_models_are_bert_by_other_names() {
    let mut model = Model::bert();
    model.save();
    let expected = BertEmbedder::load(model.path()).unwrap().embed(&TEXTS).unwrap();
    for (bert, distil) in [
        ("encoder.layer", "distilbert.transformer.layer"),
        ("embeddings.word_", "distilbert.embeddings.word_"),
        ("embeddings.position_", "distilbert.embeddings.position_"),
        ("embeddings.token_", "distilbert.embeddings.token_"),
        ("embeddings.LayerNorm", "distilbert.embeddings.LayerNorm"),
        ("attention.self.query", "attention.q_lin"),
        ("attention.self.key", "attention.k_lin"),
        ("attention.self.value", "attention.v_lin"),
        ("attention.output.dense", "attention.out_lin"),
        ("attention.output.LayerNorm", "sa_layer_norm"),
        ("intermediate.dense", "ffn.lin1"),
        ("output.dense", "ffn.lin2"),
        ("output.LayerNorm", "output_layer_norm"),
    ] {
        model.rename(bert, distil);
    }
    let types = model.tensors.remove("distilbert.embeddings.token_type_embeddings.weight").unwrap();
    let positions = model.tensors.get_mut("distilbert.embeddings.position_embeddings.weight").unwrap();
    *positions = positions.broadcast_add(&types.get(0).unwrap()).unwrap();
    model.config = json!({
        "model_type": "distilbert", "dim": HIDDEN, "n_layers": 2, "n_heads": HEADS, "hidden_dim": INNER,
        "activation": "gelu", "max_position_embeddings": POSITIONS, "vocab_size": model.config["vocab_size"],
    });
    model.save();
    let vectors = BertEmbedder::load(model.path()).unwrap().embed(&TEXTS).unwrap();
    assert!(vectors.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn the_folder_decides_length_pooling_and_prompts() {
    let model = Model::bert();
    model.save();
    let plain = BertEmbedder::load(model.path()).unwrap();
    assert_eq!(plain.max_tokens(), Some(POSITIONS));
    model.write("sentence_bert_config.json", &json!({"max_seq_length": 6}));
    model.write(
        "modules.json",
        &json!([{"path": "", "type": "sentence_transformers.models.Transformer"},
        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]),
    );
    model.write(
        "1_Pooling/config.json",
        &json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}),
    );
    model.write("config_sentence_transformers.json", &json!({"prompts": {"query": "q "}}));
    let first = BertEmbedder::load(model.path()).unwrap();
    assert_eq!(first.max_tokens(), Some(6));
    assert_ne!(first.id(), plain.id());
    assert_eq!(first.embed(&["abcd e f"]).unwrap(), first.embed(&["abcd x y z"]).unwrap());
    assert_eq!(first.embed_queries(&["a"]).unwrap(), first.embed(&["q a"]).unwrap());
    assert_ne!(first.embed(&["ab"]).unwrap(), plain.embed(&["ab"]).unwrap());
    model.write("1_Pooling/config.json", &json!({"pooling_mode": "max"}));
    let greatest = BertEmbedder::load(model.path()).unwrap();
    assert_ne!(first.embed(&["ab"]).unwrap(), greatest.embed(&["ab"]).unwrap());
}

#[test]
fn a_huge_text_is_read_as_its_beginning() {
    let model = Model::bert();
    model.save();
    let embedder = BertEmbedder::load(model.path()).unwrap();
    let words = "the quick, brown fox ".repeat(50);
    let huge = format!("{words}{}", " lazy dog!".repeat(500_000));
    assert_eq!(embedder.embed(&[&huge]).unwrap(), embedder.embed(&[&words]).unwrap());
    let spaced = format!("{}{words}", " ".repeat(1_000_000));
    assert_eq!(embedder.embed(&[&spaced]).unwrap(), embedder.embed(&[&words]).unwrap());
}

/// Each fault, with what its message must name.
#[test]
fn faults_name_the_file_and_the_tensor() {
    type Fault = fn(&mut Model);
    let remove =
        |name: &'static str| move |model: &Model| std::fs::remove_file(model.path().join(name)).unwrap();
    for name in ["config.json", "model.safetensors"] {
        let model = Model::bert();
        model.save();
        remove(name)(&model);
        let error = BertEmbedder::load(model.path()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    let faults: [(Fault, &[&str]); 9] = [
        (|model| model.config["model_type"] = "llama".into(), &["config.json", "llama"]),
        (|model| model.config["num_attention_heads"] = 5.into(), &["config.json", "num_attention_heads"]),
        (|model| model.config["hidden_size"] = Value::Null, &["config.json", "hidden_size"]),
        (
            |model| model.config["intermediate_size"] = 41.into(),
            &["safetensors", "layer.0.intermediate.dense.weight"],
        ),
        (|model| model.config["vocab_size"] = 20.into(), &["tokenizer has", "20"]),
        (|model| model.config["hidden_act"] = "swish".into(), &["config.json", "swish"]),
        (
            |model| drop(model.tensors.remove("encoder.layer.1.output.dense.bias")),
            &["layer.1.output.dense.bias"],
        ),
        (
            |model| {
                let nan = Tensor::full(f32::NAN, (HIDDEN,), &Device::Cpu).unwrap();
                model.tensors.insert("embeddings.LayerNorm.bias".to_owned(), nan);
            },
            &["safetensors", "embeddings.LayerNorm.bias", "finite"],
        ),
        (
            |model| {
                model.write("modules.json", &json!([{"path": "2_LSTM", "type": "x.LSTM"}]));
            },
            &["modules.json", "LSTM"],
        ),
    ];
    for (fault, names) in faults {
        let mut model = Model::bert();
        fault(&mut model);
        model.save();
        let error = BertEmbedder::load(model.path()).unwrap_err().to_string();
        assert!(names.iter().all(|name| error.contains(name)), "{error}");
    }
    let model = Model::bert();
    model.save();
    for (name, bytes) in [("config.json", &b"{"[..]), ("model.safetensors", &[9; 20]), ("vocab.txt", &[0xff])]
    {
        let good = std::fs::read(model.path().join(name)).unwrap();
        std::fs::write(model.path().join(name), bytes).unwrap();
        let error = BertEmbedder::load(model.path()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        std::fs::write(model.path().join(name), good).unwrap();
    }
    remove("vocab.txt")(&model);
    let error = BertEmbedder::load(model.path()).unwrap_err().to_string();
    assert!(error.contains("tokenizer.json"), "{error}");
    assert!(BertEmbedder::load(model.path().join("absent")).unwrap_err().to_string().contains("absent"));
}

/// The folder of all-MiniLM-L6-v2.
fn minilm() -> Option<std::path::PathBuf> {
    let path = std::env::var_os("STING_MODEL").map(Into::into);
    if path.is_none() {
        println!("skipped: no model");
    }
    path
}

/// Computed in double precision with NumPy, from the same tensors and the ids of `tokenizers`.
#[test]
fn minilm_gives_the_known_vectors() {
    let Some(path) = minilm() else { return };
    let long = "word ".repeat(400);
    let known: [(&str, [f64; 6], f64); 4] = [
        (
            "This is an example sentence",
            [0.067657, 0.063496, 0.048713, 0.079305, 0.037448, 0.002653],
            -0.042229,
        ),
        (
            "Failed password for root from 203.0.113.7 port 22 ssh2",
            [0.014053, -0.008606, -0.062178, -0.040624, 0.001063, 0.006422],
            0.001835,
        ),
        (
            "Die Straße ist naß: 東京 🙂",
            [0.096396, 0.071658, 0.076977, -0.00888, -0.025496, 0.031564],
            0.033583,
        ),
        (&long, [-0.008124, -0.095586, -0.038673, 0.049662, -0.043794, 0.02372], 0.015241),
    ];
    let texts = known.map(|(text, ..)| text);
    for (embedder, tolerance) in embedders(&path) {
        assert_eq!((embedder.dim(), embedder.max_tokens()), (384, Some(256)));
        let vectors = embedder.embed(&texts).unwrap();
        for (vector, (_, first, last)) in vectors.chunks(384).zip(&known) {
            assert_near(&vector[..6], first, tolerance.max(1e-5));
            assert_near(&vector[383..], &[*last], tolerance.max(1e-5));
        }
    }
}

#[test]
fn minilm_keeps_its_direction_in_every_precision() {
    let Some(path) = minilm() else { return };
    let source = include_str!("../bert.rs");
    let texts: Vec<&str> =
        source.split("\n\n").chain(source.lines().filter(|line| line.len() > 40)).take(60).collect();
    let reference = BertEmbedder::load_reference(&path).unwrap().embed(&texts).unwrap();
    for (precision, least) in [(Precision::F32, 0.99999), (Precision::Bf16, 0.9999), (Precision::Int8, 0.995)]
    {
        let vectors = BertEmbedder::load_with(&path, precision).unwrap().embed(&texts).unwrap();
        let rows = vectors.chunks(384).zip(reference.chunks(384));
        let worst = rows.map(|(a, b)| cosine(a, b)).fold(1.0, f32::min);
        println!("{precision:?}: least cosine {worst}");
        assert!(worst >= least, "{precision:?}: {worst}");
    }
}
