//! Embeddings, the store and search.

use crate::error::{OrThrow, config};
use crate::task::{Job, promise};
use napi::Result;
use napi::bindgen_prelude::{AsyncTask, ClassInstance, Either, Float32Array};
use napi_derive::napi;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sting_core::model;
use sting_vector::embed::Bulk;
use sting_vector::{BertEmbedder, CollectionConfig, Filter, Metadata, Metric, Mode, Precision, Query};

/// Vectors, row after row: row `i` is `data.subarray(i * dim, (i + 1) * dim)`.
#[napi(object)]
pub struct Vectors {
    pub data: Float32Array,
    pub dim: u32,
}

/// How a model is loaded.
#[napi(object, object_to_js = false)]
pub struct LoadOptions {
    #[napi(ts_type = "'f32' | 'bf16' | 'int8'")]
    pub precision: Option<String>,
}

/// Turns texts into vectors of unit length.
#[napi]
pub struct Embedder(pub(crate) Arc<dyn model::Embedder>);

#[napi]
impl Embedder {
    /// The model that is part of the package: hashed words and character n-grams, nothing to download.
    #[napi(factory)]
    pub fn builtin() -> Self {
        Self(Arc::new(sting_vector::builtin()))
    }

    /// Loads a sentence-transformers folder of the BERT family.
    #[napi(factory, ts_args_type = "path: string, options?: LoadOptions")]
    pub fn load(path: String, options: Option<LoadOptions>) -> Result<Self> {
        let precision = options.and_then(|options| options.precision);
        let precision =
            precision.map(|name| name.parse::<Precision>()).transpose().or_throw()?.unwrap_or_default();
        Ok(Self(Arc::new(BertEmbedder::load_with(path, precision).or_throw()?)))
    }

    /// Loads a model that was downloaded before, from the local cache of the Hugging Face hub. No network.
    #[napi(factory, ts_args_type = "name: string, options?: LoadOptions")]
    pub fn from_hub(name: String, options: Option<LoadOptions>) -> Result<Self> {
        let path = sting_vector::embed::hub_model(&name, None).or_throw()?;
        Self::load(path.display().to_string(), options)
    }

    #[napi]
    pub fn embed_sync(&self, texts: Vec<String>) -> Result<Vectors> {
        embed(&*self.0, &texts, None)
    }

    /// One row a text. A text with nothing to embed, and no other, gives zeros. A signal stops the work.
    #[napi(
        ts_args_type = "texts: Array<string>, options?: { signal?: AbortSignal }",
        ts_return_type = "Promise<Vectors>"
    )]
    pub fn embed(&self, texts: Vec<String>, options: Option<EmbedOptions>) -> AsyncTask<Job<Vectors>> {
        let model = self.0.clone();
        let cancel = options.and_then(|options| options.cancel).map(|cancel| cancel.0.clone());
        promise(move || embed(&*model, &texts, cancel))
    }

    #[napi(getter)]
    pub fn dim(&self) -> u32 {
        self.0.dim() as u32
    }

    #[napi(getter)]
    pub fn max_tokens(&self) -> Option<u32> {
        self.0.max_tokens().map(|max| max as u32)
    }

    #[napi(getter)]
    pub fn id(&self) -> &str {
        self.0.id()
    }
}

/// What `index.js` makes of an AbortSignal: a flag that long work looks at.
#[napi]
#[derive(Default)]
pub struct Cancel(Arc<AtomicBool>);

#[napi]
impl Cancel {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi]
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How texts are embedded.
#[napi(object, object_to_js = false)]
pub struct EmbedOptions<'env> {
    pub cancel: Option<ClassInstance<'env, Cancel>>,
}

fn embed(model: &dyn model::Embedder, texts: &[String], cancel: Option<Arc<AtomicBool>>) -> Result<Vectors> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let bulk = Bulk::new(model).with_cancel(cancel.unwrap_or_default());
    Ok(Vectors { data: bulk.embed(&texts).or_throw()?.into(), dim: model.dim() as u32 })
}

/// What a check of a store found.
#[napi(object)]
pub struct Report {
    pub ok: bool,
    pub problems: Vec<String>,
}

/// How a collection is made, and what it is expected to be when it is opened again.
#[napi(object, object_to_js = false)]
pub struct CollectionOptions<'env> {
    pub dim: Option<u32>,
    #[napi(ts_type = "'cosine' | 'dot' | 'l2'")]
    pub metric: Option<String>,
    pub embedder: Option<ClassInstance<'env, Embedder>>,
}

/// A folder of collections, or collections in memory. One process writes; a kill loses nothing acknowledged.
#[napi]
pub struct Store(sting_vector::Store);

#[napi]
impl Store {
    /// Opens or creates a store; `:memory:` for one that is not on disk.
    #[napi(factory)]
    pub fn open(path: String) -> Result<Self> {
        if path == ":memory:" {
            return Ok(Self(sting_vector::Store::in_memory()));
        }
        sting_vector::Store::open(path).map(Self).or_throw()
    }

    /// Opens or creates a collection. What contradicts an existing one is refused.
    #[napi]
    pub fn collection(&self, name: String, options: Option<CollectionOptions<'_>>) -> Result<Collection> {
        let mut settings = CollectionConfig::default();
        if let Some(options) = options {
            settings.dim = options.dim.map(|dim| dim as usize);
            settings.metric = options.metric.map(|metric| metric.parse::<Metric>()).transpose().or_throw()?;
            settings.embedder = options.embedder.map(|embedder| embedder.0.clone());
        }
        self.0.collection(&name, settings).map(Collection).or_throw()
    }

    #[napi]
    pub fn collections(&self) -> Result<Vec<String>> {
        self.0.collections().or_throw()
    }

    /// Deletes a collection; false if there was none.
    #[napi]
    pub fn drop(&self, name: String) -> Result<bool> {
        self.0.drop_collection(&name).or_throw()
    }

    /// Reads every byte and checks it.
    #[napi(ts_return_type = "Promise<Report>")]
    pub fn verify(&self) -> AsyncTask<Job<Report>> {
        let store = self.0.clone();
        promise(move || {
            let report = store.verify().or_throw()?;
            Ok(Report { ok: report.ok, problems: report.problems })
        })
    }

    /// Gives back the space of deleted and replaced rows.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn compact(&self) -> AsyncTask<Job<()>> {
        let store = self.0.clone();
        promise(move || store.compact().or_throw())
    }

    #[napi]
    pub fn close(&self) -> Result<()> {
        self.0.close().or_throw()
    }
}

/// What is written beside the ids of rows: one item a row in each list.
#[napi(object, object_to_js = false)]
pub struct RowsOptions {
    pub texts: Option<Vec<Option<String>>>,
    /// All vectors in one array, row after row, or an array of vectors.
    pub vectors: Option<Either<Float32Array, Vec<Float32Array>>>,
    #[napi(ts_type = "Array<Record<string, unknown> | null | undefined>")]
    pub metadata: Option<Vec<Option<Value>>>,
}

/// A stored row.
#[napi(object)]
pub struct Row {
    pub id: String,
    pub text: Option<String>,
    pub vector: Option<Float32Array>,
    #[napi(ts_type = "Record<string, any>")]
    pub metadata: Value,
}

/// A row that a search found.
#[napi(object)]
pub struct Hit {
    pub id: String,
    pub score: f64,
    pub text: Option<String>,
    #[napi(ts_type = "Record<string, any>")]
    pub metadata: Value,
    pub vector_score: Option<f64>,
    pub keyword_score: Option<f64>,
}

/// A search.
#[napi(object, object_to_js = false)]
pub struct SearchOptions {
    pub text: Option<String>,
    pub vector: Option<Float32Array>,
    /// Hits wanted; 10 if left out.
    pub k: Option<u32>,
    #[napi(ts_type = "Record<string, unknown>")]
    pub filter: Option<Value>,
    #[napi(ts_type = "'auto' | 'vector' | 'keyword' | 'hybrid'")]
    pub mode: Option<String>,
    #[napi(ts_type = "AbortSignal")]
    pub signal: Option<Unused>,
}

/// Takes anything and keeps nothing: `index.js` obeys the signal.
pub struct Unused;

impl napi::bindgen_prelude::FromNapiValue for Unused {
    unsafe fn from_napi_value(_: napi::sys::napi_env, _: napi::sys::napi_value) -> Result<Self> {
        Ok(Self)
    }
}

impl napi::bindgen_prelude::TypeName for Unused {
    fn type_name() -> &'static str {
        "AbortSignal"
    }

    fn value_type() -> napi::ValueType {
        napi::ValueType::Object
    }
}

/// Rows of an id, a text, a vector and metadata, found by words, by nearness and by filters.
#[napi]
pub struct Collection(sting_vector::Collection);

#[napi]
impl Collection {
    #[napi]
    pub fn upsert_sync(&self, ids: Vec<String>, options: Option<RowsOptions>) -> Result<()> {
        self.0.upsert(rows(ids, options, self.0.dim())?).or_throw()
    }

    /// Writes rows, replacing those of the same id, all or none. Texts without vectors are embedded.
    #[napi(
        ts_args_type = "ids: Array<string>, options?: RowsOptions & { signal?: AbortSignal }",
        ts_return_type = "Promise<void>"
    )]
    pub fn upsert(&self, ids: Vec<String>, options: Option<RowsOptions>) -> Result<AsyncTask<Job<()>>> {
        let (rows, collection) = (rows(ids, options, self.0.dim())?, self.0.clone());
        Ok(promise(move || collection.upsert(rows).or_throw()))
    }

    /// Merges metadata into rows; unknown ids are passed over. Returns how many rows were changed.
    #[napi(ts_args_type = "ids: Array<string>, options: { metadata: Array<Record<string, unknown>> }")]
    pub fn update_sync(&self, ids: Vec<String>, options: RowsOptions) -> Result<u32> {
        let metadata = options.metadata.unwrap_or_default();
        same_length("metadata", metadata.len(), ids.len())?;
        let changes = ids.iter().zip(metadata).map(|(id, one)| Ok((id.as_str(), object(one)?)));
        let changes: Vec<(&str, Metadata)> = changes.collect::<Result<_>>()?;
        self.0.update(&changes).map(|n| n as u32).or_throw()
    }

    /// Deletes rows by id. Returns how many there were.
    #[napi]
    pub fn delete_sync(&self, ids: Vec<String>) -> Result<u32> {
        self.0.delete(&ids).map(|n| n as u32).or_throw()
    }

    /// Deletes the rows that pass a filter. Returns how many there were.
    #[napi(ts_args_type = "filter: Record<string, unknown>")]
    pub fn delete_where_sync(&self, filter: Value) -> Result<u32> {
        self.0.delete_where(&Filter::parse(&filter).or_throw()?).map(|n| n as u32).or_throw()
    }

    /// The rows of these ids; unknown ids are left out.
    #[napi]
    pub fn get_sync(&self, ids: Vec<String>) -> Result<Vec<Row>> {
        let js = |row: sting_vector::Row| Row {
            id: row.id,
            text: row.text,
            vector: row.vector.map(Float32Array::new),
            metadata: Value::Object(row.metadata),
        };
        Ok(self.0.get(&ids).or_throw()?.into_iter().map(js).collect())
    }

    #[napi(ts_args_type = "filter?: Record<string, unknown>")]
    pub fn count(&self, filter: Option<Value>) -> Result<u32> {
        let filter = filter.as_ref().map(Filter::parse).transpose().or_throw()?;
        self.0.count(filter.as_ref()).map(|rows| rows as u32).or_throw()
    }

    #[napi]
    pub fn search_sync(&self, options: SearchOptions) -> Result<Vec<Hit>> {
        search(&self.0, &query(options)?)
    }

    /// The best `k` rows that pass the filter, best first.
    #[napi(ts_return_type = "Promise<Array<Hit>>")]
    pub fn search(&self, options: SearchOptions) -> Result<AsyncTask<Job<Vec<Hit>>>> {
        let (query, collection) = (query(options)?, self.0.clone());
        Ok(promise(move || search(&collection, &query)))
    }

    #[napi(getter)]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    #[napi(getter)]
    pub fn dim(&self) -> Option<u32> {
        self.0.dim().map(|dim| dim as u32)
    }
}

fn rows(
    ids: Vec<String>,
    options: Option<RowsOptions>,
    dim: Option<usize>,
) -> Result<Vec<sting_vector::Row>> {
    let mut rows: Vec<_> = ids.into_iter().map(sting_vector::Row::new).collect();
    let Some(options) = options else { return Ok(rows) };
    if let Some(texts) = options.texts {
        same_length("texts", texts.len(), rows.len())?;
        rows.iter_mut().zip(texts).for_each(|(row, text)| row.text = text);
    }
    if let Some(metadata) = options.metadata {
        same_length("metadata", metadata.len(), rows.len())?;
        for (row, metadata) in rows.iter_mut().zip(metadata) {
            row.metadata = object(metadata)?;
        }
    }
    match options.vectors {
        Some(Either::A(flat)) => {
            let dim = dim.unwrap_or(flat.len() / rows.len().max(1));
            same_length("vectors", flat.len(), rows.len() * dim)?;
            for (row, vector) in rows.iter_mut().zip(flat.chunks_exact(dim.max(1))) {
                row.vector = Some(vector.to_vec());
            }
        }
        Some(Either::B(vectors)) => {
            same_length("vectors", vectors.len(), rows.len())?;
            rows.iter_mut().zip(vectors).for_each(|(row, vector)| row.vector = Some(vector.to_vec()));
        }
        None => {}
    }
    Ok(rows)
}

fn object(value: Option<Value>) -> Result<Metadata> {
    match value {
        Some(Value::Object(map)) => Ok(map),
        Some(Value::Null) | None => Ok(Metadata::new()),
        Some(_) => Err(config("metadata is not an object; pass one a row")),
    }
}

fn same_length(what: &str, len: usize, wanted: usize) -> Result<()> {
    if len == wanted {
        return Ok(());
    }
    Err(config(&format!("{what} has {len} items where {wanted} are wanted; give one a row")))
}

fn query(options: SearchOptions) -> Result<Query> {
    let vector = options.vector.map(|vector| vector.to_vec());
    let mut query = match (options.text, vector) {
        (Some(text), Some(vector)) => Query::text(text).with_vector(vector),
        (Some(text), None) => Query::text(text),
        (None, Some(vector)) => Query::vector(vector),
        (None, None) => return Err(config("a search needs a text or a vector; pass one of them")),
    };
    if let Some(k) = options.k {
        query.k = k as usize;
    }
    query.filter = options.filter.as_ref().map(Filter::parse).transpose().or_throw()?;
    if let Some(mode) = options.mode {
        query.mode = mode.parse::<Mode>().or_throw()?;
    }
    Ok(query)
}

fn search(collection: &sting_vector::Collection, query: &Query) -> Result<Vec<Hit>> {
    let js = |hit: sting_vector::Hit| Hit {
        id: hit.id,
        score: f64::from(hit.score),
        text: hit.text,
        metadata: Value::Object(hit.metadata),
        vector_score: hit.vector_score.map(f64::from),
        keyword_score: hit.keyword_score.map(f64::from),
    };
    Ok(collection.search(query).or_throw()?.into_iter().map(js).collect())
}
