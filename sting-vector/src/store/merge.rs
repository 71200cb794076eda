//! The live rows of several segments as one, in memory or in a file.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::buffer::{Buffer, Strings, StringsBuilder};
use super::segment::{HAS_VECTOR, Segment};
use crate::Error;
use crate::keyword::{GONE, Postings};

/// A segment that takes part, and which of its rows are alive; `None` for all.
pub(crate) type Source = (Arc<Segment>, Option<Arc<RoaringBitmap>>);

/// The plan of a merge.
#[derive(Debug)]
pub(crate) struct Merge {
    sources: Vec<Source>,
    /// Source and row there of each row of the whole, in order of ids.
    order: Vec<(u32, u32)>,
    /// For each row of each source, its row in the whole, or [`GONE`].
    pub(crate) targets: Vec<Vec<u32>>,
    pub(crate) dim: usize,
    /// In place of a vector that is not there.
    zeros: Vec<f32>,
}

impl Merge {
    /// Plans. No id may be alive in two of the segments.
    pub(crate) fn new(sources: Vec<Source>) -> Result<Self, Error> {
        let mut order: Vec<(&[u8], u32, u32)> = Vec::new();
        for (index, (segment, live)) in (0..).zip(&sources) {
            let mut push = |row: u32| {
                order.push((segment.ids.get(row as usize)?, index, row));
                Ok::<_, Error>(())
            };
            match live {
                Some(live) => live.iter().try_for_each(&mut push),
                None => (0..segment.rows()).try_for_each(&mut push),
            }?;
        }
        // A stable sort finds the sorted runs and merges them.
        order.sort_by(|a, b| a.0.cmp(b.0));
        let order: Vec<(u32, u32)> = order.into_iter().map(|(_, index, row)| (index, row)).collect();
        let mut targets: Vec<Vec<u32>> =
            sources.iter().map(|(segment, _)| vec![GONE; segment.rows() as usize]).collect();
        for (target, &(index, row)) in (0..).zip(&order) {
            targets[index as usize][row as usize] = target;
        }
        let dim = sources.iter().map(|(segment, _)| segment.dim).max().unwrap_or(0);
        Ok(Self { sources, order, targets, dim, zeros: vec![0.0; dim] })
    }

    pub(crate) fn rows(&self) -> usize {
        self.order.len()
    }

    /// The rows in order: their segments, and their places there.
    fn each(&self) -> impl Iterator<Item = (&Segment, usize)> {
        self.order.iter().map(|&(index, row)| (&*self.sources[index as usize].0, row as usize))
    }

    /// One of the columns of strings.
    pub(crate) fn strings(
        &self,
        column: fn(&Segment) -> &Strings,
    ) -> impl Iterator<Item = Result<&[u8], Error>> {
        self.each().map(move |(segment, row)| column(segment).get(row))
    }

    pub(crate) fn flags(&self) -> Result<Vec<u8>, Error> {
        self.each().map(|(segment, row)| segment.flags.get(row)).collect()
    }

    /// The vector of each row, with its scale; zeros for rows without one. Nothing if no row has one.
    pub(crate) fn vectors(&self) -> impl Iterator<Item = Result<(&[f32], f32), Error>> {
        let rows = self.each().map(move |(segment, row)| {
            let at = row * segment.dim;
            if segment.flags.get(row)? & HAS_VECTOR == 0 {
                return Ok((&self.zeros[..], 0.0));
            }
            Ok((segment.vectors.slice(at..at + segment.dim)?, segment.scales.get(row)?))
        });
        rows.take(if self.dim > 0 { usize::MAX } else { 0 })
    }

    pub(crate) fn postings(&self) -> Result<Postings, Error> {
        let intact = |(segment, _): &Source| segment.with_postings(Postings::check);
        self.sources.iter().try_for_each(intact)?;
        let sources = self.sources.iter().zip(&self.targets);
        let sources: Vec<_> = sources
            .map(|((segment, _), targets)| Ok((segment.with_postings(Ok)?, &targets[..])))
            .collect::<Result<_, Error>>()?;
        Postings::merge(&sources, self.rows())
    }

    /// The whole in memory.
    pub(crate) fn segment(&self) -> Result<Segment, Error> {
        let strings = |column: fn(&Segment) -> &Strings| {
            let mut builder = StringsBuilder::default();
            self.strings(column).try_for_each(|string| string.map(|string| builder.push(string)))?;
            Ok::<_, Error>(builder.finish())
        };
        let (mut vectors, mut scales) = (Vec::with_capacity(self.rows() * self.dim), Vec::new());
        for vector in self.vectors() {
            let (vector, scale) = vector?;
            vectors.extend_from_slice(vector);
            scales.push(scale);
        }
        Ok(Segment {
            ids: strings(|segment| &segment.ids)?,
            texts: strings(|segment| &segment.texts)?,
            metadata: strings(|segment| &segment.metadata)?,
            flags: Buffer::from(self.flags()?),
            dim: self.dim,
            vectors: vectors.into(),
            scales: scales.into(),
            postings: self.postings()?,
            ..Segment::default()
        })
    }
}
