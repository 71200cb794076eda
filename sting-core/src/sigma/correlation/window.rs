//! The events of one group in the order of their times, and the windows that end with each of them.

use super::CorrelationRule;
use super::aggregate::Aggregate;
use std::collections::VecDeque;

/// What is kept of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Microseconds since 1970.
    pub(super) time: i64,
    /// The bits of a number, or the hash of a text.
    pub(super) value: u64,
    /// Number of the event.
    pub(super) event: u64,
    /// Which of the correlation's rules it matched.
    pub(super) slot: u16,
    pub(super) is_text: bool,
    /// The condition held for the window that ends with it.
    pub(super) fired: bool,
}

impl Entry {
    pub(super) fn number(&self) -> f64 {
        f64::from_bits(self.value)
    }
}

/// What a window needs to know of its correlation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) rule: &'a CorrelationRule,
    /// Length of a window in microseconds.
    pub(super) span: i64,
    /// For how much longer events are kept, for those that come late.
    pub(super) lateness: i64,
    pub(super) max_entries: usize,
}

/// A window whose condition holds: it ends with the entry at `end` and begins with that at `begin`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fired {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) measure: f64,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// It came too late to be counted.
    pub(super) too_late: bool,
    /// Time went back for good, and the window began anew with this event.
    pub(super) reset: bool,
    /// Entries that had to go because the window was full.
    pub(super) evicted: u64,
}

/// So many events in a row that are too late are the new present.
const RESET_AFTER: u8 = 4;

#[derive(Clone, Debug)]
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// The first entry of the window that ends with the newest one. Those before it wait for latecomers.
    start: usize,
    /// The measure of that window.
    aggregate: Aggregate,
    late_in_a_row: u8,
}

impl Window {
    pub(super) fn new(rule: &CorrelationRule) -> Self {
        Self { entries: VecDeque::new(), start: 0, aggregate: Aggregate::new(rule), late_in_a_row: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn newest(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.time)
    }

    pub(super) fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// Takes an event in; `fired` receives the windows whose condition now holds and did not before.
    pub(super) fn push(&mut self, frame: &Frame<'_>, entry: Entry, fired: &mut Vec<Fired>) -> Outcome {
        let mut outcome = Outcome::default();
        let newest = self.newest().unwrap_or(entry.time);
        if entry.time < newest - frame.span - frame.lateness {
            self.late_in_a_row += 1;
            if self.late_in_a_row < RESET_AFTER {
                outcome.too_late = true;
                return outcome;
            }
            *self = Self::new(frame.rule);
            outcome.reset = true;
        }
        self.late_in_a_row = 0;
        if self.entries.len() >= frame.max_entries {
            outcome.evicted = 1;
            self.drop_oldest();
        }
        if entry.time >= newest || self.entries.is_empty() {
            self.push_newest(frame, entry, fired);
        } else {
            self.insert_late(frame, entry, fired);
        }
        outcome
    }

    fn push_newest(&mut self, frame: &Frame<'_>, entry: Entry, fired: &mut Vec<Fired>) {
        let from = entry.time - frame.span;
        self.aggregate.add(&entry);
        while let Some(left) = self.entries.get(self.start).filter(|left| left.time < from) {
            self.aggregate.remove(left);
            self.start += 1;
        }
        self.entries.push_back(entry);
        let kept_from = from - frame.lateness;
        while self.start > 0 && self.entries[0].time < kept_from {
            self.entries.pop_front();
            self.start -= 1;
        }
        if self.entries.capacity() > 64 && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.capacity() / 2);
        }
        if self.aggregate.is_worn(self.entries.len()) {
            self.recompute(frame.rule);
        }
        let end = self.entries.len() - 1;
        let newest = &mut self.entries[end];
        if let Some(measure) =
            self.aggregate.measure(newest, from).filter(|it| frame.rule.condition.holds(*it))
        {
            newest.fired = true;
            fired.push(Fired { begin: self.start, end, measure });
        }
    }

    /// Measures every window that an event which comes late belongs to: back from the newest window to the
    /// one that ends with it, and forth again, so that little disorder costs little.
    fn insert_late(&mut self, frame: &Frame<'_>, entry: Entry, fired: &mut Vec<Fired>) {
        let (time, place) = (entry.time, self.entries.partition_point(|other| other.time <= entry.time));
        if self.newest().is_some_and(|newest| time >= newest - frame.span) {
            self.aggregate.add(&entry);
        } else {
            self.start += 1;
        }
        self.entries.insert(place, entry);

        let Self { entries, aggregate, start, .. } = self;
        let (mut begin, mut end) = (*start, entries.len() - 1);
        if aggregate.is_reversible() {
            while end > place {
                aggregate.remove(&entries[end]);
                end -= 1;
                while begin > 0 && entries[begin - 1].time >= entries[end].time - frame.span {
                    begin -= 1;
                    aggregate.add(&entries[begin]);
                }
            }
        } else {
            *aggregate = Aggregate::new(frame.rule);
            begin = entries.partition_point(|other| other.time < time - frame.span);
            end = place;
            entries.range(begin..=end).for_each(|other| aggregate.add(other));
        }
        loop {
            let last = &mut entries[end];
            if !last.fired
                && last.time <= time + frame.span
                && let Some(measure) = aggregate.measure(last, last.time - frame.span)
                && frame.rule.condition.holds(measure)
            {
                last.fired = true;
                fired.push(Fired { begin, end, measure });
            }
            end += 1;
            let Some(next) = entries.get(end) else { break };
            aggregate.add(next);
            let from = next.time - frame.span;
            while entries[begin].time < from {
                aggregate.remove(&entries[begin]);
                begin += 1;
            }
        }
        if self.aggregate.is_worn(self.entries.len()) {
            self.recompute(frame.rule);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            if self.start > 0 {
                self.start -= 1;
            } else {
                self.aggregate.remove(&oldest);
            }
        }
    }

    fn recompute(&mut self, rule: &CorrelationRule) {
        self.aggregate = Aggregate::new(rule);
        for entry in self.entries.range(self.start..) {
            self.aggregate.add(entry);
        }
    }

    /// A window of entries in the order of their times.
    pub(super) fn restore(frame: &Frame<'_>, entries: VecDeque<Entry>, late_in_a_row: u8) -> Self {
        let from = entries.back().map_or(0, |newest| newest.time - frame.span);
        let start = entries.partition_point(|entry| entry.time < from);
        let mut window = Self { entries, start, aggregate: Aggregate::new(frame.rule), late_in_a_row };
        window.recompute(frame.rule);
        window
    }

    pub(super) fn late_in_a_row(&self) -> u8 {
        self.late_in_a_row
    }
}
