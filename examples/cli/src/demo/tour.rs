//! The steps of a demo run.

use super::facts::{DocumentType, Documents, Facts, Hit, Index, NotRead, Search, Stage};
use super::figures::count;
use super::survey::Survey;
use super::{bundle, check, page, rules};
use crate::Error;
use crate::command::embedder;
use crate::generate::{self, GeneratedDocument, Truth};
use crate::pipeline::{Job, ingest};
use crate::terminal::write_file;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use sting_ingest::{Comb, Manifest};
use sting_pii::{Action, Key, ScrubConfig, Scrubber};
use sting_vector::{Collection, CollectionConfig, Query, Store};

/// Seed of the events of the demo.
pub const EVENTS_SEED: u64 = 7;

/// Collection of the bundled documents.
const DOCUMENTS: &str = "documents";
/// Collection of the events.
const EVENTS: &str = "events";

/// Searches over the bundled documents.
const QUERIES: [&str; 3] = [
    "what to do when a token leaked into a build log",
    "customer was charged twice for a solar panel",
    "why does a station report snow in summer",
];

/// What a demo run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The user's own folder; the bundled documents if absent.
    pub folder: Option<PathBuf>,
    /// Where results go.
    pub out: PathBuf,
    /// Folder of a model; the built-in one if absent.
    pub model: Option<PathBuf>,
    /// How many events.
    pub events: usize,
}

/// Goes the whole way and writes the page.
///
/// # Errors
///
/// If the folder cannot be read or the results cannot be written. What was stored stays readable.
pub fn run(plan: &Plan, progress: &ProgressBar) -> Result<Facts, Error> {
    let start = Instant::now();
    let sample = plan.folder.is_none().then(bundle::documents);
    let folder = plan.folder.clone().unwrap_or_else(|| plan.out.join("documents"));
    if let Some((documents, _)) = &sample {
        write_documents(&folder, documents)?;
    }
    let (events, attacks) = generate::events(plan.events, EVENTS_SEED);
    let events: Vec<String> = events.iter().map(ToString::to_string).collect();
    let events_folder = plan.out.join("events");
    write_if_changed(&events_folder.join("events.jsonl"), (events.join("\n") + "\n").as_bytes())?;

    let scrubber = Scrubber::new(policy(sample.is_some())?)?;
    let embedder = embedder(plan.model.as_deref())?;
    let store = Store::open(plan.out.join("store"))?;
    let combs = [comb(&folder, &plan.out)?, comb(&events_folder, &plan.out)?];
    // A collection for each folder: runs on two of them do not meet.
    let jar = if sample.is_some() { DOCUMENTS.to_owned() } else { jar_of(&combs[0]) };
    let jars = [jar.as_str(), EVENTS];
    let mut manifests = Vec::new();
    for (jar, comb) in jars.into_iter().zip(combs) {
        progress.set_prefix(jar.to_owned());
        let job = Job {
            comb,
            store: &store,
            jar,
            out: Some(plan.out.join("ingest").join(jar)),
            state: None,
            scrubber: scrubber.clone(),
            key: None,
            embedder: Arc::clone(&embedder),
        };
        manifests.push(ingest(job, progress)?);
    }

    progress.set_prefix("report");
    let collection =
        |jar: &str| store.collection(jar, CollectionConfig::default().with_embedder(Arc::clone(&embedder)));
    let (documents, event_rows) = (collection(&jar)?, collection(EVENTS)?);
    let survey = Survey::of(&documents)?;
    let queries = if sample.is_some() { QUERIES.map(String::from).to_vec() } else { survey.queries() };
    let (detection, rule_seconds) = rules::detect(rules::bundled(), &events, &attacks, &scrubber)?;
    let mut stages = stages(&manifests);
    stages.push(Stage {
        name: "rules".to_owned(),
        unit: "events".to_owned(),
        items: detection.events,
        bytes: events.iter().map(|event| event.len() as u64).sum(),
        seconds: rule_seconds,
    });
    store.flush()?;
    let source = match (&plan.folder, &sample) {
        (None, Some((documents, _))) => format!("{} bundled documents", documents.len()),
        _ => folder.display().to_string(),
    };
    let mut facts = Facts {
        source: format!("{} and {} events", source, count(plan.events as u64)),
        out: plan.out.clone(),
        seconds: 0.0,
        documents: documents_of(&manifests[0], &survey, &folder),
        findings: findings(&manifests),
        index: Index {
            jar: jar.clone(),
            chunks: survey.chunks,
            event_chunks: event_rows.count(None)? as u64,
            bytes: store.disk_bytes()?,
            embedder: embedder.id().to_owned(),
            dim: embedder.dim(),
            sizes: survey.histogram(),
        },
        stages,
        searches: searches(&documents, queries)?,
        detection,
        not_read: not_read(&manifests),
        truth: sample.as_ref().map(|(documents, truth): &(Vec<GeneratedDocument>, Truth)| {
            check::check(documents, truth, &survey)
        }),
    };
    facts.seconds = start.elapsed().as_secs_f64();
    write_file(&plan.out.join("report.html"), page::render(&facts).as_bytes())?;
    Ok(facts)
}

/// The comb of a folder, less the results if they go into it.
fn comb(folder: &Path, out: &Path) -> Result<Comb, Error> {
    let mut comb = Comb::folder(folder)?;
    let place = |path: &Path| path.canonicalize().map_err(Error::io("finding the folder", path));
    if let Ok(inside) = place(out)?.strip_prefix(place(folder)?) {
        if inside.as_os_str().is_empty() {
            return Err(Error::Usage {
                problem: format!("{} is both read and written to", folder.display()),
                hint: "name another folder with --out".to_owned(),
            });
        }
        let literal: String = inside
            .to_string_lossy()
            .chars()
            .map(|c| if "*?[]{}!\\".contains(c) { format!("[{c}]") } else { c.to_string() })
            .collect();
        comb.source = comb.source.with_exclude([format!("{literal}/**")]);
    }
    Ok(comb)
}

/// Name of the collection of a folder.
fn jar_of(comb: &Comb) -> String {
    format!("own-{}", comb.name.rsplit('-').next().unwrap_or_default())
}

/// What is done to what is found. The bundled documents show each action; a user's own are treated
/// as strictly as can be.
fn policy(bundled: bool) -> Result<ScrubConfig, Error> {
    let config = ScrubConfig::default();
    if !bundled {
        return Ok(config);
    }
    // A key that everybody can read protects nothing, and the bundled people do not exist.
    let key = Key::new("the key of the demo, which is public")?;
    Ok(config
        .with_key(key)
        .with_action("email", Action::Hash)
        .with_action("credit_card", Action::mask_keeping_last(4))
        .with_action("iban", Action::mask_keeping_last(4))
        .with_action("us_ssn", Action::Remove))
}

/// Writes the bundled documents, and leaves those alone that are there already: their times of
/// change tell the next run that there is nothing to do.
fn write_documents(folder: &Path, documents: &[GeneratedDocument]) -> Result<(), Error> {
    documents.iter().try_for_each(|document| write_if_changed(&folder.join(&document.name), &document.bytes))
}

fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    write_file(path, bytes)
}

fn documents_of(manifest: &Manifest, survey: &Survey, folder: &Path) -> Documents {
    let size = |name: &String| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    let mut types: Vec<DocumentType> = survey
        .types
        .iter()
        .map(|(media_type, names)| DocumentType {
            media_type: media_type.clone(),
            count: names.len() as u64,
            bytes: names.iter().map(size).sum(),
        })
        .collect();
    types.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.media_type.cmp(&b.media_type)));
    let counts = &manifest.documents;
    Documents {
        types,
        new: counts.new as u64,
        changed: counts.changed as u64,
        unchanged: counts.unchanged as u64,
        deleted: counts.deleted as u64,
        failed: counts.failed as u64,
    }
}

fn findings(manifests: &[Manifest]) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut all: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for (kind, actions) in manifests.iter().flat_map(|manifest| &manifest.findings) {
        for (action, number) in actions {
            *all.entry(kind.clone()).or_default().entry(action.clone()).or_default() += *number as u64;
        }
    }
    all
}

/// The stages of all runs, those of one name added up.
fn stages(manifests: &[Manifest]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for stats in manifests.iter().flat_map(|manifest| &manifest.stages) {
        let known = stages.iter().position(|stage| stage.name == stats.name).unwrap_or_else(|| {
            let unit = if matches!(stats.name.as_str(), "chunk" | "embed" | "write") {
                "chunks"
            } else {
                "documents"
            };
            let (name, unit) = (stats.name.clone(), unit.to_owned());
            stages.push(Stage { name, unit, items: 0, bytes: 0, seconds: 0.0 });
            stages.len() - 1
        });
        let stage = &mut stages[known];
        stage.items += stats.items as u64;
        stage.bytes += stats.bytes;
        stage.seconds += stats.seconds;
    }
    stages.retain(|stage| stage.items > 0);
    stages
}

fn searches(collection: &Collection, queries: Vec<String>) -> Result<Vec<Search>, Error> {
    queries
        .into_iter()
        .map(|query| {
            let start = Instant::now();
            let hits = collection.search(&Query::text(&query).with_k(3))?;
            let seconds = start.elapsed().as_secs_f64();
            Ok(Search { query, seconds, hits: hits.iter().map(Hit::from_row).collect() })
        })
        .collect()
}

fn not_read(manifests: &[Manifest]) -> Vec<NotRead> {
    let mut list = Vec::new();
    for manifest in manifests {
        list.extend(
            manifest
                .quarantined
                .iter()
                .map(|one| NotRead { name: one.name.clone(), reason: one.reason.clone() }),
        );
        list.extend(manifest.gaps.iter().map(|one| NotRead {
            name: format!("{}, {}", one.document, one.gap.part),
            reason: one.gap.reason.clone(),
        }));
    }
    list
}
