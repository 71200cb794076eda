//! Graphs on disk. They are derived from their segments: one that is missing or damaged is built
//! again, so that it can be written without being named by the manifest.

use std::path::Path;
use std::sync::Arc;

use super::buffer::{Buffer, outside};
use super::folder;
use super::format::Kind;
use super::manifest::SegmentEntry;
use super::sections::{SectionWriter, Sections};
use crate::Error;
use crate::index::graph::{Calibration, Graph};

/// Writes the graph of a segment: beside its place, then renamed.
pub(crate) fn write(path: &Path, segment: &SegmentEntry, graph: &Graph) -> Result<(), Error> {
    let beside = path.with_extension("new");
    let written = write_beside(&beside, segment, graph);
    if written.is_err() {
        let _ = folder::remove_file(&beside);
    }
    written.and_then(|()| folder::rename(&beside, path))
}

fn write_beside(path: &Path, segment: &SegmentEntry, graph: &Graph) -> Result<(), Error> {
    let mut out = SectionWriter::create(path, Kind::Graph, segment.number)?;
    out.section(graph.links.all()?)?;
    out.section(&graph.entries)?;
    let (widths, recalls): (Vec<u32>, Vec<f32>) =
        graph.calibration.iter().map(|calibration| (calibration.width, calibration.recall)).unzip();
    out.section(&widths)?;
    out.section(&recalls)?;
    out.finish(u64::from(segment.checksum)).map(drop)
}

/// Opens the graph of a segment of so many rows; `None` if there is none.
pub(crate) fn open(path: &Path, segment: &SegmentEntry, rows: u32) -> Result<Option<Graph>, Error> {
    let Some(sections) = sections(path, segment)? else { return Ok(None) };
    let links = Buffer::mapped(&sections, 0)?;
    let entries = Buffer::mapped(&sections, 1)?.all()?.to_vec();
    let widths: Buffer<u32> = Buffer::mapped(&sections, 2)?;
    let recalls: Buffer<f32> = Buffer::mapped(&sections, 3)?;
    let calibration = widths.all()?.iter().zip(recalls.all()?);
    let calibration = calibration.map(|(&width, &recall)| Calibration { width, recall }).collect::<Vec<_>>();
    if entries.iter().any(|&entry| entry >= rows) || links.len() == 0 && !calibration.is_empty() {
        return Err(outside(path, 0));
    }
    Ok(Some(Graph { links, entries, calibration, ..Graph::default() }))
}

/// Compares every byte of a graph with its checksum, if there is one.
pub(crate) fn verify(path: &Path, segment: &SegmentEntry) -> Result<(), Error> {
    sections(path, segment)?.map_or(Ok(()), |sections| sections.verify())
}

fn sections(path: &Path, segment: &SegmentEntry) -> Result<Option<Arc<Sections>>, Error> {
    match Sections::open(path, Kind::Graph, segment.number, None) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Ok(sections) if sections.parameter() != u64::from(segment.checksum) => {
            Err(Error::damaged(path, 0, "it is of another segment"))
        }
        result => result.map(|sections| Some(Arc::new(sections))),
    }
}
