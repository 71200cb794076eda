//! What earlier runs have done, so that what has not changed is not read again.
//!
//! One file, crash-safe: a run's changes are committed in one transaction, after its output is in
//! place. It holds hashes, sizes, times and scrubbed names; nothing of what documents say.

use crate::Error;
use crate::comb::Stamp;
use crate::scrub::Tally;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sting_core::Id;

/// By comb and document: what was made of it, in JSON.
const DOCUMENTS: TableDefinition<'_, (&str, &[u8]), &[u8]> = TableDefinition::new("documents");
/// By comb and document: documents whose rows an unfinished run may have written.
const PENDING: TableDefinition<'_, (&str, &[u8]), ()> = TableDefinition::new("pending");
/// The format of this file.
const FORMAT: TableDefinition<'_, &str, u64> = TableDefinition::new("format");

const VERSION: u64 = 1;

/// What was made of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its scrubbed name.
    pub(crate) name: String,
    /// What the file system said of it when it was read.
    pub(crate) stamp: Stamp,
    /// True if it had rested for a while then, so that an equal stamp means equal content.
    pub(crate) settled: bool,
    /// Hash of its bytes.
    pub(crate) content: String,
    /// Hash of everything else that decides what is made of it.
    pub(crate) config: Id,
    pub(crate) outcome: Outcome,
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Its chunks were stored.
    Stored {
        /// Their ids.
        chunks: Vec<Id>,
        /// What was found in it.
        findings: Tally,
        /// Parts of it that were not read.
        gaps: usize,
    },
    /// It could not be read.
    Refused {
        /// Code of the error.
        code: String,
        /// The error, scrubbed.
        reason: String,
    },
}

impl Entry {
    pub(crate) fn chunks(&self) -> &[Id] {
        match &self.outcome {
            Outcome::Stored { chunks, .. } => chunks,
            Outcome::Refused { .. } => &[],
        }
    }
}

/// The open ledger.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    /// None if nothing is to be remembered.
    database: Option<Database>,
}

/// What is to be written when a run commits.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) put: Vec<(Id, Entry)>,
    pub(crate) delete: Vec<Id>,
}

impl Ledger {
    /// Opens the ledger in a folder, and makes it if there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(Error::io("making the folder failed", folder))?;
        let path = folder.join("ledger.redb");
        let ledger = Self {
            database: Some(Database::create(&path).map_err(|error| state(&path, error.into()))?),
            path,
        };
        let version = ledger.write(|transaction| {
            let mut format = transaction.open_table(FORMAT)?;
            let found = format.get("version")?.map(|version| version.value());
            if found.is_none() {
                format.insert("version", VERSION)?;
            }
            transaction.open_table(DOCUMENTS)?;
            transaction.open_table(PENDING)?;
            Ok(found.unwrap_or(VERSION))
        })?;
        if version > VERSION {
            return Err(Error::State {
                path: ledger.path,
                problem: format!("format {version} is newer than this library's {VERSION}"),
                mend: "use a newer library".into(),
            });
        }
        Ok(ledger)
    }

    /// A ledger that forgets.
    pub(crate) fn none() -> Self {
        Self { path: PathBuf::new(), database: None }
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, Error>
    where
        T: Default,
    {
        let Some(database) = &self.database else { return Ok(T::default()) };
        let run = || {
            let transaction = database.begin_write()?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|error| state(&self.path, error))
    }

    /// All documents of a comb.
    pub(crate) fn load(&self, comb: &str) -> Result<BTreeMap<Id, Entry>, Error> {
        let Some(database) = &self.database else { return Ok(BTreeMap::new()) };
        let read = || -> Result<Vec<(Id, Vec<u8>)>, redb::Error> {
            let transaction = database.begin_read()?;
            let table = transaction.open_table(DOCUMENTS)?;
            let mut rows = Vec::new();
            for row in table.range((comb, [].as_slice())..)? {
                let (key, value) = row?;
                let (name, id) = key.value();
                if name != comb {
                    break;
                }
                rows.extend(id.try_into().ok().map(|id| (Id::from_bytes(id), value.value().to_vec())));
            }
            Ok(rows)
        };
        let rows = read().map_err(|error| state(&self.path, error))?;
        rows.into_iter()
            .map(|(id, json)| match serde_json::from_slice(&json) {
                Ok(entry) => Ok((id, entry)),
                Err(_) => Err(Error::State {
                    path: self.path.clone(),
                    problem: "an entry cannot be read".into(),
                    mend: "remove the file; the next run reads everything again".into(),
                }),
            })
            .collect()
    }

    /// Documents whose rows an unfinished run may have written.
    pub(crate) fn pending(&self, comb: &str) -> Result<Vec<Id>, Error> {
        let Some(database) = &self.database else { return Ok(Vec::new()) };
        let read = || -> Result<Vec<Id>, redb::Error> {
            let transaction = database.begin_read()?;
            let table = transaction.open_table(PENDING)?;
            let mut ids = Vec::new();
            for row in table.range((comb, [].as_slice())..)? {
                let (key, _) = row?;
                let (name, id) = key.value();
                if name != comb {
                    break;
                }
                ids.extend(id.try_into().ok().map(Id::from_bytes));
            }
            Ok(ids)
        };
        read().map_err(|error| state(&self.path, error))
    }

    /// Notes which documents are about to be written, before they are.
    pub(crate) fn begin(&self, comb: &str, ids: &[Id]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let mut pending = transaction.open_table(PENDING)?;
            for id in ids {
                pending.insert((comb, id.as_bytes().as_slice()), ())?;
            }
            Ok(())
        })
    }

    /// Makes a run's changes, and takes its documents off the list of pending ones.
    pub(crate) fn commit(&self, comb: &str, changes: &Changes) -> Result<(), Error> {
        self.write(|transaction| {
            let mut documents = transaction.open_table(DOCUMENTS)?;
            for (id, entry) in &changes.put {
                // Serializing plain data into memory cannot fail; an empty value would be reported on load.
                let json = serde_json::to_vec(entry).unwrap_or_default();
                documents.insert((comb, id.as_bytes().as_slice()), json.as_slice())?;
            }
            for id in &changes.delete {
                documents.remove((comb, id.as_bytes().as_slice()))?;
            }
            let mut pending = transaction.open_table(PENDING)?;
            pending.retain(|(name, _), ()| name != comb)?;
            Ok(())
        })
    }
}

fn state(path: &Path, error: redb::Error) -> Error {
    let (problem, mend) = match error {
        redb::Error::DatabaseAlreadyOpen => ("another run has it open".to_owned(), "wait for it to end"),
        redb::Error::Io(error) => {
            (format!("cannot be written: {}", error.kind()), "make room, or mend its permissions")
        }
        other => (other.to_string(), "remove the file; the next run reads everything again"),
    };
    Error::State { path: path.to_owned(), problem, mend: mend.into() }
}
