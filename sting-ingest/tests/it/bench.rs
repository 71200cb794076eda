//! A folder of documents, a store and an output folder, for one test.

use arrow::array::{Array, RecordBatch, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sting_ingest::{Comb, Error, Manifest, Pipeline, PipelineConfig, RunOptions};
use sting_vector::embed::HashEmbedder;
use sting_vector::{CollectionConfig, Row, Store};

pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(bench.path("in")).unwrap();
        for (name, bytes) in files {
            bench.put(name, bytes);
        }
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a document, with a time long enough ago to be trusted.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path("in").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let age = std::time::Duration::from_secs(3600 - bytes.len() as u64 % 1000);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(std::time::SystemTime::now() - age)
            .unwrap();
    }

    pub(crate) fn comb(&self) -> Comb {
        Comb::folder(self.path("in")).unwrap().with_name("test")
    }

    pub(crate) fn pipeline(&self) -> Pipeline {
        let config = PipelineConfig::for_comb(&self.comb()).unwrap();
        Pipeline::new(config.with_embedder(Arc::new(HashEmbedder::new())))
    }

    /// Runs into a store and Parquet.
    pub(crate) fn run(&self) -> Result<Manifest, Error> {
        self.run_with(&self.comb(), RunOptions::default())
    }

    pub(crate) fn run_with(&self, comb: &Comb, options: RunOptions<'_>) -> Result<Manifest, Error> {
        let store = Store::open(self.path("store")).unwrap();
        let options = RunOptions { store: Some(&store), out: Some(self.path("out")), ..options };
        self.pipeline().run(comb, options)
    }

    /// All rows of the collection.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let store = Store::open(self.path("store")).unwrap();
        let config = CollectionConfig::default().with_embedder(Arc::new(HashEmbedder::new()));
        let collection = store.collection("documents", config).unwrap();
        collection.scroll(None, usize::MAX, None).unwrap()
    }

    /// Ids and texts of the collection.
    pub(crate) fn texts(&self) -> BTreeMap<String, String> {
        self.rows().into_iter().map(|row| (row.id, row.text.unwrap())).collect()
    }

    /// Ids and texts of the Parquet files that count.
    pub(crate) fn parquet(&self) -> BTreeMap<String, String> {
        let mut rows = BTreeMap::new();
        for file in self.newest().files {
            let mut count = 0;
            for batch in batches(&self.path("out").join(&file.path)) {
                let (ids, texts) = (column(&batch, "chunk_id"), column(&batch, "text"));
                for row in 0..batch.num_rows() {
                    count += 1;
                    assert!(
                        rows.insert(ids.value(row).into(), texts.value(row).into()).is_none(),
                        "a row is there twice"
                    );
                }
            }
            assert_eq!(count, file.rows);
        }
        rows
    }

    pub(crate) fn newest(&self) -> Manifest {
        serde_json::from_slice(&std::fs::read(self.path("out/manifest.json")).unwrap()).unwrap()
    }

    /// Checks that the store and Parquet hold the same, and that the manifest is right.
    pub(crate) fn check(&self) -> BTreeMap<String, String> {
        let rows = self.texts();
        assert_eq!(rows, self.parquet());
        let report = sting_ingest::verify_manifest(self.path("out")).unwrap();
        assert!(report.ok, "{report:?}");
        rows
    }
}

pub(crate) fn batches(path: &Path) -> Vec<RecordBatch> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    reader.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn column<'b>(batch: &'b RecordBatch, name: &str) -> &'b StringArray {
    batch.column_by_name(name).unwrap().as_any().downcast_ref().unwrap()
}
