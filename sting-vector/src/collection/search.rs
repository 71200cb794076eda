//! Searches: what a query asks of which leg, and what its hits are.

use rayon::prelude::*;

use super::query::{Hit, Mode, Query};
use super::row::check_vector;
use super::snapshot::Snapshot;
use super::{Collection, EMBED_AT_ONCE, rows_of};
use crate::Error;
use crate::index::{self, Explanation, Found, Legs};

impl Collection {
    /// The best hits for a query, best first; hits of equal score in order of their ids.
    ///
    /// Never fewer than the smaller of `k` and the number of rows that match.
    ///
    /// # Errors
    /// [`Error::Input`] if the query asks for a leg that it or the collection has nothing for, if
    /// `k` is 0, or if its vector cannot be compared.
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.explain(query).map(|(hits, _)| hits)
    }

    /// The best hits for a query, and how they were found: the plan for each segment, rows that
    /// satisfy the filter, rows that were looked at, the expected recall and timings.
    ///
    /// # Errors
    /// As [`Collection::search`].
    pub fn explain(&self, query: &Query) -> Result<(Vec<Hit>, Explanation), Error> {
        let mut found = self.run(std::slice::from_ref(query))?;
        Ok(found.pop().unwrap_or_default())
    }

    /// The hits of many queries, on all threads. All see the same state of the collection.
    ///
    /// # Errors
    /// As [`Collection::search`]; the first query that cannot be run fails all.
    pub fn search_many(&self, queries: &[Query]) -> Result<Vec<Vec<Hit>>, Error> {
        Ok(self.run(queries)?.into_iter().map(|(hits, _)| hits).collect())
    }

    fn run(&self, queries: &[Query]) -> Result<Vec<(Vec<Hit>, Explanation)>, Error> {
        let snapshot = self.core.snapshot();
        let embedded = self.embed_queries(queries, &snapshot)?;
        let plans = queries
            .iter()
            .zip(&embedded)
            .enumerate()
            .map(|(index, (query, embedded))| {
                let place = if queries.len() == 1 { "query".into() } else { format!("queries[{index}]") };
                self.plan(query, embedded.as_deref(), &snapshot, &place)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let run = |(query, legs): (&Query, &Legs<'_>)| {
            let (found, explanation) =
                index::search(&snapshot, self.metric(), legs, query.k, query.filter.as_ref())?;
            let hits = found.iter().map(|found| hit(&snapshot, found)).collect::<Result<Vec<_>, Error>>()?;
            Ok((hits, explanation))
        };
        match queries.len() {
            1 => queries.iter().zip(&plans).map(run).collect(),
            _ => queries.par_iter().zip(&plans).map(run).collect(),
        }
    }

    /// Which legs a query runs.
    fn plan<'q>(
        &self,
        query: &'q Query,
        embedded: Option<&'q [f32]>,
        snapshot: &Snapshot,
        place: &str,
    ) -> Result<Legs<'q>, Error> {
        let wrong = |what: &str, problem: &str, mend: &str| {
            Err(Error::input(format!("{place}.{what}"), problem, mend))
        };
        if query.k == 0 {
            return wrong("k", "is 0", "ask for at least one hit");
        }
        if query.vector_weight.is_some_and(|weight| !weight.is_finite() || weight < 0.0) {
            return wrong(
                "vector_weight",
                "is not a number from 0",
                "use 0 to silence the vectors, 1 for equal weight",
            );
        }
        if !(0.0..=1.0).contains(&query.min_recall) {
            return wrong("min_recall", "is not in 0 to 1", "use 0.95, or 1 for an exact search");
        }
        if query.text.is_none() && query.vector.is_none() {
            return wrong("text", "is missing, and so is the vector", "give one of them");
        }
        if let Some(vector) = &query.vector {
            check_vector(vector, snapshot.dim, self.metric(), &format!("{place}.vector"))?;
        }
        let vector = query.vector.as_deref().or(embedded);
        let can_embed = query.vector.is_some() || self.embedder.is_some();
        if matches!(query.mode, Mode::Vector | Mode::Hybrid) && !can_embed {
            return wrong(
                "vector",
                "is missing, and the collection was opened without an embedder",
                "give one of them",
            );
        }
        if matches!(query.mode, Mode::Keyword | Mode::Hybrid) && query.text.is_none() {
            return wrong("text", "is missing", "give the words to find");
        }
        let text = query.text.as_deref();
        let weight = query.vector_weight.or(self.embedder.as_ref().map(|embedder| embedder.hybrid_weight()));
        let vector_weight = weight.unwrap_or(1.0);
        let (min_recall, fusion) = (query.min_recall, query.fusion);
        Ok(match query.mode {
            Mode::Vector => Legs { vector, text: None, vector_weight, min_recall, fusion },
            Mode::Keyword => Legs { vector: None, text, vector_weight, min_recall, fusion },
            Mode::Auto | Mode::Hybrid => Legs { vector, text, vector_weight, min_recall, fusion },
        })
    }

    /// Embeds the texts of queries that need it, in one call. A text in which there is nothing to
    /// embed has no vector leg.
    fn embed_queries(&self, queries: &[Query], snapshot: &Snapshot) -> Result<Vec<Option<Vec<f32>>>, Error> {
        let mut vectors = vec![None; queries.len()];
        let Some(embedder) = self.embedder.as_deref().filter(|_| snapshot.dim.is_some()) else {
            return Ok(vectors);
        };
        let (places, texts): (Vec<usize>, Vec<&str>) = queries
            .iter()
            .enumerate()
            .filter(|(_, query)| query.vector.is_none() && query.mode != Mode::Keyword)
            .filter_map(|(place, query)| Some((place, query.text.as_deref()?)))
            .unzip();
        for (places, texts) in places.chunks(EMBED_AT_ONCE).zip(texts.chunks(EMBED_AT_ONCE)) {
            let embedded = embedder.embed_queries(texts)?;
            for (&place, vector) in places.iter().zip(rows_of(&embedded, embedder, texts.len())?) {
                vectors[place] = vector.map(<[f32]>::to_vec);
            }
        }
        Ok(vectors)
    }
}

fn hit(snapshot: &Snapshot, found: &Found) -> Result<Hit, Error> {
    let segment = &snapshot.views[found.view].segment;
    Ok(Hit {
        id: segment.id(found.row)?,
        score: found.score,
        text: segment.text(found.row)?,
        metadata: segment.metadata(found.row)?,
        vector_score: found.vector_score,
        keyword_score: found.keyword_score,
    })
}
