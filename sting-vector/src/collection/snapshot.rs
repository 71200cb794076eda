//! The state of a collection at one moment. Readers hold one; writers make the next.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::row::{Batch, Metadata, Row};
use crate::filter::Filter;
use crate::keyword::Statistics;
use crate::store::manifest::SegmentEntry;
use crate::store::segment::Segment;

/// So many segments in memory of about one size become one of the next size.
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
    /// The file that holds the segment; `None` while only the log does.
    pub(crate) file: Option<SegmentEntry>,
}

impl View {
    /// A segment in memory, all of whose rows are alive.
    pub(crate) fn new(segment: Segment) -> Self {
        Self { segment: Arc::new(segment), live: None, file: None }
    }

    pub(crate) fn live_rows(&self) -> u64 {
        self.live.as_ref().map_or(u64::from(self.segment.rows()), |live| live.len())
    }

    pub(crate) fn is_live(&self, row: u32) -> bool {
        self.live.as_ref().is_none_or(|live| live.contains(row))
    }

    /// The live rows that satisfy a filter; `None` for all rows of the segment.
    pub(crate) fn eligible(&self, filter: Option<&Filter>) -> Option<RoaringBitmap> {
        match (filter, &self.live) {
            (None, None) => None,
            (None, Some(live)) => Some(RoaringBitmap::clone(live)),
            (Some(filter), None) => Some(self.segment.select(filter)),
            (Some(filter), Some(live)) => Some(self.segment.select(filter) & &**live),
        }
    }

    fn is_mostly_live(&self) -> bool {
        self.live_rows() * 10 >= u64::from(self.segment.rows()) * 7
    }

    fn without(&mut self, dead: &RoaringBitmap) {
        let live = match &self.live {
            Some(live) => &**live - dead,
            None => all_rows(self.segment.rows()) - dead,
        };
        self.live = Some(Arc::new(live));
    }

    fn statistics_of(&self, rows: impl Iterator<Item = u32>) -> Statistics {
        let mut statistics = Statistics::default();
        for row in rows.filter(|&row| self.segment.has_text(row)) {
            statistics.texts += 1;
            statistics.words += u64::from(self.segment.postings.lengths[row as usize]);
        }
        statistics
    }

    fn statistics(&self) -> Statistics {
        match &self.live {
            Some(live) => self.statistics_of(live.iter()),
            None => self.statistics_of(0..self.segment.rows()),
        }
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
        let statistics = views.iter().map(View::statistics).fold(Statistics::default(), |sum, next| {
            Statistics { texts: sum.texts + next.texts, words: sum.words + next.words }
        });
        Self { views, statistics, dim }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.views.iter().map(View::live_rows).sum()
    }

    /// Where a row is: the index of its view, and its row there.
    pub(crate) fn locate(&self, id: &str) -> Option<(usize, u32)> {
        self.views.iter().enumerate().rev().find_map(|(index, view)| {
            let row = view.segment.find(id)?;
            view.is_live(row).then_some((index, row))
        })
    }

    /// Ids of the rows that satisfy a filter.
    pub(crate) fn ids(&self, filter: &Filter) -> Vec<String> {
        let rows = |view: &View| view.eligible(Some(filter)).unwrap_or_default();
        self.views.iter().flat_map(|view| rows(view).into_iter().map(|row| view.segment.id(row))).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Option<Row> {
        self.locate(id).map(|(view, row)| self.views[view].segment.row(row))
    }

    pub(crate) fn metadata(&self, id: &str) -> Option<Metadata> {
        self.locate(id).map(|(view, row)| self.views[view].segment.metadata(row))
    }

    /// The state after a batch.
    pub(crate) fn apply(&self, batch: Batch) -> Self {
        let Batch { mut upserts, updates, deletes } = batch;
        let mut dead = vec![RoaringBitmap::new(); self.views.len()];
        let mut remove = |id: &str| {
            let (view, row) = self.locate(id)?;
            dead[view].insert(row);
            Some((view, row))
        };
        for row in &upserts {
            remove(&row.id);
        }
        for id in &deletes {
            remove(id);
        }
        for (id, metadata) in updates {
            if let Some((view, row)) = remove(&id) {
                upserts.push(Row { metadata, ..self.views[view].segment.row(row) });
            }
        }

        let mut next = self.clone();
        for (view, dead) in next.views.iter_mut().zip(dead).filter(|(_, dead)| !dead.is_empty()) {
            let gone = view.statistics_of(dead.iter());
            next.statistics.texts -= gone.texts;
            next.statistics.words -= gone.words;
            view.without(&dead);
        }
        next.views.retain(|view| view.file.is_some() || view.live_rows() > 0);
        if !upserts.is_empty() {
            let mut rows: Vec<&Row> = upserts.iter().collect();
            rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            let view = View::new(Segment::new(&rows));
            let added = view.statistics();
            next.statistics.texts += added.texts;
            next.statistics.words += added.words;
            next.dim = next.dim.or((view.segment.dim > 0).then_some(view.segment.dim));
            next.views.push(view);
            next.merge_in_memory();
        }
        next
    }

    /// Keeps the number of segments in memory logarithmic.
    fn merge_in_memory(&mut self) {
        while let Some(similar) = similar(&self.views, |view| view.file.is_none()) {
            let merged = merge(&self.views[similar..]);
            self.views.truncate(similar);
            self.views.push(View::new(merged));
        }
    }

    /// This state with the segments in memory as one, so that it can be written to a file, and those
    /// in files merged where they are many of one size or have many dead rows.
    pub(crate) fn tidied(&self) -> Self {
        let in_files = self.views.iter().take_while(|view| view.file.is_some()).count();
        let (files, memory) = self.views.split_at(in_files);
        let mut views: Vec<View> = files
            .iter()
            .filter(|view| view.live_rows() > 0)
            .map(|view| {
                if view.is_mostly_live() {
                    view.clone()
                } else {
                    View::new(merge(std::slice::from_ref(view)))
                }
            })
            .collect();
        if !memory.is_empty() {
            views.push(View::new(merge(memory)));
        }
        while let Some(similar) = similar(&views, |_| true) {
            let merged = merge(&views[similar..]);
            views.truncate(similar);
            views.push(View::new(merged));
        }
        Self { views, ..self.clone() }
    }

    /// This state with nothing left of rows that are dead: what will be in its files is alive.
    pub(crate) fn without_dead(&self) -> Self {
        let (clean, rest): (Vec<View>, Vec<View>) =
            self.views.iter().cloned().partition(|view| view.file.is_some() && view.live.is_none());
        let merged = (!rest.is_empty()).then(|| View::new(merge(&rest)));
        let views = clean.into_iter().chain(merged.filter(|view| view.live_rows() > 0)).collect();
        Self { views, ..self.clone() }
    }

    /// This state as one segment without dead rows.
    pub(crate) fn compacted(&self) -> Self {
        let views = match &self.views[..] {
            [view] if view.live.is_none() => vec![view.clone()],
            views if self.rows() > 0 => vec![View::new(merge(views))],
            _ => Vec::new(),
        };
        Self { views, ..self.clone() }
    }
}

/// Where the newest views start that are so many and so similar in size that they should be one.
fn similar(views: &[View], may_merge: impl Fn(&View) -> bool) -> Option<usize> {
    let class = |view: &View| view.live_rows().max(1).ilog(FANOUT as u64);
    let newest = class(views.last()?);
    let count = views.iter().rev().take_while(|view| may_merge(view) && class(view) <= newest).count();
    (count >= FANOUT).then(|| views.len() - count)
}

/// One segment of the live rows of several.
pub(crate) fn merge(views: &[View]) -> Segment {
    let sources: Vec<_> = views.iter().map(|view| (&*view.segment, view.live.as_deref())).collect();
    Segment::merge(&sources)
}
