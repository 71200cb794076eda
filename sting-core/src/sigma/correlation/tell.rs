//! What a group has to say: alerts, and hits of the correlations that refer to its own.

use super::Alert;
use super::config::{CorrelatorStats, Repeat};
use super::group::Group;
use super::hit::{Hit, Scene};
use super::window::{Entry, Fired, Frame};
use std::sync::Arc;

/// Counts events in a group and passes on which of its windows fire.
pub(super) struct Teller<'a> {
    pub(super) scene: Scene<'a>,
    pub(super) frame: Frame<'a>,
    pub(super) repeat: Repeat,
    pub(super) stats: &'a mut CorrelatorStats,
    /// The event at hand is one of the group.
    pub(super) has_event: bool,
    pub(super) hits: &'a mut Vec<Hit>,
    pub(super) alerts: &'a mut Vec<Alert>,
}

impl Teller<'_> {
    /// Counts an event; one that is late waits to be settled.
    pub(super) fn push(&mut self, group: &mut Group, entry: Entry, fired: &mut Vec<Fired>) {
        fired.clear();
        let (before, waiting) = (group.window.len(), group.window.count_of_waiting());
        let outcome = group.window.push(&self.frame, entry, fired);
        let stats = &mut *self.stats;
        stats.entries = stats.entries + group.window.len() - before;
        stats.waiting = stats.waiting + group.window.count_of_waiting() - waiting;
        stats.late += u64::from(outcome.late);
        stats.too_late += u64::from(outcome.too_late);
        stats.clock_resets += u64::from(outcome.reset);
        stats.evicted_entries += outcome.evicted;
        stats.steps += outcome.steps;
        if outcome.reset {
            group.reported.clear();
        }
        self.tell(group, fired);
    }

    /// Counts the late events that wait.
    pub(super) fn settle(&mut self, group: &mut Group, fired: &mut Vec<Fired>) {
        fired.clear();
        self.stats.waiting -= group.window.count_of_waiting();
        self.stats.steps += group.window.settle(&self.frame, fired);
        self.tell(group, fired);
    }

    fn tell(&mut self, group: &mut Group, fired: &[Fired]) {
        let (scene, span) = (self.scene, self.frame.span);
        let node = scene.node(group.node);
        for fired in fired {
            let last = group.window.entries()[fired.end].time;
            let is_due = self.repeat == Repeat::Every
                || group.reported.range(last - span..=last + span).next().is_none();
            // An order asks when a condition held, a count how often it came to hold.
            for &input in &node.feeds {
                if is_due || scene.rule(input.node).kind.is_temporal() {
                    let below = Some((group.node, Arc::clone(&group.key)));
                    self.hits.push(Hit { input, time: last, below, has_event: self.has_event });
                }
            }
            if !is_due {
                self.stats.repeated += 1;
                continue;
            }
            group.reported.insert(last);
            let needed_from = group.window.kept_from(&self.frame).saturating_sub(span);
            while group.reported.first().is_some_and(|at| *at < needed_from) {
                group.reported.pop_first();
            }
            if node.is_reported {
                let tags = &scene.plan.tags[group.node as usize];
                self.alerts.push(Alert::new(self.frame.rule, tags, &group.key, &group.window, fired));
            }
        }
    }
}
