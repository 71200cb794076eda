//! The events of one group in the order of their times, and the windows that end with each of them.
//!
//! An event that is newer than all others is measured at once. One that comes late belongs to windows that
//! were measured without it, and to go through them again costs as many steps as there are events in them. So
//! that nobody can make this cost more than a few steps an event, every event earns its group some credit; late
//! ones wait until the credit pays for one pass over the windows of all that wait. Where few events are late
//! or none is by much, the credit always suffices, and they are measured at once.

use super::CorrelationRule;
use super::aggregate::Aggregate;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

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
    /// Steps of late events that an event pays for.
    pub(super) credit: u64,
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
    /// It came later than a newer one.
    pub(super) late: bool,
    /// It came too late to be counted.
    pub(super) too_late: bool,
    /// Time went back for good, and the window began anew with this event.
    pub(super) reset: bool,
    /// Entries that had to go because the window was full.
    pub(super) evicted: u64,
    /// Entries that were added to the measure or taken out of it.
    pub(super) steps: u64,
}

/// So many events in a row that are too late are the new present.
const RESET_AFTER: u8 = 4;

/// An event that waits for its place. The earliest is the greatest, so that it is the first of a heap.
#[derive(Clone, Debug)]
struct Late(Entry);

impl Late {
    /// The order in which entries stand: of one event the last rule comes first.
    fn order(&self) -> impl Ord + use<> {
        let Entry { time, value, event, slot, is_text, fired } = self.0;
        (time, event, Reverse(slot), value, is_text, fired)
    }
}

impl Ord for Late {
    fn cmp(&self, other: &Self) -> Ordering {
        other.order().cmp(&self.order())
    }
}

impl PartialOrd for Late {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Late {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Late {}

#[derive(Clone, Debug)]
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// Late events that are in no window yet.
    waiting: BinaryHeap<Late>,
    /// The first entry of the window that ends with the newest one. Those before it wait for latecomers.
    start: usize,
    /// The measure of that window.
    aggregate: Aggregate,
    /// Steps that late events may cost.
    credit: u64,
    late_in_a_row: u8,
}

/// The way back to the window that ends with the first of the late events that wait.
struct Way {
    /// Where that window begins.
    begin: usize,
    /// Where the event belongs.
    place: usize,
    /// The measure is led back to it, instead of being taken anew.
    is_led_back: bool,
    /// Entries to add or take out until the newest window is measured again.
    steps: u64,
}

impl Window {
    pub(super) fn new(rule: &CorrelationRule) -> Self {
        Self {
            entries: VecDeque::new(),
            waiting: BinaryHeap::new(),
            start: 0,
            aggregate: Aggregate::new(rule),
            credit: 0,
            late_in_a_row: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.waiting.len()
    }

    pub(super) fn newest(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.time)
    }

    /// Those that are in their place.
    pub(super) fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    pub(super) fn count_of_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// True if an event of this time is the last of so many that the window is to begin anew with it.
    pub(super) fn is_to_reset(&self, frame: &Frame<'_>, time: i64) -> bool {
        self.late_in_a_row >= RESET_AFTER - 1 && self.is_too_late(frame, time)
    }

    fn is_too_late(&self, frame: &Frame<'_>, time: i64) -> bool {
        self.newest().is_some_and(|newest| time < newest - frame.span - frame.lateness)
    }

    /// Takes an event in; `fired` receives the window that ends with it if its condition holds. An event
    /// that is late waits for [`Window::settle`].
    pub(super) fn push(&mut self, frame: &Frame<'_>, entry: Entry, fired: &mut Vec<Fired>) -> Outcome {
        let mut outcome = Outcome::default();
        if self.is_too_late(frame, entry.time) {
            if !self.is_to_reset(frame, entry.time) {
                self.late_in_a_row += 1;
                outcome.too_late = true;
                return outcome;
            }
            *self = Self::new(frame.rule);
            outcome.reset = true;
        }
        self.late_in_a_row = 0;
        if self.len() >= frame.max_entries {
            outcome.evicted = 1;
            self.drop_oldest();
        }
        if self.newest().is_none_or(|newest| entry.time >= newest) {
            outcome.steps = self.append(frame, entry);
            self.let_go(frame);
            outcome.steps += self.refresh(frame.rule);
            self.measure_newest(frame, fired);
        } else {
            outcome.late = true;
            self.waiting.push(Late(entry));
        }
        // What is saved up pays for a few passes over all entries, and for no more.
        let most = frame.credit.saturating_mul(self.len() as u64);
        self.credit = self.credit.saturating_add(frame.credit).min(most);
        outcome
    }

    /// True if late events wait and their group has earned what it takes to measure them.
    pub(super) fn is_affordable(&self, frame: &Frame<'_>) -> bool {
        self.way(frame).is_some_and(|way| way.steps <= self.credit)
    }

    /// Puts the late events that wait in their places and measures every window that they belong to; `fired`
    /// receives those whose condition now holds and did not before. Returns how many steps that took.
    pub(super) fn settle(&mut self, frame: &Frame<'_>, fired: &mut Vec<Fired>) -> u64 {
        let Some(Way { begin, place, is_led_back, .. }) = self.way(frame) else { return 0 };
        let Self { entries, aggregate, start, .. } = self;
        let mut steps = if is_led_back {
            entries.range(place..).for_each(|entry| aggregate.remove(entry));
            entries.range(begin..*start).for_each(|entry| aggregate.add(entry));
            entries.len() - place + *start - begin
        } else {
            *aggregate = Aggregate::new(frame.rule);
            entries.range(begin..place).for_each(|entry| aggregate.add(entry));
            place - begin
        } as u64;
        *start = begin;

        let mut later = entries.split_off(place).into_iter().peekable();
        // Windows that end after this hold none of the late events that are in their places by then.
        let mut until = i64::MIN;
        loop {
            let is_late = self
                .waiting
                .peek()
                .is_some_and(|late| later.peek().is_none_or(|entry| late.0.time < entry.time));
            let next = if is_late { self.waiting.pop().map(|late| late.0) } else { later.next() };
            let Some(entry) = next else { break };
            if is_late {
                until = entry.time + frame.span;
            }
            let is_measured = entry.time <= until && !entry.fired;
            steps += self.append(frame, entry);
            if is_measured {
                self.measure_newest(frame, fired);
            }
        }
        self.credit = self.credit.saturating_sub(steps);
        steps + self.refresh(frame.rule)
    }

    fn way(&self, frame: &Frame<'_>) -> Option<Way> {
        let first = self.waiting.peek()?.0.time;
        let place = self.entries.partition_point(|entry| entry.time <= first);
        let begin = self.entries.partition_point(|entry| entry.time < first - frame.span);
        let (inside, later, moved) = (place - begin, self.entries.len() - place, self.start - begin);
        let is_led_back = self.aggregate.is_reversible() && later + moved < inside;
        let back = if is_led_back { later + moved } else { inside };
        let forth = later + moved + self.waiting.len();
        Some(Way { begin, place, is_led_back, steps: (back + forth) as u64 })
    }

    /// Moves the window on, so that it ends with an event that is not older than those in it. Returns how
    /// many steps that took.
    fn append(&mut self, frame: &Frame<'_>, entry: Entry) -> u64 {
        let (from, before) = (entry.time - frame.span, self.start);
        self.aggregate.add(&entry);
        while let Some(left) = self.entries.get(self.start).filter(|left| left.time < from) {
            self.aggregate.remove(left);
            self.start += 1;
        }
        self.entries.push_back(entry);
        1 + (self.start - before) as u64
    }

    fn measure_newest(&mut self, frame: &Frame<'_>, fired: &mut Vec<Fired>) {
        let end = self.entries.len().saturating_sub(1);
        let Some(newest) = self.entries.back_mut() else { return };
        let measure = self.aggregate.measure(newest, newest.time - frame.span);
        if let Some(measure) = measure.filter(|measure| frame.rule.condition.holds(*measure)) {
            newest.fired = true;
            fired.push(Fired { begin: self.start, end, measure });
        }
    }

    /// The time before which nothing is kept: nobody may come late enough to need it, and nobody who waits does.
    pub(super) fn kept_from(&self, frame: &Frame<'_>) -> i64 {
        let of_newest = self.newest().unwrap_or(i64::MAX).saturating_sub(frame.span + frame.lateness);
        self.waiting.peek().map_or(of_newest, |late| of_newest.min(late.0.time - frame.span))
    }

    fn let_go(&mut self, frame: &Frame<'_>) {
        let from = self.kept_from(frame);
        while self.start > 0 && self.entries[0].time < from {
            self.entries.pop_front();
            self.start -= 1;
        }
        if self.entries.capacity() > 64 && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.capacity() / 2);
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.entries.front().map_or(i64::MAX, |entry| entry.time);
        if self.waiting.peek().is_some_and(|late| late.0.time < oldest) {
            self.waiting.pop();
        } else if let Some(oldest) = self.entries.pop_front() {
            if self.start > 0 {
                self.start -= 1;
            } else {
                self.aggregate.remove(&oldest);
            }
        }
    }

    /// Computes a sum anew that is due for it. Returns how many steps that took.
    fn refresh(&mut self, rule: &CorrelationRule) -> u64 {
        if !self.aggregate.is_worn(self.entries.len()) {
            return 0;
        }
        self.recompute(rule);
        (self.entries.len() - self.start) as u64
    }

    fn recompute(&mut self, rule: &CorrelationRule) {
        self.aggregate = Aggregate::new(rule);
        for entry in self.entries.range(self.start..) {
            self.aggregate.add(entry);
        }
    }

    /// The state beside the entries: those that wait, from the earliest, what late events may cost, and how many
    /// in a row were too late.
    pub(super) fn rest(&self) -> Rest {
        let mut waiting: Vec<Late> = self.waiting.iter().cloned().collect();
        waiting.sort_unstable_by(|left, right| right.cmp(left));
        let waiting = waiting.into_iter().map(|late| late.0).collect();
        Rest { waiting, credit: self.credit, late_in_a_row: self.late_in_a_row }
    }

    /// A window of entries in the order of their times. Those that wait have to be older than the newest.
    pub(super) fn restore(frame: &Frame<'_>, entries: VecDeque<Entry>, rest: Rest) -> Self {
        let from = entries.back().map_or(0, |newest| newest.time - frame.span);
        let start = entries.partition_point(|entry| entry.time < from);
        let mut window = Self {
            entries,
            waiting: rest.waiting.into_iter().map(Late).collect(),
            start,
            aggregate: Aggregate::new(frame.rule),
            credit: rest.credit,
            late_in_a_row: rest.late_in_a_row,
        };
        window.recompute(frame.rule);
        window
    }
}

/// What a window holds beside its entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    pub(super) waiting: Vec<Entry>,
    pub(super) credit: u64,
    pub(super) late_in_a_row: u8,
}
