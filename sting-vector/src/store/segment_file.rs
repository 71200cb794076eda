//! Segments on disk.

use std::path::Path;
use std::sync::Arc;

use super::buffer::{Buffer, Strings, outside};
use super::format::Kind;
use super::manifest::SegmentEntry;
use super::merge::Merge;
use super::sections::{Expected, SectionWriter, Sections};
use super::segment::Segment;
use crate::index::{CODED_FROM, CodeTable, encode};
use crate::keyword::{Postings, Statistics};
use crate::{Error, Metric};

/// Vectors after which the writer looks whether it should stop.
const STEP: usize = 4096;

/// Writes a merge and makes it durable, but not yet its name in the folder.
pub(crate) fn write(
    path: &Path,
    number: u64,
    merge: &Merge,
    metric: Metric,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<SegmentEntry, Error> {
    let go_on = |row: usize| {
        let is_over = row.is_multiple_of(STEP) && is_cancelled();
        if is_over { Err(Error::Cancelled) } else { Ok(()) }
    };
    let mut out = SectionWriter::create(path, Kind::Segment, number)?;
    let columns: [fn(&Segment) -> &Strings; 3] =
        [|segment| &segment.ids, |segment| &segment.texts, |segment| &segment.metadata];
    for column in columns {
        strings(&mut out, || merge.strings(column))?;
    }
    let flags = merge.flags()?;
    out.section(&flags)?;
    out.begin()?;
    let mut scales = Vec::new();
    for (row, vector) in merge.vectors().enumerate() {
        go_on(row)?;
        let (vector, scale) = vector?;
        out.numbers(vector)?;
        scales.push(scale);
    }
    out.section(&scales)?;
    out.split()?;
    let postings = merge.postings()?;
    strings(&mut out, || postings.terms.iter())?;
    out.section(postings.starts.all()?)?;
    out.section(postings.rows.all()?)?;
    out.section(postings.occurrences.all()?)?;
    out.section(postings.lengths.all()?)?;
    let (mut codes, mut rows) = (Vec::new(), Vec::new());
    out.begin()?;
    if merge.rows() as u64 >= CODED_FROM {
        for (row, vector) in merge.vectors().enumerate() {
            go_on(row)?;
            codes.clear();
            rows.extend(encode(metric, vector?.0, &mut codes));
            out.put(&codes)?;
        }
    }
    out.section(&rows)?;
    let (bytes, checksum) = out.finish(merge.dim as u64)?;
    let statistics = Some(Statistics::of(&flags, postings.lengths.all()?));
    Ok(SegmentEntry { number, bytes, checksum, live: None, statistics })
}

fn strings<'s, I: Iterator<Item = Result<&'s [u8], Error>>>(
    out: &mut SectionWriter<'_>,
    strings: impl Fn() -> I,
) -> Result<(), Error> {
    out.begin()?;
    let mut end = 0u64;
    out.put(&end.to_le_bytes())?;
    for string in strings() {
        end += string?.len() as u64;
        out.put(&end.to_le_bytes())?;
    }
    out.begin()?;
    strings().try_for_each(|string| out.put(string?))
}

/// Opens a segment. Its contents are checked when they are asked for.
pub(crate) fn open(path: &Path, entry: &SegmentEntry, metric: Metric) -> Result<Segment, Error> {
    let expected = Expected { bytes: entry.bytes, checksum: entry.checksum };
    let sections = Arc::new(Sections::open(path, Kind::Segment, entry.number, Some(expected))?);
    let dim = sections.parameter() as usize;
    // Version 1 had the words between the metadata and the flags.
    let (flags, terms) = if sections.version() == 1 { (8, 6) } else { (6, 9) };
    let segment = Segment {
        ids: Strings::mapped(&sections, 0)?,
        texts: Strings::mapped(&sections, 2)?,
        metadata: Strings::mapped(&sections, 4)?,
        flags: Buffer::mapped(&sections, flags)?,
        dim,
        vectors: Buffer::mapped(&sections, flags + 1)?,
        scales: Buffer::mapped(&sections, flags + 2)?,
        postings: Postings {
            terms: Strings::mapped(&sections, terms)?,
            starts: Buffer::mapped(&sections, 11)?,
            rows: Buffer::mapped(&sections, 12)?,
            occurrences: Buffer::mapped(&sections, 13)?,
            lengths: Buffer::mapped(&sections, 14)?,
        },
        // Version 1 has none.
        stored_codes: CodeTable::mapped(&sections, 15, metric, dim)?,
        ..Segment::default()
    };
    if is_consistent(&segment) { Ok(segment) } else { Err(outside(path, 0)) }
}

/// Whether the lengths of the columns agree.
fn is_consistent(segment: &Segment) -> bool {
    let (rows, postings, dim) = (segment.flags.len(), &segment.postings, segment.dim);
    let vectors = if dim > 0 { rows } else { 0 };
    [&segment.ids, &segment.texts, &segment.metadata].iter().all(|strings| strings.len() == rows)
        && segment.scales.len() == vectors
        && Some(segment.vectors.len()) == vectors.checked_mul(dim)
        && dim <= crate::MAX_DIM
        && postings.lengths.len() == rows
        && postings.starts.len() == postings.terms.len() + 1
        && postings.occurrences.len() == postings.rows.len()
}

/// Compares every byte of a segment with its checksum.
pub(crate) fn verify(path: &Path, entry: &SegmentEntry) -> Result<(), Error> {
    let expected = Expected { bytes: entry.bytes, checksum: entry.checksum };
    Sections::open(path, Kind::Segment, entry.number, Some(expected))?.verify()
}
