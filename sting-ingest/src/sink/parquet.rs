//! Into Parquet files, each row with its lineage.
//!
//! Files are written into a folder of the run, moved into place when they are whole, and never
//! changed. Rows that are to go are left out of a copy of their file. The manifest says which files
//! count.

mod schema;

use super::{ChunkRow, RunColumns};
use crate::Error;
use crate::comb::{Compression, Output, Partition};
use crate::manifest::{OutputFile, hash_file, sync_folder};
use arrow::array::{Array, BooleanArray, FixedSizeListArray, Float32Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sting_core::{Id, Scrubbed};

/// Folder of files that count.
const DATA: &str = "data";
/// Folder of files that are being written.
const STAGING: &str = ".staging";
/// Bytes after which a file is closed and the next begun.
const FILE_BYTES: usize = 128 << 20;
/// Bytes of rows that are gathered before they are encoded.
const ROW_GROUP_BYTES: usize = 32 << 20;
/// Files that are open at a time, one for each partition.
const OPEN_FILES: usize = 16;

/// Writes the files of one run.
pub(crate) struct ParquetSink {
    folder: PathBuf,
    output: Output,
    run: RunColumns,
    schema: SchemaRef,
    dim: Option<usize>,
    open: BTreeMap<String, OpenFile>,
    /// Files that are whole: where they lie, and where they belong.
    staged: Vec<(PathBuf, OutputFile)>,
    /// Counts batches, to name files and to find the one that has waited longest.
    clock: usize,
}

struct OpenFile {
    writer: ArrowWriter<File>,
    path: PathBuf,
    rows: u64,
    last_use: usize,
}

/// What publishing changes.
#[derive(Debug)]
pub(crate) struct Publication {
    /// Files that count from now on.
    pub(crate) files: Vec<OutputFile>,
    /// Files that do not any more.
    obsolete: Vec<PathBuf>,
}

impl std::fmt::Debug for ParquetSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetSink").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl ParquetSink {
    /// Prepares to write into a folder. What an earlier run left unfinished is removed.
    pub(crate) fn open(
        folder: &Path,
        output: Output,
        run: RunColumns,
        dim: Option<usize>,
    ) -> Result<Self, Error> {
        let staging = folder.join(STAGING);
        if staging.exists() {
            std::fs::remove_dir_all(&staging)
                .map_err(Error::io("removing an unfinished run failed", &staging))?;
        }
        for folder in [folder.join(DATA), staging] {
            std::fs::create_dir_all(&folder).map_err(Error::io("making the folder failed", &folder))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            output,
            run,
            schema: schema::schema(dim),
            dim,
            open: BTreeMap::new(),
            staged: Vec::new(),
            clock: 0,
        })
    }

    pub(crate) fn write(&mut self, rows: &Scrubbed<Vec<ChunkRow>>) -> Result<(), Error> {
        let mut by_partition = BTreeMap::<String, Vec<&ChunkRow>>::new();
        for row in rows.get() {
            by_partition.entry(self.partition(row.modified)).or_default().push(row);
        }
        for (partition, rows) in by_partition {
            let batch = schema::batch(&self.schema, self.dim, &self.run, &rows);
            let batch = batch.map_err(|error| fault(&self.folder, error))?;
            self.write_batch(&partition, &batch)?;
        }
        Ok(())
    }

    fn write_batch(&mut self, partition: &str, batch: &RecordBatch) -> Result<(), Error> {
        self.clock += 1;
        if !self.open.contains_key(partition) {
            if self.open.len() >= OPEN_FILES {
                let oldest =
                    self.open.iter().min_by_key(|(_, file)| file.last_use).map(|(name, _)| name.clone());
                oldest.map_or(Ok(()), |name| self.close(&name))?;
            }
            let path =
                self.folder.join(STAGING).join(format!("{}-{:05}.parquet", self.run.run_id, self.clock));
            let file = File::create(&path).map_err(Error::io("writing failed", &path))?;
            let writer = ArrowWriter::try_new(file, Arc::clone(&self.schema), Some(self.properties()));
            let writer = writer.map_err(|error| fault(&path, error))?;
            self.open.insert(partition.to_owned(), OpenFile { writer, path, rows: 0, last_use: 0 });
        }
        let clock = self.clock;
        let Some(file) = self.open.get_mut(partition) else { return Ok(()) };
        file.last_use = clock;
        file.rows += batch.num_rows() as u64;
        let mut write = || {
            file.writer.write(batch)?;
            if file.writer.in_progress_size() >= ROW_GROUP_BYTES {
                file.writer.flush()?;
            }
            Ok(file.writer.bytes_written())
        };
        let written = write().map_err(|error: ParquetError| fault(&self.folder, error))?;
        if written >= FILE_BYTES { self.close(partition) } else { Ok(()) }
    }

    /// Finishes a file and takes its hash.
    fn close(&mut self, partition: &str) -> Result<(), Error> {
        let Some(OpenFile { writer, path, rows, .. }) = self.open.remove(partition) else { return Ok(()) };
        let file = writer.into_inner().map_err(|error| fault(&path, error))?;
        file.sync_all().map_err(Error::io("writing failed", &path))?;
        let (blake3, bytes) = hash_file(&path).map_err(Error::io("reading back failed", &path))?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let place =
            [DATA, partition, name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        self.staged.push((path, OutputFile { path: place, blake3, rows, bytes }));
        Ok(())
    }

    /// Closes all files, writes those of earlier runs that hold rows of `gone` documents anew without
    /// these rows, and moves all into place. Nothing of it counts until the manifest says so, and
    /// nothing that counts is touched.
    pub(crate) fn publish(mut self, live: Vec<OutputFile>, gone: &HashSet<Id>) -> Result<Publication, Error> {
        let (mut files, mut obsolete) = (Vec::new(), Vec::new());
        let gone: HashSet<String> = gone.iter().map(Id::to_string).collect();
        for file in live {
            let path = self.folder.join(&file.path);
            if gone.is_empty() || !holds_any(&path, &gone)? {
                files.push(file);
                continue;
            }
            self.copy_without(&path, &file.path, &gone)?;
            obsolete.push(path);
        }
        for partition in self.open.keys().cloned().collect::<Vec<_>>() {
            self.close(&partition)?;
        }
        for (from, file) in std::mem::take(&mut self.staged) {
            let to = self.folder.join(&file.path);
            let parent = to.parent().unwrap_or(&self.folder).to_owned();
            std::fs::create_dir_all(&parent).map_err(Error::io("making the folder failed", &parent))?;
            std::fs::rename(&from, &to).map_err(Error::io("moving into place failed", &to))?;
            sync_folder(&parent).map_err(Error::io("writing failed", &parent))?;
            files.push(file);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Publication { files, obsolete })
    }

    fn copy_without(&mut self, path: &Path, place: &str, documents: &HashSet<String>) -> Result<(), Error> {
        let partition = place
            .strip_prefix(DATA)
            .and_then(|rest| rest.rsplit_once('/'))
            .map_or("", |(folders, _)| folders);
        let partition = partition.trim_start_matches('/').to_owned();
        for batch in read(path, &[])? {
            let batch = batch.map_err(|error| fault(path, error))?;
            let owners = strings(&batch, "document_id", path)?;
            let stays: BooleanArray =
                owners.iter().map(|id| Some(!id.is_some_and(|id| documents.contains(id)))).collect();
            let kept = filter_record_batch(&batch, &stays).map_err(|error| fault(path, error))?;
            if kept.num_rows() == 0 {
                continue;
            }
            if kept.schema().fields() == self.schema.fields() {
                self.write_batch(&partition, &kept)?;
            } else {
                // Rows of a model of another dimension stay in files of their own.
                self.close(&partition)?;
                let ours = std::mem::replace(&mut self.schema, kept.schema());
                let written = self.write_batch(&partition, &kept).and_then(|()| self.close(&partition));
                self.schema = ours;
                written?;
            }
        }
        Ok(())
    }

    /// Vectors of this run's model of the chunks of some documents, from files of earlier runs.
    pub(crate) fn vectors(
        &self,
        live: &[OutputFile],
        documents: &HashSet<Id>,
    ) -> Result<HashMap<Id, Vec<f32>>, Error> {
        let documents: HashSet<String> = documents.iter().map(Id::to_string).collect();
        let mut vectors = HashMap::new();
        for file in live {
            let path = self.folder.join(&file.path);
            if documents.is_empty() || !holds_any(&path, &documents)? {
                continue;
            }
            for batch in read(&path, &["chunk_id", "document_id", "embedder", "vector"])? {
                let batch = batch.map_err(|error| fault(&path, error))?;
                let column = batch.column_by_name("vector").and_then(|column| column.as_any().downcast_ref());
                let Some(column): Option<&FixedSizeListArray> = column else { break };
                let (ids, owners) =
                    (strings(&batch, "chunk_id", &path)?, strings(&batch, "document_id", &path)?);
                let models = strings(&batch, "embedder", &path)?;
                let ours = |&row: &usize| column.is_valid(row) && models.value(row) == self.run.embedder;
                for row in
                    (0..batch.num_rows()).filter(ours).filter(|&row| documents.contains(owners.value(row)))
                {
                    let numbers = column.value(row);
                    let numbers = numbers.as_any().downcast_ref::<Float32Array>();
                    if let (Ok(id), Some(numbers)) = (ids.value(row).parse(), numbers) {
                        vectors.insert(id, numbers.values().to_vec());
                    }
                }
            }
        }
        Ok(vectors)
    }

    fn partition(&self, modified: i64) -> String {
        let time = Timestamp::from_millisecond(modified).unwrap_or_default().to_zoned(TimeZone::UTC);
        let level = |level: &Partition| match level {
            Partition::Year => format!("year={:04}", time.year()),
            Partition::Month => format!("month={:02}", time.month()),
            Partition::Day => format!("day={:02}", time.day()),
        };
        self.output.partitioning.iter().map(level).collect::<Vec<_>>().join("/")
    }

    fn properties(&self) -> WriterProperties {
        let codec = match self.output.compression {
            Compression::Zstd => Codec::ZSTD(ZstdLevel::default()),
            Compression::Snappy => Codec::SNAPPY,
            Compression::None => Codec::UNCOMPRESSED,
        };
        WriterProperties::builder().set_compression(codec).build()
    }
}

impl Publication {
    /// Removes what does not count any more. What cannot be removed is harmless, and is left.
    pub(crate) fn clean_up(&self, folder: &Path) {
        for path in &self.obsolete {
            let _ = std::fs::remove_file(path);
        }
        let _ = std::fs::remove_dir_all(folder.join(STAGING));
    }
}

/// Removes files of the data folder that do not count: leavings of a run that was killed.
pub(crate) fn remove_strays(folder: &Path, live: &[OutputFile]) {
    let live: HashSet<PathBuf> = live.iter().map(|file| folder.join(&file.path)).collect();
    for entry in walkdir::WalkDir::new(folder.join(DATA)).into_iter().filter_map(Result::ok) {
        let is_parquet = entry.path().extension().is_some_and(|extension| extension == "parquet");
        if entry.file_type().is_file() && is_parquet && !live.contains(entry.path()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Reads a file batch by batch: some columns, or all if none is named.
fn read(path: &Path, columns: &[&str]) -> Result<ParquetRecordBatchReader, Error> {
    let file = File::open(path).map_err(Error::io("reading earlier output failed", path))?;
    let open = || {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        if columns.is_empty() {
            return builder.build();
        }
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder.with_projection(mask).build()
    };
    open().map_err(|error: ParquetError| fault(path, error))
}

fn holds_any(path: &Path, documents: &HashSet<String>) -> Result<bool, Error> {
    for batch in read(path, &["document_id"])? {
        let batch = batch.map_err(|error| fault(path, error))?;
        if strings(&batch, "document_id", path)?.iter().flatten().any(|id| documents.contains(id)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn strings<'b>(batch: &'b RecordBatch, column: &str, path: &Path) -> Result<&'b StringArray, Error> {
    let found = batch.column_by_name(column).and_then(|column| column.as_any().downcast_ref());
    found.ok_or_else(|| fault(path, ParquetError::General(format!("it has no column {column}"))))
}

fn fault(path: &Path, error: impl Into<ParquetError>) -> Error {
    let error = error.into();
    Error::State {
        path: path.to_owned(),
        problem: format!("Parquet: {error}"),
        mend: "make room, or restore the file from a backup".into(),
    }
}
