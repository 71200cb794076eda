//! What only shows in a process of its own: a cache shared by several, and the memory that embedding takes.
//!
//! A test here starts this same test program again, for one ignored test that is its other half.

use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;

use sting_core::model::Embedder;
use sting_vector::HashEmbedder;
use sting_vector::embed::CachedEmbedder;

fn start(test: &str, settings: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .envs(settings.iter().copied())
        .spawn()
        .unwrap()
}

fn cache(folder: &Path) -> CachedEmbedder {
    CachedEmbedder::open(folder, Arc::new(HashEmbedder::with_dim(64).unwrap())).unwrap()
}

fn texts(start: usize) -> Vec<String> {
    (start..start + 200).map(|i| format!("text number {i}")).collect()
}

/// Processes that write to one folder at the same time lose nothing of each other's.
#[test]
fn processes_share_a_cache() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let starts = [0, 100, 200, 300];
    let children = starts.map(|first| {
        start("processes::one_of_several", &[("STING_CACHE", place), ("STING_FIRST", &first.to_string())])
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let cache = cache(folder.path());
    for first in starts {
        let texts = texts(first);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let expected = HashEmbedder::with_dim(64).unwrap().embed(&texts).unwrap();
        assert_eq!(cache.embed(&texts).unwrap(), expected);
    }
    assert_eq!((cache.stats().misses, cache.stats().failed_writes), (0, 0));
}

#[test]
#[ignore = "the other half of processes_share_a_cache"]
fn one_of_several() {
    let cache = cache(Path::new(&std::env::var("STING_CACHE").unwrap()));
    let texts = texts(std::env::var("STING_FIRST").unwrap().parse().unwrap());
    for texts in texts.chunks(7) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        cache.embed(&texts).unwrap();
    }
}

/// Beside the model and the text, embedding takes less than 200 MB: here for texts of 4 MB, and with
/// `STING_MEGABYTES=100` for texts of 100 MB.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded() {
    let size = std::env::var("STING_MEGABYTES").unwrap_or_else(|_| "4".to_owned());
    let mut child = start("processes::one_huge_text", &[("STING_MEGABYTES", size.as_str())]);
    assert!(child.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the other half of memory_is_bounded"]
fn one_huge_text() {
    let megabytes = |field: &str| -> f64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    };
    let size: usize = std::env::var("STING_MEGABYTES").unwrap().parse().unwrap();
    // Words that never come again, words that do, and one word without an end.
    let mut numbered = String::new();
    for i in 0..size * 100_000 {
        write!(numbered, "w{i:08} ").unwrap();
    }
    let repeated = "the quick brown fox jumps over the lazy dog ".repeat(size * 1_000_000 / 44);
    let unbroken = "é".repeat(size * 500_000);
    let mut embedders: Vec<Box<dyn Embedder>> =
        vec![Box::new(HashEmbedder::new()), Box::new(sting_vector::builtin())];
    #[cfg(feature = "candle")]
    {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models/bert-dense");
        embedders.push(Box::new(sting_vector::BertEmbedder::load(tiny).unwrap()));
        if let Some(model) = std::env::var_os("STING_MODEL") {
            embedders.push(Box::new(sting_vector::BertEmbedder::load(model).unwrap()));
        }
    }
    for embedder in embedders {
        for text in [&numbered, &repeated, &unbroken] {
            // The peak is counted from here on.
            std::fs::write("/proc/self/clear_refs", "5").unwrap();
            let before = megabytes("VmRSS:");
            let row = embedder.embed(&[text]).unwrap();
            let grown = megabytes("VmHWM:") - before;
            println!("{}: {grown:.1} MB for a text of {} MB", embedder.id(), text.len() / 1_000_000);
            assert!(grown < 200.0 && row.iter().any(|&x| x != 0.0));
        }
    }
}
