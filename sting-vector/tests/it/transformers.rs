//! Every family and head against `transformers`, on tiny random models: see `tests/data/models.py`.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sting_core::model::{Classifier, Embedder, EntityRecognizer, Reranker};
use sting_vector::BertEmbedder;
use sting_vector::embed::{BertClassifier, BertRecognizer, BertReranker};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models")
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(members) => members.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap() as f32],
    }
}

fn assert_near(name: &str, ours: &[f32], theirs: &Value) {
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let off = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 2e-5, "{name}: off by {off}");
}

fn each<'a>(of: &'a Value, mut what: impl FnMut(&str, PathBuf, &'a Value)) {
    for (name, value) in of.as_object().unwrap() {
        what(name, folder().join(name), value);
    }
}

#[test]
fn vectors_of_every_family() {
    let expected = expected();
    let texts = strings(&expected["texts"]);
    each(&expected["embed"], |name, path, rows| {
        for embedder in [BertEmbedder::load(&path).unwrap(), BertEmbedder::load_reference(&path).unwrap()] {
            assert_near(name, &embedder.embed(&texts).unwrap(), rows);
        }
    });
    let dense = BertEmbedder::load(folder().join("bert-dense")).unwrap();
    assert_eq!(dense.dim(), 10, "that of the dense module");
}

#[test]
fn classes_of_every_family() {
    let expected = expected();
    let texts = strings(&expected["texts"]);
    each(&expected["classify"], |name, path, rows| {
        let classifier = BertClassifier::load(path).unwrap();
        assert_eq!(classifier.labels(), ["low", "high", "none"]);
        assert_near(name, &classifier.classify(&texts).unwrap(), rows);
        let row: f32 = classifier.classify(&[""]).unwrap().iter().sum();
        assert!((row - 1.0).abs() < 1e-5);
    });
}

#[test]
fn scores_of_pairs() {
    let expected = expected();
    let texts = strings(&expected["texts"]);
    each(&expected["rerank"], |name, path, scores| {
        let reranker = BertReranker::load(path).unwrap();
        assert_near(name, &reranker.rerank(expected["query"].as_str().unwrap(), &texts).unwrap(), scores);
    });
}

#[test]
fn entities() {
    let expected = expected();
    let texts = strings(&expected["texts"]);
    let texts = [texts[0], texts[1], texts[3]];
    each(&expected["recognize"], |name, path, entities| {
        let recognizer = BertRecognizer::load(path).unwrap();
        let found = recognizer.recognize(&texts).unwrap();
        for ((found, expected), text) in found.iter().zip(entities.as_array().unwrap()).zip(texts) {
            let expected = expected.as_array().unwrap();
            assert_eq!(found.len(), expected.len(), "{name}: {text}");
            for (entity, expected) in found.iter().zip(expected) {
                // All texts are ASCII: characters are bytes.
                let place = [expected[0].as_u64().unwrap() as usize, expected[1].as_u64().unwrap() as usize];
                assert_eq!([entity.start, entity.end], place, "{name}: {text}");
                assert_eq!(entity.label, expected[2].as_str().unwrap());
                assert!((f64::from(entity.score) - expected[3].as_f64().unwrap()).abs() < 1e-5);
            }
        }
    });
}

/// A long text is read in windows: entities come from all of it, are in order, and do not overlap.
#[test]
fn entities_of_long_texts() {
    let recognizer = BertRecognizer::load(folder().join("bert-recognize")).unwrap();
    let text = "ada met bob in rome, the fox jumped! é東京 ".repeat(200);
    let entities = &recognizer.recognize(&["", &text, " \n"]).unwrap()[1];
    assert!(entities.is_sorted_by(|a, b| a.end <= b.start));
    assert!(
        entities
            .iter()
            .all(|e| e.start < e.end && text.is_char_boundary(e.start) && text.is_char_boundary(e.end))
    );
    let last = entities.last().unwrap();
    assert!(last.end > text.len() - 60, "up to the end: {last:?}");
    let words = |entity: &sting_core::model::Entity| text[entity.start..entity.end].split(' ').count();
    assert!(entities.iter().all(|entity| words(entity) > 0));
    assert!(recognizer.recognize(&[""]).unwrap()[0].is_empty());
}

/// What is missing or does not fit in a head's folder is named.
#[test]
fn faults_of_heads_are_named() {
    let copy = |name: &str, change: &dyn Fn(&Path)| {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(folder().join(name)).unwrap() {
            let file = file.unwrap();
            if file.path().is_file() {
                std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
            }
        }
        change(copy.path());
        copy
    };
    let replace = |file: &'static str, from: &'static str, to: &'static str| {
        move |folder: &Path| {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            assert!(text.contains(from), "{text}");
            std::fs::write(folder.join(file), text.replace(from, to)).unwrap();
        }
    };
    let labels = copy("bert-recognize", &replace("config.json", "\"4\": \"I-LOC\"", "\"5\": \"I-LOC\""));
    let error = BertRecognizer::load(labels.path()).unwrap_err().to_string();
    assert!(error.contains("config.json") && error.contains("id2label"), "{error}");
    let error = BertClassifier::load(folder().join("bert-recognize")).unwrap_err().to_string();
    assert!(error.contains("pooler.dense.weight"), "{error}");
    let error = BertReranker::load(folder().join("bert-classify")).unwrap_err().to_string();
    assert!(error.contains("3 outputs"), "{error}");
    let error = BertClassifier::load(folder().join("bert-rerank")).unwrap_err().to_string();
    assert!(error.contains("single class"), "{error}");
    let shard = copy("bert-dense", &|folder| {
        std::fs::remove_file(folder.join("model-00002-of-00003.safetensors")).unwrap();
    });
    std::fs::remove_file(shard.path().join("modules.json")).unwrap();
    let error = BertEmbedder::load(shard.path()).unwrap_err().to_string();
    assert!(error.contains("model-00002-of-00003.safetensors"), "{error}");
    let index = copy("bert-dense", &replace("model.safetensors.index.json", "model-00002", "../model-00002"));
    std::fs::remove_file(index.path().join("modules.json")).unwrap();
    let error = BertEmbedder::load(index.path()).unwrap_err().to_string();
    assert!(error.contains("index.json") && error.contains("outside"), "{error}");
}
