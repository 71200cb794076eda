//! The state of a collection at one moment. Readers hold one; writers make the next.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::row::{Batch, Row};
use crate::Error;
use crate::filter::Filter;
use crate::keyword::Statistics;
use crate::store::manifest::SegmentEntry;
use crate::store::merge::{Merge, Source};
use crate::store::segment::Segment;

/// So many segments of about one size become one of the next size.
const FANOUT: usize = 8;

/// The set of all rows of a segment.
pub(crate) fn all_rows(rows: u32) -> RoaringBitmap {
    let mut all = RoaringBitmap::new();
    all.insert_range(0..rows);
    all
}

/// A segment and which of its rows are alive.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) segment: Arc<Segment>,
    /// `None` if all rows are alive.
    pub(crate) live: Option<Arc<RoaringBitmap>>,
    /// Of the rows that are alive.
    pub(crate) statistics: Statistics,
    /// The file that holds the segment; `None` while only the log does.
    pub(crate) file: Option<SegmentEntry>,
    /// Whether it is being written to a file, and so must stay as it is but for rows that die.
    pub(crate) is_frozen: bool,
}

impl View {
    /// A segment in memory, all of whose rows are alive.
    pub(crate) fn new(segment: Segment) -> Result<Self, Error> {
        let statistics = Statistics::of(segment.flags.all()?, segment.postings.lengths.all()?);
        Ok(Self { segment: Arc::new(segment), live: None, statistics, file: None, is_frozen: false })
    }

    /// A segment in a file.
    pub(crate) fn in_file(segment: Arc<Segment>, file: SegmentEntry) -> Result<Self, Error> {
        let live = file.live.clone().map(Arc::new);
        let mut view =
            Self { segment, live, statistics: Statistics::default(), file: Some(file), is_frozen: false };
        view.statistics = match view.file.as_ref().and_then(|file| file.statistics) {
            Some(statistics) => statistics,
            None => match &view.live {
                Some(live) => view.statistics_of(live)?,
                None => view.statistics_of(&all_rows(view.segment.rows()))?,
            },
        };
        Ok(view)
    }

    pub(crate) fn live_rows(&self) -> u64 {
        self.live.as_ref().map_or(u64::from(self.segment.rows()), |live| live.len())
    }

    pub(crate) fn is_live(&self, row: u32) -> bool {
        self.live.as_ref().is_none_or(|live| live.contains(row))
    }

    /// The live rows that satisfy a filter; `None` for all rows of the segment.
    pub(crate) fn eligible(&self, filter: Option<&Filter>) -> Result<Option<RoaringBitmap>, Error> {
        Ok(match (filter, &self.live) {
            (None, None) => None,
            (None, Some(live)) => Some(RoaringBitmap::clone(live)),
            (Some(filter), None) => Some(self.segment.select(filter)?),
            (Some(filter), Some(live)) => Some(self.segment.select(filter)? & &**live),
        })
    }

    pub(crate) fn source(&self) -> Source {
        (Arc::clone(&self.segment), self.live.clone())
    }

    /// Whether its file should be written anew: much of it is dead, or something in it was damaged.
    pub(crate) fn is_worn(&self) -> bool {
        self.live_rows() * 10 < u64::from(self.segment.rows()) * 7 || self.segment.is_mended()
    }

    /// Lets rows die that are alive.
    pub(crate) fn without(&mut self, dead: &RoaringBitmap) -> Result<(), Error> {
        if dead.is_empty() {
            return Ok(());
        }
        self.statistics = self.statistics.without(self.statistics_of(dead)?);
        let live = match &self.live {
            Some(live) => &**live - dead,
            None => all_rows(self.segment.rows()) - dead,
        };
        self.live = Some(Arc::new(live));
        Ok(())
    }

    fn statistics_of(&self, rows: &RoaringBitmap) -> Result<Statistics, Error> {
        let mut statistics = Statistics::default();
        for row in rows {
            if self.segment.has_text(row)? {
                let words = self.segment.with_postings(|postings| postings.lengths.get(row as usize))?;
                statistics = statistics.with(1, u64::from(words));
            }
        }
        Ok(statistics)
    }
}

/// A collection at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// Oldest first; those in files before those in memory.
    pub(crate) views: Vec<View>,
    pub(crate) statistics: Statistics,
    /// Numbers in a vector, once known.
    pub(crate) dim: Option<usize>,
}

impl Snapshot {
    pub(crate) fn new(views: Vec<View>, dim: Option<usize>) -> Self {
        let statistics = views
            .iter()
            .fold(Statistics::default(), |sum, view| sum.with(view.statistics.texts, view.statistics.words));
        Self { views, statistics, dim }
    }

    /// Where a row is: the index of its view, and its row there.
    pub(crate) fn locate(&self, id: &str) -> Result<Option<(usize, u32)>, Error> {
        for (index, view) in self.views.iter().enumerate().rev() {
            if let Some(row) = view.segment.find(id)?
                && view.is_live(row)
            {
                return Ok(Some((index, row)));
            }
        }
        Ok(None)
    }

    /// Ids of the rows that satisfy a filter.
    pub(crate) fn ids(&self, filter: &Filter) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        for view in &self.views {
            for row in view.eligible(Some(filter))?.unwrap_or_default() {
                ids.push(view.segment.id(row)?);
            }
        }
        Ok(ids)
    }

    pub(crate) fn get(&self, id: &str) -> Result<Option<Row>, Error> {
        self.locate(id)?.map(|(view, row)| self.views[view].segment.row(row)).transpose()
    }

    /// The state after a batch.
    pub(crate) fn apply(&self, batch: &Batch) -> Result<Self, Error> {
        let mut dead = vec![RoaringBitmap::new(); self.views.len()];
        let mut remove = |id: &str| {
            let place = self.locate(id)?;
            if let Some((view, row)) = place {
                dead[view].insert(row);
            }
            Ok::<_, Error>(place)
        };
        for row in &batch.upserts {
            remove(&row.id)?;
        }
        for id in &batch.deletes {
            remove(id)?;
        }
        let mut updated = Vec::new();
        for (id, metadata) in &batch.updates {
            if let Some((view, row)) = remove(id)? {
                updated.push(Row { metadata: metadata.clone(), ..self.views[view].segment.row(row)? });
            }
        }
        let mut views = self.views.clone();
        for (view, dead) in views.iter_mut().zip(&dead) {
            view.without(dead)?;
        }
        views.retain(|view| view.file.is_some() || view.live_rows() > 0);
        let mut rows: Vec<&Row> = batch.upserts.iter().chain(&updated).collect();
        let mut dim = self.dim;
        if !rows.is_empty() {
            rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            let view = View::new(Segment::new(&rows))?;
            dim = dim.or((view.segment.dim > 0).then_some(view.segment.dim));
            views.push(view);
            merge_in_memory(&mut views)?;
        }
        Ok(Self::new(views, dim))
    }

    /// Files that should become one: many of one size, or one that is worn.
    pub(crate) fn mergeable(&self) -> Vec<View> {
        let in_files = self.views.iter().take_while(|view| view.file.is_some()).count();
        let files = &self.views[..in_files];
        if let Some(worn) = files.iter().find(|view| view.is_worn()) {
            return vec![worn.clone()];
        }
        similar(files, |_| true).map_or_else(Vec::new, |start| files[start..].to_vec())
    }

    pub(crate) fn in_memory(&self) -> Vec<View> {
        self.views.iter().filter(|view| view.file.is_none()).cloned().collect()
    }

    /// What has to be written anew so that nothing is left of rows that are dead.
    pub(crate) fn unclean(&self) -> Vec<View> {
        let is_unclean = |view: &&View| view.file.is_none() || view.live.is_some();
        self.views.iter().filter(is_unclean).cloned().collect()
    }
}

/// Keeps the number of segments in memory logarithmic.
fn merge_in_memory(views: &mut Vec<View>) -> Result<(), Error> {
    while let Some(similar) = similar(views, |view| view.file.is_none() && !view.is_frozen) {
        let sources = views[similar..].iter().map(View::source).collect();
        let merged = View::new(Merge::new(sources)?.segment()?)?;
        views.truncate(similar);
        views.push(merged);
    }
    Ok(())
}

/// Where the newest views start that are so many and so similar in size that they should be one.
fn similar(views: &[View], may_merge: impl Fn(&View) -> bool) -> Option<usize> {
    let class = |view: &View| view.live_rows().max(1).ilog(FANOUT as u64);
    let newest = class(views.last()?);
    let count = views.iter().rev().take_while(|view| may_merge(view) && class(view) <= newest).count();
    (count >= FANOUT).then(|| views.len() - count)
}
