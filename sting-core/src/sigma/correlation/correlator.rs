//! Events in, alerts out.

use super::Alert;
use super::CorrelationRule;
use super::config::{CorrelatorConfig, CorrelatorStats, Repeat, frame, least};
use super::group::Groups;
use super::hit::{Hit, Scene};
use super::plan::Plan;
use super::window::{Entry, Fired, Window};
use crate::Error;
use crate::event::Event;
use crate::sigma::RuleSet;
use jiff::Timestamp;
use std::sync::Arc;

/// Holds correlations against a stream of events, in the time of the events.
///
/// An event costs about a microsecond where it matches, however many groups, events and distinct values are
/// held. Memory: 32 bytes for each event in a window and about 300 for each group, with the limits of
/// [`CorrelatorConfig`]. Groups are kept apart in time too: each has the clock of its own events, so that hosts
/// of which one is an hour behind do not disturb each other.
///
/// ```
/// use sting_core::event::Event;
/// use sting_core::sigma::{CorrelatorConfig, RuleSet};
/// let yaml = r"
/// title: Login failed
/// name: failed
/// logsource: {category: auth}
/// detection: {s: {outcome: failure}, condition: s}
/// ---
/// title: Guessing passwords
/// level: high
/// correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 1m, condition: {gte: 3}}
/// ";
/// let rules = RuleSet::parse([("guess.yml".to_owned(), yaml.to_owned())]);
/// assert_eq!(rules.errors(), []);
/// let mut correlator = rules.correlator(CorrelatorConfig::default())?;
/// let mut alerts = Vec::new();
/// for second in 0..3 {
///     let json = format!(r#"{{"timestamp": {}, "outcome": "failure", "user": "ana"}}"#, 1_700_000_000 + second);
///     alerts.extend(correlator.push(&Event::from_json(json.as_bytes())?));
/// }
/// assert_eq!((alerts.len(), alerts[0].title.as_str(), alerts[0].value), (1, "Guessing passwords", 3.0));
/// assert_eq!(alerts[0].group, [("user".to_owned(), Some("ana".to_owned()))]);
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Correlator {
    pub(super) config: CorrelatorConfig,
    /// Where the correlations are.
    set: RuleSet,
    /// The detection rules that they refer to, in the order of the plan.
    detect: RuleSet,
    pub(super) groups: Groups,
    pub(super) stats: CorrelatorStats,
    /// Time of the last event.
    pub(super) now: i64,
    key: Vec<u8>,
    hits: Vec<Hit>,
    fired: Vec<Fired>,
}

impl RuleSet {
    /// Something that holds the correlations of the set against a stream.
    ///
    /// # Errors
    /// [`Error::Config`] if a limit is 0, or so low that a correlation of the set could never be met.
    pub fn correlator(&self, config: CorrelatorConfig) -> Result<Correlator, Error> {
        Correlator::new(self, config)
    }
}

impl Correlator {
    fn new(set: &RuleSet, config: CorrelatorConfig) -> Result<Self, Error> {
        let limits = [
            ("max_groups", config.max_groups),
            ("max_entries", config.max_entries),
            ("max_entries_per_group", config.max_entries_per_group),
        ];
        if let Some((name, _)) = limits.iter().find(|(_, limit)| *limit == 0) {
            return Err(Error::config(*name, "is 0", "allow at least 1"));
        }
        let room = config.max_entries.min(config.max_entries_per_group);
        for rule in set.plan().nodes.iter().map(|node| &set.correlations()[node.rule]) {
            if least(rule) > room as f64 {
                return Err(Error::config(
                    "max_entries_per_group",
                    format!(
                        "the condition of the correlation at {}:{} needs more than {room} events",
                        rule.path, rule.line
                    ),
                    "allow more entries a group and in all, or ask for less",
                ));
            }
        }
        let referred =
            set.plan().detections.iter().map(|(rule, _)| set.rules()[*rule as usize].clone()).collect();
        Ok(Self {
            config,
            set: set.clone(),
            detect: RuleSet::new(referred),
            groups: Groups::default(),
            stats: CorrelatorStats::default(),
            now: 0,
            key: Vec::new(),
            hits: Vec::new(),
            fired: Vec::new(),
        })
    }

    /// What it has done and holds.
    pub fn stats(&self) -> CorrelatorStats {
        let bytes = self.groups.bytes() + self.stats.entries * size_of::<Entry>();
        CorrelatorStats { groups: self.groups.len(), bytes, ..self.stats }
    }

    /// Takes an event in and returns the correlations that it completes. Its time is what it says of
    /// itself: see [`Event::timestamp`].
    pub fn push(&mut self, event: &Event) -> Vec<Alert> {
        self.take(event, None)
    }

    /// As [`Correlator::push`], at a time that the caller knows better.
    pub fn push_at(&mut self, event: &Event, time: Timestamp) -> Vec<Alert> {
        self.take(event, Some(time))
    }

    fn take(&mut self, event: &Event, time: Option<Timestamp>) -> Vec<Alert> {
        self.stats.events += 1;
        let set = self.set.clone();
        let scene = Scene { event, plan: set.plan(), rules: set.correlations() };
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        self.detect.matching(event, |rule| {
            let feeds = scene.plan.detections[rule].1.iter();
            hits.extend(feeds.map(|&input| Hit { input, time: 0, below: None }));
        });
        let mut alerts = Vec::new();
        if !hits.is_empty() {
            self.stats.matched += 1;
            if let Some(time) = time.or_else(|| event.timestamp()) {
                self.now = time.as_microsecond();
            } else {
                self.stats.untimed += 1;
            }
            for hit in &mut hits {
                hit.time = self.now;
            }
            self.expire(scene);
            self.correlate(scene, &mut hits, &mut alerts);
            self.bound();
        }
        self.hits = hits;
        self.stats.alerts += alerts.len() as u64;
        alerts
    }

    /// Counts the hits, correlation after correlation; what fires is a hit of later ones.
    fn correlate(&mut self, scene: Scene<'_>, hits: &mut Vec<Hit>, alerts: &mut Vec<Alert>) {
        let mut at = 0;
        while at < hits.len() {
            // Of one event the last rule comes first, so that no order is found within it.
            hits[at..].sort_by_key(|hit| (hit.input.node, std::cmp::Reverse(hit.input.slot)));
            let node = hits[at].input.node;
            let end = at + hits[at..].iter().take_while(|hit| hit.input.node == node).count();
            for index in at..end {
                if !self.is_counted(scene, &hits[at..=index]) {
                    let hit = hits[index].clone();
                    self.count(scene, &hit, hits, alerts);
                }
            }
            at = end;
        }
    }

    /// True if the last of some hits of one event is one with an earlier one: an event that matches several
    /// rules is one event, unless it is the rules that are counted.
    fn is_counted(&mut self, scene: Scene<'_>, hits: &[Hit]) -> bool {
        let Some((hit, before)) = hits.split_last() else { return true };
        if before.is_empty() || scene.rule(hit.input.node).kind.is_temporal() {
            return false;
        }
        let mut own = Vec::new();
        scene.write_key(hit, &mut own);
        before.iter().any(|other| {
            scene.write_key(other, &mut self.key);
            other.time == hit.time && self.key == own
        })
    }

    /// Counts a hit in its group.
    fn count(&mut self, scene: Scene<'_>, hit: &Hit, hits: &mut Vec<Hit>, alerts: &mut Vec<Alert>) {
        let (node, rule) = (scene.node(hit.input.node), scene.rule(hit.input.node));
        if !scene.write_key(hit, &mut self.key) {
            self.stats.ungrouped += 1;
            return;
        }
        let Some((value, is_text)) = scene.measured(hit) else {
            self.stats.without_value += 1;
            return;
        };
        let frame = frame(rule, &self.config);
        let index = self.groups.touch(hit.input.node, &self.key, || Window::new(rule));
        let Some(group) = self.groups.get_mut(index) else { return };
        let before = group.window.len();
        let event = self.stats.events;
        let entry = Entry { time: hit.time, value, event, slot: hit.input.slot, is_text, fired: false };
        self.fired.clear();
        let outcome = group.window.push(&frame, entry, &mut self.fired);
        self.stats.entries = self.stats.entries + group.window.len() - before;
        self.stats.too_late += u64::from(outcome.too_late);
        self.stats.clock_resets += u64::from(outcome.reset);
        self.stats.evicted_entries += outcome.evicted;

        for fired in &self.fired {
            let last = group.window.entries()[fired.end].time;
            let is_due = self.config.repeat == Repeat::Every
                || group.reported.is_none_or(|at| last.abs_diff(at) > frame.span.unsigned_abs());
            // An order asks when a condition held, a count how often it came to hold.
            for &input in &node.feeds {
                if is_due || scene.rule(input.node).kind.is_temporal() {
                    let below = Some((hit.input.node, Arc::clone(&group.key)));
                    hits.push(Hit { input, time: last, below });
                }
            }
            if !is_due {
                self.stats.repeated += 1;
                continue;
            }
            group.reported = Some(last);
            if node.is_reported {
                let tags = &scene.plan.tags[hit.input.node as usize];
                alerts.push(Alert::new(rule, tags, &group.key, &group.window, fired));
            }
        }
    }

    /// Lets go of groups whose last window is over, two at a time, so that no event has to wait.
    fn expire(&mut self, scene: Scene<'_>) {
        for _ in 0..2 {
            let Some(oldest) = self.groups.oldest() else { return };
            let frame = frame(scene.rule(oldest.node), &self.config);
            let is_over =
                oldest.window.newest().is_none_or(|newest| newest < self.now - frame.span - frame.lateness);
            if !is_over {
                return;
            }
            if let Some(group) = self.groups.pop_oldest() {
                self.stats.expired_groups += 1;
                self.stats.entries -= group.window.len();
            }
        }
    }

    /// Gives up what is beyond the limits, but not the group that has just had an event.
    pub(super) fn bound(&mut self) {
        while self.groups.len() > self.config.max_groups
            || (self.stats.entries > self.config.max_entries && self.groups.len() > 1)
        {
            let Some(group) = self.groups.pop_oldest() else { return };
            self.stats.evicted_groups += 1;
            self.stats.evicted_entries += group.window.len() as u64;
            self.stats.entries -= group.window.len();
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        self.set.plan()
    }

    pub(super) fn rules(&self) -> &[CorrelationRule] {
        self.set.correlations()
    }
}
