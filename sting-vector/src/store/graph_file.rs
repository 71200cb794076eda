//! Graphs on disk. They are derived from their segments: one that is missing or damaged is built
//! again, so that it can be written without being named by the manifest.

use std::path::Path;

use super::buffer::Stored;
use super::codec::{Decoder, Encoder};
use super::folder;
use super::format::{self, Kind};
use super::manifest::SegmentEntry;
use crate::Error;
use crate::index::graph::{Calibration, DEGREE, Graph, NONE};

/// Writes the graph of a segment.
pub(crate) fn write(path: &Path, segment: &SegmentEntry, graph: &Graph) -> Result<(), Error> {
    let mut out = Encoder::default();
    out.u32(segment.checksum);
    out.u32(graph.entries.len() as u32);
    graph.entries.iter().for_each(|&entry| out.u32(entry));
    out.u32(graph.calibration.len() as u32);
    for calibration in &graph.calibration {
        out.u32(calibration.width);
        out.u32(calibration.recall.to_bits());
    }
    u32::write(&graph.links, &mut out.0);
    let checksum = crc32fast::hash(&out.0).to_le_bytes();
    folder::replace(path, &[&format::header(Kind::Graph, segment.number)[..], &out.0, &checksum].concat())
}

/// Reads and checks the graph of a segment of so many rows; `None` if there is none.
pub(crate) fn read(path: &Path, segment: &SegmentEntry, rows: u32) -> Result<Option<Graph>, Error> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        result => result.map_err(Error::io(path, "reading"))?,
    };
    format::check_header(path, &bytes, Kind::Graph, segment.number)?;
    let damaged = |problem| Error::damaged(path, format::HEADER_BYTES as u64, problem);
    let (body, checksum) =
        bytes[format::HEADER_BYTES..].split_last_chunk::<4>().ok_or_else(|| damaged("it is cut short"))?;
    if crc32fast::hash(body).to_le_bytes() != *checksum {
        return Err(damaged("the checksum does not match"));
    }
    let graph = decode(body, segment.checksum, rows).ok_or_else(|| damaged("it is of another segment"))?;
    Ok(Some(graph))
}

fn decode(body: &[u8], checksum: u32, rows: u32) -> Option<Graph> {
    let mut input = Decoder(body);
    if input.u32().ok()? != checksum {
        return None;
    }
    let mut entries = Vec::new();
    for _ in 0..input.u32().ok()? {
        entries.push(input.u32().ok()?);
    }
    let mut calibration = Vec::new();
    for _ in 0..input.u32().ok()? {
        let (width, recall) = (input.u32().ok()?, f32::from_bits(input.u32().ok()?));
        calibration.push(Calibration { width, recall });
    }
    let links = u32::read(input.0);
    let is_none = links.is_empty() && calibration.is_empty();
    let is_whole = links.len() == rows as usize * DEGREE
        && entries.iter().all(|&entry| entry < rows)
        && links.iter().all(|&link| link < rows || link == NONE);
    (is_none || is_whole).then_some(Graph { links, entries, calibration })
}
