//! How a collection is made, and whether it is what its caller takes it for.

use std::fmt;
use std::sync::Arc;

use sting_core::model::Embedder;

use super::row::MAX_DIM;
use crate::store::manifest::Settings;
use crate::{Error, Metric};

/// How a collection is made, and what it is expected to be when it is opened again.
#[derive(Clone, Debug, Default)]
pub struct CollectionConfig {
    /// Numbers in a vector; `None` for the embedder's, or that of the first vector written.
    pub dim: Option<usize>,
    /// What "near" means; `None` for cosine, or for what the collection has.
    pub metric: Option<Metric>,
    /// Model that embeds texts that come without a vector, and queries.
    pub embedder: Option<Arc<dyn Embedder>>,
}

impl CollectionConfig {
    /// Sets the dimension.
    pub fn with_dim(mut self, dim: usize) -> Self {
        self.dim = Some(dim);
        self
    }

    /// Sets the metric.
    pub fn with_metric(mut self, metric: Metric) -> Self {
        self.metric = Some(metric);
        self
    }

    /// Sets the embedder, and with it the dimension.
    pub fn with_embedder(mut self, embedder: Arc<dyn Embedder>) -> Self {
        self.embedder = Some(embedder);
        self
    }

    /// The settings of a new collection.
    pub(crate) fn settings(&self, name: &str) -> Result<Settings, Error> {
        let embedded = self.embedder.as_ref().map(|embedder| embedder.dim());
        if let (Some(dim), Some(embedded)) = (self.dim, embedded)
            && dim != embedded
        {
            return Err(mismatch("dim", dim, embedded, "leave dim out"));
        }
        let dim = self.dim.or(embedded);
        if dim.is_some_and(|dim| dim == 0 || dim > MAX_DIM) {
            return Err(Error::config("dim", "is out of range", format!("use 1 to {MAX_DIM}")));
        }
        Ok(Settings {
            name: name.to_owned(),
            metric: self.metric.unwrap_or_default(),
            dim,
            embedder: self.embedder.as_ref().map(|embedder| embedder.id().to_owned()),
        })
    }

    /// Checks that an existing collection is what this config expects.
    pub(super) fn check(&self, settings: &Settings, dim: Option<usize>) -> Result<(), Error> {
        let wanted = self.settings(&settings.name)?;
        if let (Some(wanted), Some(dim)) = (wanted.dim, dim)
            && wanted != dim
        {
            return Err(mismatch("dim", wanted, dim, "open it with that dim, or make another collection"));
        }
        if let Some(wanted) = self.metric
            && wanted != settings.metric
        {
            let mend = "open it with that metric, or make another collection";
            return Err(mismatch("metric", wanted.name(), settings.metric.name(), mend));
        }
        match (&wanted.embedder, &settings.embedder) {
            (Some(wanted), Some(stored)) if wanted != stored => {
                let mend = "open it with that embedder, or embed its texts again into another collection";
                Err(mismatch("embedder", wanted, stored, mend))
            }
            // Its vectors, if it has any, are of a model that is not known.
            (Some(wanted), None) => {
                Err(mismatch("embedder", wanted, "none", "open it without, or make another collection"))
            }
            _ => Ok(()),
        }
    }
}

fn mismatch(what: &str, wanted: impl fmt::Display, stored: impl fmt::Display, mend: &str) -> Error {
    Error::config(what, format!("{wanted} was asked for, the collection has {stored}"), mend)
}
