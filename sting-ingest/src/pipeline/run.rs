//! One run, from the list to the commit.
//!
//! The order of writes is what makes a kill harmless: note which documents are about to be written;
//! write to the collection; stage Parquet; move it into place; publish the manifest; commit the
//! ledger; take out what is obsolete. Everything before the manifest is repeated by the next run with
//! the same ids; everything after it is cleaned up by the next run.

use super::document::{Outcome, Prepared, Workshop};
use super::progress::{Stage, Stages};
use super::{Pipeline, Progress, RunOptions};
use crate::Error;
use crate::comb::{Comb, Found, Listing, Mode};
use crate::ledger::{Changes, Entry, Ledger, Outcome as Known};
use crate::manifest::{Config, Manifest, OutputFile, Quarantined};
use crate::scrub::{Policy, merge};
use crate::sink::collection::CollectionSink;
use crate::sink::parquet::{ParquetSink, remove_strays};
use crate::sink::{ChunkRow, RunColumns};
use jiff::Timestamp;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use sting_core::id::IdHasher;
use sting_core::{Id, Raw, Scrubbed};

/// Bytes of documents that are worked on at a time.
const WAVE_BYTES: u64 = 16 << 20;
/// Documents that are worked on at a time.
const WAVE_FILES: usize = 256;
/// Texts in one call of the model.
const EMBED_AT_ONCE: usize = 64;
/// Time that a file must have rested for its stamp to be trusted: file systems count time in steps.
const SETTLED_NANOS: i128 = 2_000_000_000;

pub(super) struct Run<'a> {
    pipeline: &'a Pipeline,
    comb: &'a Comb,
    policy: Policy,
    options: RunOptions<'a>,
    ledger: Ledger,
    /// Folder of manifests, if anything is kept.
    home: Option<PathBuf>,
    known: BTreeMap<Id, Entry>,
    /// Documents whose rows an unfinished run may have written.
    pending: HashSet<Id>,
    config_id: Id,
    columns: RunColumns,
    collection: Option<CollectionSink>,
    parquet: Option<ParquetSink>,
    /// Parquet files that count.
    live: Vec<OutputFile>,
    stages: Stages,
    manifest: Manifest,
    changes: Changes,
    /// Documents whose rows in files of earlier runs do not count any more.
    replaced: HashSet<Id>,
    progress: Progress,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        comb: &'a Comb,
        policy: Policy,
        options: RunOptions<'a>,
    ) -> Result<Self, Error> {
        let started_at = Timestamp::now().to_string();
        let beside = options.store.and_then(|store| store.path()).map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push("-ingest");
            PathBuf::from(name)
        });
        let (state, out) = (options.state.clone(), options.out.clone());
        let memory = state.clone().or_else(|| out.clone()).or_else(|| beside.clone());
        let ledger = memory.as_deref().map_or_else(|| Ok(Ledger::none()), Ledger::open)?;
        let home = out.or(state).or(beside);
        let previous = home.as_deref().map(Manifest::newest).transpose()?.flatten();
        let live = previous.as_ref().map_or_else(Vec::new, |(manifest, _)| manifest.files.clone());

        let embedder = pipeline.config.embedder.as_ref();
        let waived = policy.waiver.is_some();
        let config = Config {
            sting_ingest: env!("CARGO_PKG_VERSION").into(),
            profile: if waived { String::new() } else { policy.scrubber.profile().into() },
            scrubber: policy.id().to_string(),
            chunker: pipeline.chunkers.id().to_string(),
            embedder: embedder.map_or_else(String::new, |embedder| embedder.id().into()),
        };
        let collection = options.collection.as_deref().unwrap_or("documents");
        let mut hasher = IdHasher::default();
        for field in [&config.sting_ingest, &config.scrubber, &config.chunker, &config.embedder] {
            hasher.field(field.as_bytes());
        }
        hasher.field(format!("{:?}", pipeline.config.limits).as_bytes());
        // Rows that went elsewhere are not here.
        hasher.number(u64::from(options.out.is_some())).number(u64::from(options.store.is_some()));
        if let Some(path) = options.store.and_then(|store| store.path()) {
            hasher.field(path.as_os_str().as_encoded_bytes()).field(collection.as_bytes());
        }
        let config_id = hasher.finish();
        let (sequence, previous) =
            previous.map_or((1, None), |(manifest, hash)| (manifest.sequence + 1, Some(hash)));
        let run_id =
            hasher.field(comb.name.as_bytes()).field(previous.as_deref().unwrap_or("").as_bytes()).finish();

        let columns = RunColumns {
            run_id: run_id.to_string(),
            comb: comb.name.clone(),
            jar: options.jar.clone().unwrap_or_else(|| comb.name.clone()),
            profile: config.profile.clone(),
            scrubber: config.scrubber.clone(),
            chunker: config.chunker.clone(),
            embedder: config.embedder.clone(),
            extractor: format!("sting-ingest {}", config.sting_ingest),
        };
        let open = |store| CollectionSink::open(store, collection, embedder);
        let collection = options.store.map(open).transpose()?;
        let parquet = options.out.as_deref().map(|out| {
            remove_strays(out, &live);
            ParquetSink::open(
                out,
                comb.output.clone(),
                columns.clone(),
                embedder.map(|embedder| embedder.dim()),
            )
        });
        let manifest = Manifest {
            version: 1,
            run_id: columns.run_id.clone(),
            sequence,
            previous,
            comb: comb.name.clone(),
            started_at,
            config,
            waivers: policy.waiver.clone().into_iter().collect(),
            ..Manifest::default()
        };
        Ok(Self {
            known: ledger.load(&comb.name)?,
            pending: ledger.pending(&comb.name)?.into_iter().collect(),
            parquet: parquet.transpose()?,
            pipeline,
            comb,
            policy,
            options,
            ledger,
            home,
            config_id,
            columns,
            collection,
            live,
            stages: Stages::default(),
            manifest,
            changes: Changes::default(),
            replaced: HashSet::new(),
            progress: Progress::default(),
        })
    }

    pub(super) fn go(mut self) -> Result<Manifest, Error> {
        let listing = self.list()?;
        let todo = self.triage(&listing);
        let mut cancelled = false;
        let mut at = 0;
        while at < todo.len() && !cancelled {
            let mut bytes = 0;
            let fits = |(found, _): &&(&Found, Id)| {
                bytes += found.stamp.bytes;
                bytes <= WAVE_BYTES
            };
            let len = todo[at..].iter().take(WAVE_FILES).take_while(fits).count().max(1);
            cancelled = !self.wave(&todo[at..at + len])?;
            at += len;
        }
        if !cancelled {
            self.take_out_the_gone(&listing)?;
        }
        self.commit(cancelled)?;
        if cancelled { Err(Error::Cancelled) } else { Ok(self.manifest) }
    }

    fn list(&mut self) -> Result<Listing, Error> {
        self.tell("list");
        // A run must not read what it writes.
        let store = self.options.store.and_then(|store| store.path());
        let ours = [self.home.as_deref(), self.options.state.as_deref(), store];
        let ours: Vec<_> = ours.into_iter().flatten().filter_map(|path| path.canonicalize().ok()).collect();
        let listing = self.stages.time(Stage::List, || self.comb.source.list(&ours))?;
        self.stages.count(Stage::List, listing.files.len(), 0);
        self.progress.listed = listing.files.len();
        self.manifest.documents.listed = listing.files.len();
        for (key, reason) in &listing.unreadable {
            let (key, reason) = (Raw::new(key.clone()), Raw::new(reason.clone()));
            let entry = Quarantined::new(self.policy.words(&key)?, "source", self.policy.words(&reason)?);
            self.manifest.quarantined.push(entry);
            self.manifest.documents.failed += 1;
        }
        self.tell("list");
        Ok(listing)
    }

    /// Which documents are to be looked at: those that are new, or may have changed.
    fn triage<'l>(&mut self, listing: &'l Listing) -> Vec<(&'l Found, Id)> {
        let mut todo = Vec::new();
        for found in &listing.files {
            let id = self.comb.document_id(&found.key);
            let rests = self.comb.mode == Mode::Incremental
                && self.known.get(&id).is_some_and(|entry| {
                    entry.settled && entry.stamp == found.stamp && self.still_counts(id, entry)
                });
            if rests { self.leave(id) } else { todo.push((found, id)) }
        }
        todo
    }

    /// True if what was made of a document is what would be made of it now, and is still there.
    fn still_counts(&self, id: Id, entry: &Entry) -> bool {
        let there = match (&self.collection, entry.chunks().first()) {
            // What cannot be read is made anew; if that cannot be written either, the run says so.
            (Some(collection), Some(&first)) => collection.has(first).unwrap_or(false),
            _ => true,
        };
        there && entry.config == self.config_id && !self.pending.contains(&id)
    }

    /// Leaves a document as it is.
    fn leave(&mut self, id: Id) {
        self.progress.skipped += 1;
        let Some(entry) = self.known.get(&id) else { return };
        let quarantined = match &entry.outcome {
            Known::Stored { .. } => None,
            Known::Refused { code, reason } => {
                Some(Quarantined { name: entry.name.clone(), code: code.clone(), reason: reason.clone() })
            }
        };
        match quarantined {
            None => self.manifest.documents.unchanged += 1,
            Some(entry) => self.quarantine(entry),
        }
    }

    fn quarantine(&mut self, entry: Quarantined) {
        if entry.code == "unsupported" {
            self.manifest.documents.skipped += 1;
        } else {
            self.manifest.documents.failed += 1;
            self.progress.failed += 1;
        }
        self.manifest.quarantined.push(entry);
    }

    /// Works on a few documents. False if the run was cancelled before they were done.
    fn wave(&mut self, todo: &[(&Found, Id)]) -> Result<bool, Error> {
        let cancel = self.options.cancel.as_deref();
        let is_cancelled = || cancel.is_some_and(|flag| flag.load(Ordering::Relaxed));
        let workshop = Workshop {
            limits: &self.pipeline.config.limits,
            policy: &self.policy,
            chunkers: &self.pipeline.chunkers,
            stages: &self.stages,
        };
        let read_at = Timestamp::now().as_nanosecond();
        let known = |id: Id| {
            let entry = self.known.get(&id).filter(|entry| self.still_counts(id, entry));
            entry.filter(|_| self.comb.mode == Mode::Incremental).map(|entry| entry.content.as_str())
        };
        let jobs: Vec<_> = todo.iter().map(|&(found, id)| (found, id, known(id))).collect();
        let prepare = |(found, id, known): (&Found, Id, Option<&str>)| {
            if is_cancelled() { Ok(None) } else { workshop.prepare(found, id, known).map(Some) }
        };
        let outcomes: Vec<Option<Outcome>> =
            jobs.into_par_iter().map(prepare).collect::<Result<_, Error>>()?;
        if outcomes.iter().any(Option::is_none) {
            return Ok(false);
        }
        let outcomes: Vec<(&Found, Id, Outcome)> = todo
            .iter()
            .zip(outcomes.into_iter().flatten())
            .map(|(&(found, id), outcome)| (found, id, outcome))
            .collect();
        self.progress.read = self.stages.items(Stage::Read);
        self.progress.bytes = self.stages.bytes(Stage::Read);
        self.progress.extracted = self.stages.items(Stage::Extract);
        self.progress.scrubbed = self.stages.items(Stage::Scrub);
        self.progress.chunked = self.stages.items(Stage::Chunk);
        self.tell("read");

        let written = |outcome: &Outcome| {
            matches!(outcome, Outcome::Read(_) | Outcome::Refused { content: Some(_), .. })
        };
        let ids: Vec<Id> =
            outcomes.iter().filter(|(.., outcome)| written(outcome)).map(|(_, id, _)| *id).collect();
        self.ledger.begin(&self.comb.name, &ids)?;
        let vectors = self.vectors_there(&ids)?;
        let mut rows = Vec::new();
        for (found, id, outcome) in outcomes {
            let settled = read_at - i128::from(found.stamp.modified) > SETTLED_NANOS;
            rows.extend(self.note(found, id, settled, outcome));
        }
        self.tell("embed");
        let rows = self.embed(rows, vectors)?;
        self.write(&rows)?;
        let stay = rows.iter().flat_map(Scrubbed::get).map(|row| row.id).collect();
        self.replace(&ids, &stay)?;
        self.tell("write");
        Ok(true)
    }

    /// Vectors of chunks of these documents that are stored already.
    fn vectors_there(&self, ids: &[Id]) -> Result<HashMap<Id, Vec<f32>>, Error> {
        let known: Vec<&Entry> = ids.iter().filter_map(|id| self.known.get(id)).collect();
        let chunks: Vec<Id> = known.iter().flat_map(|entry| entry.chunks()).copied().collect();
        if chunks.is_empty() || self.columns.embedder.is_empty() {
            return Ok(HashMap::new());
        }
        match (&self.collection, &self.parquet) {
            // A collection holds vectors of one model only.
            (Some(collection), _) => collection.vectors(&chunks),
            (None, Some(parquet)) => parquet.vectors(&self.live, &ids.iter().copied().collect()),
            (None, None) => Ok(HashMap::new()),
        }
    }

    /// Notes what became of a document, and returns the rows that are to be written for it.
    fn note(
        &mut self,
        found: &Found,
        id: Id,
        settled: bool,
        outcome: Outcome,
    ) -> Option<Scrubbed<Vec<ChunkRow>>> {
        let (stamp, config) = (found.stamp, self.config_id);
        match outcome {
            Outcome::Same => {
                self.leave(id);
                if let Some(entry) = self.known.get(&id) {
                    self.changes.put.push((id, Entry { stamp, settled, ..entry.clone() }));
                }
                None
            }
            Outcome::Refused { name, code, reason, content } => {
                // A file that could not even be opened keeps what was made of it.
                if let Some(content) = content {
                    let outcome = Known::Refused { code: code.into(), reason: reason.get().clone() };
                    let name = name.get().clone();
                    self.changes.put.push((id, Entry { name, stamp, settled, content, config, outcome }));
                }
                self.quarantine(Quarantined::new(name, code, reason));
                None
            }
            Outcome::Read(prepared) => {
                let Prepared { name, content, rows, findings, gaps } = *prepared;
                let chunks: Vec<Id> = rows.get().iter().map(|row| row.id).collect();
                let before: HashSet<Id> =
                    self.known.get(&id).map_or(&[][..], Entry::chunks).iter().copied().collect();
                self.manifest.chunks.total += chunks.len();
                self.manifest.chunks.reused += chunks.iter().filter(|id| before.contains(id)).count();
                if self.known.contains_key(&id) {
                    self.manifest.documents.changed += 1;
                } else {
                    self.manifest.documents.new += 1;
                }
                merge(&mut self.manifest.findings, &findings);
                self.progress.current.clone_from(&name);
                let outcome = Known::Stored { chunks, findings, gaps: gaps.len() };
                self.manifest.gaps.extend(gaps);
                self.changes.put.push((id, Entry { name, stamp, settled, content, config, outcome }));
                Some(rows)
            }
        }
    }

    /// Gives every row its vector: the one that is there, or a new one.
    fn embed(
        &mut self,
        rows: Vec<Scrubbed<Vec<ChunkRow>>>,
        mut there: HashMap<Id, Vec<f32>>,
    ) -> Result<Vec<Scrubbed<Vec<ChunkRow>>>, Error> {
        let Some(embedder) = &self.pipeline.config.embedder else { return Ok(rows) };
        let new: Vec<&ChunkRow> =
            rows.iter().flat_map(Scrubbed::get).filter(|row| !there.contains_key(&row.id)).collect();
        let bytes = new.iter().map(|row| row.text.len()).sum();
        let embed = |some: &[&ChunkRow]| {
            let texts: Vec<&str> = some.iter().map(|row| row.text.as_str()).collect();
            let vectors = self.stages.time(Stage::Embed, || embedder.embed(&texts))?;
            let vectors = vectors.chunks(embedder.dim().max(1)).map(<[f32]>::to_vec);
            Ok(some.iter().map(|row| row.id).zip(vectors).collect::<Vec<_>>())
        };
        let embedded: Vec<Vec<(Id, Vec<f32>)>> =
            new.par_chunks(EMBED_AT_ONCE).map(embed).collect::<Result<_, Error>>()?;
        self.stages.count(Stage::Embed, new.len(), bytes);
        self.manifest.chunks.embedded += new.len();
        self.progress.embedded += new.len();
        there.extend(embedded.into_iter().flatten());
        let give = |mut rows: Vec<ChunkRow>| {
            for row in &mut rows {
                // All zeros say that there was nothing to embed.
                row.vector =
                    there.remove(&row.id).filter(|vector| vector.iter().any(|&number| number != 0.0));
            }
            rows
        };
        let mut give = give;
        Ok(rows.into_iter().map(|rows| rows.map(&mut give)).collect())
    }

    fn write(&mut self, rows: &[Scrubbed<Vec<ChunkRow>>]) -> Result<(), Error> {
        let count: usize = rows.iter().map(|rows| rows.get().len()).sum();
        let bytes = rows.iter().flat_map(Scrubbed::get).map(|row| row.text.len()).sum();
        self.stages.time(Stage::Write, || {
            self.collection.as_ref().map_or(Ok(()), |collection| collection.write(rows, &self.columns))?;
            self.parquet
                .as_mut()
                .map_or(Ok(()), |parquet| rows.iter().try_for_each(|rows| parquet.write(rows)))
        })?;
        self.stages.count(Stage::Write, count, bytes);
        self.progress.written += count;
        Ok(())
    }

    /// Takes out what earlier runs wrote for documents, but for the chunks that stay.
    fn replace(&mut self, ids: &[Id], stay: &HashSet<Id>) -> Result<(), Error> {
        let written: Vec<Id> = ids
            .iter()
            .filter(|id| {
                self.pending.contains(id)
                    || self.known.get(id).is_some_and(|entry| !entry.chunks().is_empty())
            })
            .copied()
            .collect();
        for id in &written {
            let chunks = self.known.get(id).map_or(&[][..], Entry::chunks);
            self.manifest.chunks.removed += chunks.iter().filter(|chunk| !stay.contains(chunk)).count();
        }
        if let Some(collection) = self.collection.as_ref().filter(|_| !written.is_empty()) {
            self.stages.time(Stage::Write, || collection.remove(&written, stay))?;
        }
        self.replaced.extend(written);
        Ok(())
    }

    /// Takes out documents that the source has no more.
    fn take_out_the_gone(&mut self, listing: &Listing) -> Result<(), Error> {
        // What could not be listed may still be there.
        if !listing.unreadable.is_empty() {
            return Ok(());
        }
        let listed: HashSet<Id> =
            listing.files.iter().map(|found| self.comb.document_id(&found.key)).collect();
        let gone: Vec<Id> = self.known.keys().filter(|id| !listed.contains(id)).copied().collect();
        self.manifest.documents.deleted = gone.len();
        let half_written =
            self.pending.iter().filter(|id| !listed.contains(id) && !self.known.contains_key(id));
        let all: Vec<Id> = gone.iter().chain(half_written).copied().collect();
        self.replace(&all, &HashSet::new())?;
        self.changes.delete = all;
        Ok(())
    }

    fn commit(&mut self, cancelled: bool) -> Result<(), Error> {
        self.tell("commit");
        let publish = |parquet: ParquetSink| parquet.publish(std::mem::take(&mut self.live), &self.replaced);
        let publication = self.stages.time(Stage::Write, || self.parquet.take().map(publish).transpose())?;
        if let Some(publication) = &publication {
            self.manifest.files.clone_from(&publication.files);
        }
        self.manifest.status = if cancelled { "cancelled" } else { "completed" }.into();
        self.manifest.stages = self.stages.stats();
        self.manifest.completed_at = Timestamp::now().to_string();
        if let Some(home) = &self.home {
            self.manifest.publish(home)?;
        }
        self.ledger.commit(&self.comb.name, &self.changes)?;
        if let (Some(publication), Some(out)) = (publication, &self.options.out) {
            publication.clean_up(out);
        }
        self.tell("done");
        Ok(())
    }

    fn tell(&mut self, stage: &'static str) {
        self.progress.stage = stage;
        if let Some(on_progress) = self.options.on_progress {
            on_progress(&self.progress);
        }
    }
}
