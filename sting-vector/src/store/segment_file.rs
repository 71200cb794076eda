//! Segments on disk.
//!
//! ```text
//! file header | sections, each at a multiple of 64 bytes | footer | trailer
//! ```
//!
//! The footer lists the sections and a checksum for every 64 KiB in front of it, padding included.
//! The trailer says where the footer starts and has its checksum, which the manifest knows too.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::buffer::{Buffer, Stored, Strings};
use super::codec::{Decoder, Encoder};
use super::format::{self, Kind};
use super::manifest::SegmentEntry;
use super::segment::Segment;
use crate::Error;
use crate::keyword::Postings;

const ALIGNMENT: u64 = 64;
const BLOCK: usize = 64 << 10;
/// `footer offset u64 | crc32 of footer u32 | crc32 of the 12 bytes before u32`
const TRAILER: usize = 16;

/// Writes a segment and makes it durable, but not yet its name in the folder.
pub(crate) fn write(path: &Path, number: u64, segment: &Segment) -> Result<SegmentEntry, Error> {
    let written = File::create(path).and_then(|file| {
        let mut out = BlockWriter {
            out: BufWriter::with_capacity(1 << 20, file),
            at: 0,
            block: Vec::new(),
            checksums: Vec::new(),
        };
        out.put(&format::header(Kind::Segment, number))?;
        let mut table = Vec::new();
        let strings = [&segment.ids, &segment.texts, &segment.metadata, &segment.postings.terms];
        for strings in strings {
            out.section(&strings.starts, &mut table)?;
            out.section(&strings.bytes, &mut table)?;
        }
        out.section(&segment.flags, &mut table)?;
        out.section(&segment.vectors, &mut table)?;
        out.section(&segment.scales, &mut table)?;
        out.section(&segment.postings.starts, &mut table)?;
        out.section(&segment.postings.rows, &mut table)?;
        out.section(&segment.postings.occurrences, &mut table)?;
        out.section(&segment.postings.lengths, &mut table)?;
        out.finish(segment.dim, &table)
    });
    let (bytes, checksum) = written.map_err(Error::io(path, "writing"))?;
    Ok(SegmentEntry { number, bytes, checksum, live: None })
}

/// Writes bytes and collects a checksum of each block.
struct BlockWriter {
    out: BufWriter<File>,
    at: u64,
    block: Vec<u8>,
    checksums: Vec<u32>,
}

impl BlockWriter {
    fn put(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        self.at += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            if self.block.len() == BLOCK {
                self.end_block()?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn end_block(&mut self) -> std::io::Result<()> {
        if !self.block.is_empty() {
            self.checksums.push(crc32fast::hash(&self.block));
            self.out.write_all(&self.block)?;
            self.block.clear();
        }
        Ok(())
    }

    fn section<T: Stored>(&mut self, numbers: &[T], table: &mut Vec<(u64, u64)>) -> std::io::Result<()> {
        let padding = self.at.next_multiple_of(ALIGNMENT) - self.at;
        self.put(&[0; ALIGNMENT as usize][..padding as usize])?;
        table.push((self.at, (numbers.len() * T::BYTES) as u64));
        let mut buffer = Vec::with_capacity(BLOCK);
        for some in numbers.chunks(BLOCK / T::BYTES) {
            buffer.clear();
            T::write(some, &mut buffer);
            self.put(&buffer)?;
        }
        Ok(())
    }

    /// Writes footer and trailer. Returns the length of the file and the checksum of the footer.
    fn finish(mut self, dim: usize, table: &[(u64, u64)]) -> std::io::Result<(u64, u32)> {
        self.end_block()?;
        let mut footer = Encoder::default();
        footer.u64(dim as u64);
        footer.u32(table.len() as u32);
        for &(offset, length) in table {
            footer.u64(offset);
            footer.u64(length);
        }
        footer.u32(self.checksums.len() as u32);
        self.checksums.iter().for_each(|&checksum| footer.u32(checksum));
        let checksum = crc32fast::hash(&footer.0);
        let mut trailer = [0; TRAILER];
        trailer[..8].copy_from_slice(&self.at.to_le_bytes());
        trailer[8..12].copy_from_slice(&checksum.to_le_bytes());
        let own = crc32fast::hash(&trailer[..12]);
        trailer[12..].copy_from_slice(&own.to_le_bytes());
        self.out.write_all(&footer.0)?;
        self.out.write_all(&trailer)?;
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        Ok((self.at + (footer.0.len() + TRAILER) as u64, checksum))
    }
}

/// Reads a segment and checks every byte of it.
pub(crate) fn read(path: &Path, entry: &SegmentEntry) -> Result<Segment, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "reading"))?;
    if bytes.len() as u64 != entry.bytes {
        let problem = format!("{} bytes were written", entry.bytes);
        return Err(Error::damaged(path, entry.bytes.min(bytes.len() as u64), problem));
    }
    format::check_header(path, &bytes, Kind::Segment, entry.number)?;
    let (dim, table, checksums) = footer(&bytes, entry.checksum).ok_or_else(|| {
        Error::damaged(path, entry.bytes, "the footer at the end does not match its checksum")
    })?;
    for (block, (content, checksum)) in bytes.chunks(BLOCK).zip(&checksums).enumerate() {
        let content = &content[..content.len().min(table.end - block * BLOCK)];
        if crc32fast::hash(content) != *checksum {
            return Err(Error::damaged(
                path,
                (block * BLOCK) as u64,
                "the checksum of a block does not match",
            ));
        }
    }
    let malformed = || Error::damaged(path, 0, "the sections contradict each other");
    let segment =
        Sections { bytes: &bytes, table: table.sections.iter() }.segment(dim).ok_or_else(malformed)?;
    if segment.is_consistent() { Ok(segment) } else { Err(malformed()) }
}

struct Table {
    sections: Vec<(u64, u64)>,
    /// Where the footer starts.
    end: usize,
}

fn footer(bytes: &[u8], expected: u32) -> Option<(usize, Table, Vec<u32>)> {
    let (front, trailer) = bytes.split_last_chunk::<TRAILER>()?;
    let (offset, rest) = trailer.split_first_chunk::<8>()?;
    if crc32fast::hash(&trailer[..12]).to_le_bytes() != rest[4..] || expected.to_le_bytes() != rest[..4] {
        return None;
    }
    let end = usize::try_from(u64::from_le_bytes(*offset)).ok()?;
    let footer = front.get(end..)?;
    if crc32fast::hash(footer) != expected {
        return None;
    }
    let mut input = Decoder(footer);
    let dim = input.u64().ok()? as usize;
    let mut sections = Vec::new();
    for _ in 0..input.u32().ok()? {
        sections.push((input.u64().ok()?, input.u64().ok()?));
    }
    let mut checksums = Vec::new();
    for _ in 0..input.u32().ok()? {
        checksums.push(input.u32().ok()?);
    }
    let is_whole = input.is_empty() && checksums.len() == end.div_ceil(BLOCK);
    is_whole.then_some((dim, Table { sections, end }, checksums))
}

/// Sections in the order in which they were written.
struct Sections<'b, T> {
    bytes: &'b [u8],
    table: T,
}

impl<'b, T: Iterator<Item = &'b (u64, u64)>> Sections<'b, T> {
    fn numbers<N: Stored>(&mut self) -> Option<Vec<N>> {
        let &(offset, length) = self.table.next()?;
        let end = offset.checked_add(length)?;
        Some(N::read(self.bytes.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?)?))
    }

    fn buffer<N: Stored>(&mut self) -> Option<Buffer<N>> {
        self.numbers().map(Buffer::from)
    }

    fn strings(&mut self) -> Option<Strings> {
        Some(Strings { starts: self.numbers()?, bytes: self.numbers()? })
    }

    fn segment(mut self, dim: usize) -> Option<Segment> {
        let (ids, texts, metadata, terms) =
            (self.strings()?, self.strings()?, self.strings()?, self.strings()?);
        Some(Segment {
            ids,
            texts,
            metadata,
            flags: self.buffer()?,
            dim,
            vectors: self.buffer()?,
            scales: self.buffer()?,
            postings: Postings {
                terms,
                starts: self.buffer()?,
                rows: self.buffer()?,
                occurrences: self.buffer()?,
                lengths: self.buffer()?,
            },
            ..Segment::default()
        })
    }
}
