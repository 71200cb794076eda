//! From a folder of documents to scrubbed, searchable chunks that know where they came from.

use std::error::Error;
use std::sync::Arc;
use sting_ingest::{Comb, Pipeline, PipelineConfig, RunOptions};
use sting_vector::{CollectionConfig, Query, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("sting-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("on-call.md"), "# On-call\n\nPage Lena at lena@larkhaven.example.\n")?;
    std::fs::write(folder.join("menu.html"), "<h1>Canteen</h1><p>Fish &amp; chips on Friday.</p>")?;

    let comb = Comb::folder(&folder)?;
    let embedder = Arc::new(sting_vector::builtin());
    let store = Store::in_memory();
    let pipeline = Pipeline::new(PipelineConfig::for_comb(&comb)?.with_embedder(embedder.clone()));
    let manifest = pipeline.run(&comb, RunOptions { store: Some(&store), ..RunOptions::default() })?;
    println!("{} documents, findings: {:?}", manifest.documents.new, manifest.findings);

    let chunks = store.collection("documents", CollectionConfig::default().with_embedder(embedder))?;
    for hit in chunks.search(&Query::text("who is on call").with_k(1))? {
        println!("{}: {:?}", hit.metadata["document"], hit.text.unwrap_or_default());
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
