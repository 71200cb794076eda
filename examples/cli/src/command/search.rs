use super::options::embedder;
use crate::Error;
use crate::demo::figures::clip;
use crate::terminal::Out;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use sting_vector::{CollectionConfig, Filter, Hit, Mode, Query, Store, StoreOptions};

/// Search an index
///
/// A hit names its place in the source: document, bytes, heading.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sting search 'rotate a leaked token' --store index
  sting search invoice --store index --mode keyword -k 3 --json
  sting search 'battery' --store index --filter '{\"media_type\": \"text/markdown\"}'")]
pub struct Search {
    /// What to look for
    query: String,
    /// Folder of the store
    #[arg(long, value_name = "PATH")]
    store: PathBuf,
    /// Collection to search
    #[arg(long, value_name = "NAME", default_value = "documents")]
    jar: String,
    /// How many hits
    #[arg(short, value_name = "N", default_value_t = 10)]
    k: usize,
    /// Which index to ask
    #[arg(long, value_enum, default_value_t = Legs::Auto)]
    mode: Legs,
    /// Only rows whose metadata satisfies this
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,
    /// Folder of the model that the index was made with, if it was not the built-in one
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Write one JSON object a hit: id, score, text, metadata, vector_score, keyword_score
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Legs {
    Auto,
    Vector,
    Keyword,
    Hybrid,
}

impl Search {
    pub(super) fn run(self, out: &mut Out) -> Result<(), Error> {
        let mut query = Query::text(&self.query).with_k(self.k).with_mode(match self.mode {
            Legs::Auto => Mode::Auto,
            Legs::Vector => Mode::Vector,
            Legs::Keyword => Mode::Keyword,
            Legs::Hybrid => Mode::Hybrid,
        });
        if let Some(filter) = &self.filter {
            query = query.with_filter(parse(filter)?);
        }
        let store = Store::open_with(&self.store, StoreOptions::default().read_only())?;
        if !store.collections()?.contains(&self.jar) {
            return Err(Error::Usage {
                problem: format!("{} has no jar `{}`", self.store.display(), self.jar),
                hint: format!("name one of these with --jar: {}", store.collections()?.join(", ")),
            });
        }
        let config = CollectionConfig::default().with_embedder(embedder(self.model.as_deref())?);
        for hit in store.collection(&self.jar, config)?.search(&query)? {
            if self.json {
                out.json(
                    &json!({"id": hit.id, "score": hit.score, "text": hit.text, "metadata": hit.metadata,
                    "vector_score": hit.vector_score, "keyword_score": hit.keyword_score}),
                )?;
            } else {
                print(out, &hit)?;
            }
        }
        Ok(())
    }
}

fn print(out: &mut Out, hit: &Hit) -> Result<(), Error> {
    let hit = crate::demo::facts::Hit::from_row(hit);
    writeln!(out, "{:.3}  {}", hit.score, crate::demo::text::place(&hit))?;
    if !hit.heading.is_empty() {
        writeln!(out, "       {}", clip(&hit.heading, 90))?;
    }
    writeln!(out, "       {}", clip(&hit.text, 200))?;
    Ok(())
}

fn parse(filter: &str) -> Result<Filter, Error> {
    let value = serde_json::from_str(filter).map_err(|error| Error::Usage {
        problem: format!("--filter is not JSON: column {}", error.column()),
        hint: "write for example --filter '{\"media_type\": \"text/html\"}'".to_owned(),
    })?;
    Ok(Filter::parse(&value)?)
}
