//! Sealed files of columns: segments and graphs.
//!
//! ```text
//! file header | sections, each at a multiple of 64 bytes | footer | trailer
//! ```
//!
//! The footer lists the sections and a checksum for every block in front of it, padding included. A
//! block has 64 KiB, but for the last one and the one in front of the split: from there on lie the
//! sections that are derived from the others, so that damage to them is damage to nothing else.
//! The trailer says where the footer starts and has its checksum, which the manifest knows too.
//!
//! A file is opened by its header, footer and trailer alone. The rest is mapped, and a block is
//! compared with its checksum when something in it is asked for the first time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::buffer::Stored;
use super::codec::{Decoder, Encoder};
use super::format::{self, Kind};
use crate::Error;
use crate::kernel::mapped::Map;

const ALIGNMENT: u64 = 64;
const BLOCK: usize = 64 << 10;
/// `footer offset u64 | crc32 of footer u32 | crc32 of the 12 bytes before u32`
const TRAILER: usize = 16;

/// Writes a file of sections.
pub(crate) struct SectionWriter<'p> {
    path: &'p Path,
    out: BufWriter<File>,
    at: u64,
    block: Vec<u8>,
    checksums: Vec<u32>,
    table: Vec<(u64, u64)>,
    /// Whether the last section of the table may still grow.
    is_open: bool,
    split: u64,
}

impl<'p> SectionWriter<'p> {
    pub(crate) fn create(path: &'p Path, kind: Kind, number: u64) -> Result<Self, Error> {
        let file = File::create(path).map_err(Error::io(path, "creating"))?;
        let out = BufWriter::with_capacity(1 << 20, file);
        let (block, checksums, table) = (Vec::new(), Vec::new(), Vec::new());
        let mut writer = Self { path, out, at: 0, block, checksums, table, is_open: false, split: 0 };
        writer.put(&format::header(kind, number))?;
        Ok(writer)
    }

    /// Starts the next section.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        self.align()?;
        self.table.push((self.at, 0));
        self.is_open = true;
        Ok(())
    }

    /// Lets the sections that follow be those that are derived from the ones before.
    pub(crate) fn split(&mut self) -> Result<(), Error> {
        self.align()?;
        self.end_block()?;
        self.split = self.at;
        Ok(())
    }

    fn align(&mut self) -> Result<(), Error> {
        self.end_section();
        let padding = self.at.next_multiple_of(ALIGNMENT) - self.at;
        self.put(&[0; ALIGNMENT as usize][..padding as usize])
    }

    /// A section of numbers that are there already.
    pub(crate) fn section<T: Stored>(&mut self, numbers: &[T]) -> Result<(), Error> {
        self.begin()?;
        self.numbers(numbers)
    }

    /// Adds to the section that was begun.
    pub(crate) fn numbers<T: Stored>(&mut self, numbers: &[T]) -> Result<(), Error> {
        let mut buffer = Vec::with_capacity(BLOCK.min(numbers.len() * T::BYTES));
        for some in numbers.chunks(BLOCK / T::BYTES) {
            buffer.clear();
            T::write(some, &mut buffer);
            self.put(&buffer)?;
        }
        Ok(())
    }

    pub(crate) fn put(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
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

    fn end_section(&mut self) {
        if let Some((start, length)) = self.table.last_mut().filter(|_| self.is_open) {
            *length = self.at - *start;
        }
        self.is_open = false;
    }

    fn end_block(&mut self) -> Result<(), Error> {
        if !self.block.is_empty() {
            self.checksums.push(crc32fast::hash(&self.block));
            self.out.write_all(&self.block).map_err(Error::io(self.path, "writing"))?;
            self.block.clear();
        }
        Ok(())
    }

    /// Writes footer and trailer and makes the file durable, but not yet its name in the folder.
    /// Returns its length and the checksum of the footer.
    pub(crate) fn finish(mut self, parameter: u64) -> Result<(u64, u32), Error> {
        self.end_section();
        self.end_block()?;
        let mut footer = Encoder::default();
        footer.u64(parameter);
        footer.u64(self.split);
        footer.u32(self.table.len() as u32);
        for &(offset, length) in &self.table {
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
        self.out
            .write_all(&footer.0)
            .and_then(|()| self.out.write_all(&trailer))
            .and_then(|()| self.out.flush())
            .and_then(|()| self.out.get_ref().sync_all())
            .map_err(Error::io(self.path, "writing"))?;
        Ok((self.at + (footer.0.len() + TRAILER) as u64, checksum))
    }
}

/// A sealed file, mapped.
#[derive(Debug)]
pub(crate) struct Sections {
    path: PathBuf,
    version: u32,
    file: File,
    map: Map,
    footer: Footer,
    /// A bit for every block that was compared with its checksum.
    verified: Vec<AtomicU64>,
}

#[derive(Debug)]
struct Footer {
    /// What the kind of file has to say about its sections.
    parameter: u64,
    /// Where the derived sections start.
    split: usize,
    table: Vec<Range<usize>>,
    checksums: Vec<u32>,
    /// Where the footer starts.
    end: usize,
}

/// What is known of a file before it is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) bytes: u64,
    /// Checksum of the footer.
    pub(crate) checksum: u32,
}

impl Sections {
    /// Opens a file, and checks what lies around the sections.
    pub(crate) fn open(
        path: &Path,
        kind: Kind,
        number: u64,
        expected: Option<Expected>,
    ) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path, "opening"))?;
        let bytes = file.metadata().map_err(Error::io(path, "reading the size"))?.len();
        if let Some(expected) = expected.filter(|expected| expected.bytes != bytes) {
            let problem = format!("{} bytes were written", expected.bytes);
            return Err(Error::damaged(path, expected.bytes.min(bytes), problem));
        }
        if bytes < (format::HEADER_BYTES + TRAILER) as u64 {
            return Err(Error::damaged(path, bytes, "it is cut short"));
        }
        let length = usize::try_from(bytes)
            .map_err(|_| Error::damaged(path, 0, "it is larger than this machine's memory can address"))?;
        let map = Map::new(&file, length).map_err(Error::io(path, "mapping"))?;
        let version = format::check_header(path, &map, kind, number)?;
        let footer = footer(version, &map, expected.map(|expected| expected.checksum)).ok_or_else(|| {
            Error::damaged(path, bytes, "the footer at the end does not match its checksum")
        })?;
        let verified = (0..footer.checksums.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { path: path.to_path_buf(), version, file, map, footer, verified })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Version of the format.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn parameter(&self) -> u64 {
        self.footer.parameter
    }

    /// Where a section lies; an empty range for one that the file does not have.
    pub(crate) fn section(&self, index: usize) -> Range<usize> {
        self.footer.table.get(index).cloned().unwrap_or_default()
    }

    /// Bytes that may not have been compared with their checksums.
    #[inline]
    pub(crate) fn unchecked(&self, range: Range<usize>) -> &[u8] {
        self.map.get(range).unwrap_or_default()
    }

    /// Compares the blocks that hold a range with their checksums, those that were not yet.
    #[inline]
    pub(crate) fn touch(&self, range: Range<usize>) -> Result<(), Error> {
        if range.is_empty() {
            return Ok(());
        }
        let (mut block, last) = (self.footer.block(range.start), self.footer.block(range.end - 1));
        while block <= last {
            let bits = self.verified.get(block / 64).map_or(0, |bits| bits.load(Ordering::Acquire));
            let verified = (bits >> (block % 64)).trailing_ones() as usize;
            if verified == 0 {
                self.verify_block(block)?;
            }
            block += verified.max(1);
        }
        Ok(())
    }

    #[cold]
    fn verify_block(&self, block: usize) -> Result<(), Error> {
        // A file that was cut while it is mapped has memory behind its end that must not be read.
        let bytes = self.file.metadata().map_err(Error::io(&self.path, "reading the size"))?.len();
        if bytes < self.map.len() as u64 {
            return Err(Error::damaged(&self.path, bytes, "it was cut while it was open"));
        }
        let range = self.footer.range(block);
        let start = range.start;
        let content = self.unchecked(range);
        if self.footer.checksums.get(block) != Some(&crc32fast::hash(content)) {
            let problem = "the checksum of a block does not match";
            return Err(Error::damaged(&self.path, start as u64, problem));
        }
        if let Some(bits) = self.verified.get(block / 64) {
            bits.fetch_or(1 << (block % 64), Ordering::Release);
        }
        Ok(())
    }

    /// Compares every block with its checksum, whether or not it was before.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        (0..self.footer.checksums.len()).try_for_each(|block| self.verify_block(block))
    }
}

impl Footer {
    /// The block of a byte.
    #[inline]
    fn block(&self, at: usize) -> usize {
        if at < self.split { at / BLOCK } else { self.split.div_ceil(BLOCK) + (at - self.split) / BLOCK }
    }

    /// The bytes of a block.
    fn range(&self, block: usize) -> Range<usize> {
        let in_front = self.split.div_ceil(BLOCK);
        let (start, end) = if block < in_front {
            (block * BLOCK, self.split)
        } else {
            (self.split + (block - in_front) * BLOCK, self.end)
        };
        start..end.min(start + BLOCK)
    }
}

fn footer(version: u32, bytes: &[u8], expected: Option<u32>) -> Option<Footer> {
    let (front, trailer) = bytes.split_last_chunk::<TRAILER>()?;
    let (offset, rest) = trailer.split_first_chunk::<8>()?;
    let (checksum, own) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(&trailer[..12]).to_le_bytes() != own {
        return None;
    }
    let checksum = u32::from_le_bytes(*checksum);
    let end = usize::try_from(u64::from_le_bytes(*offset)).ok()?;
    let footer = front.get(end..)?;
    if expected.is_some_and(|expected| expected != checksum) || crc32fast::hash(footer) != checksum {
        return None;
    }
    let mut input = Decoder(footer);
    let parameter = input.u64().ok()?;
    let split = if version > 1 { usize::try_from(input.u64().ok()?).ok()? } else { 0 };
    let mut table = Vec::new();
    for _ in 0..input.u32().ok()? {
        let (offset, length) = (input.u64().ok()?, input.u64().ok()?);
        let (start, section_end) = (offset, offset.checked_add(length)?);
        if section_end > end as u64 {
            return None;
        }
        table.push(start as usize..section_end as usize);
    }
    let mut checksums = Vec::new();
    for _ in 0..input.u32().ok()? {
        checksums.push(input.u32().ok()?);
    }
    let blocks = split.div_ceil(BLOCK) + end.checked_sub(split)?.div_ceil(BLOCK);
    let is_whole = input.is_empty() && checksums.len() == blocks;
    is_whole.then_some(Footer { parameter, split, table, checksums, end })
}
