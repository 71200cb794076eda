//! Events in, alerts out.

use super::Alert;
use super::CorrelationRule;
use super::config::{CorrelatorConfig, CorrelatorStats, frame, least};
use super::group::Groups;
use super::hit::{Hit, Scene};
use super::plan::Plan;
use super::tell::Teller;
use super::window::{Entry, Fired, Window};
use crate::Error;
use crate::event::Event;
use crate::sigma::RuleSet;
use jiff::Timestamp;
use std::collections::HashSet;

/// Holds correlations against a stream of events, in the time of the events.
///
/// An event costs about a microsecond where it matches, however many groups, events and distinct values are
/// held. Memory: 32 bytes for each event in a window and about 300 for each group, with the limits of
/// [`CorrelatorConfig`]. Groups are kept apart in time too: each has the clock of its own events, so that hosts
/// of which one is an hour behind do not disturb each other.
///
/// A late event is put in its place, and the windows that it belongs to are measured once more: at once, as
/// long as the group has had enough events in time to pay for that. A group whose events go on coming late by many others
/// cannot slow the stream down: its late events wait, and are counted together as soon as one pass over
/// them is paid for by the events of the group, when its last window is over, or by [`Correlator::flush`]. None is
/// lost by that, and [`CorrelatorStats::waiting`] says how many there are.
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

    /// Counts the late events that wait and returns the correlations that they complete: at the end of a
    /// stream, or when nothing may wait any longer. Takes a step for every event held by a group in which some wait.
    pub fn flush(&mut self) -> Vec<Alert> {
        let set = self.set.clone();
        let scene = Scene { event: None, plan: set.plan(), rules: set.correlations() };
        let (mut hits, mut alerts) = (Vec::new(), Vec::new());
        // What is found may be a late event of the next correlation, which then waits there.
        loop {
            let waiting = self.groups.waiting();
            if waiting.is_empty() {
                break;
            }
            for index in waiting {
                let Some(group) = self.groups.get_mut(index) else { continue };
                let frame = frame(scene.rule(group.node), &self.config);
                let stats = &mut self.stats;
                let (repeat, has_event) = (self.config.repeat, false);
                let mut teller =
                    Teller { scene, frame, repeat, stats, has_event, hits: &mut hits, alerts: &mut alerts };
                teller.settle(group, &mut self.fired);
            }
            self.correlate(scene, &mut hits, &mut alerts);
            hits.clear();
        }
        self.bound();
        self.stats.alerts += alerts.len() as u64;
        alerts
    }

    /// As [`Correlator::push`], at a time that the caller knows better.
    pub fn push_at(&mut self, event: &Event, time: Timestamp) -> Vec<Alert> {
        self.take(event, Some(time))
    }

    fn take(&mut self, event: &Event, time: Option<Timestamp>) -> Vec<Alert> {
        self.stats.events += 1;
        let set = self.set.clone();
        let scene = Scene { event: Some(event), plan: set.plan(), rules: set.correlations() };
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        self.detect.matching(event, |rule| {
            let feeds = scene.plan.detections[rule].1.iter();
            hits.extend(feeds.map(|&input| Hit { input, time: 0, below: None, has_event: true }));
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
            self.expire(scene, &mut hits, &mut alerts);
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
            // An event that matches several rules is one event, unless it is the rules that are counted.
            let is_once = end - at > 1 && !scene.rule(node).kind.is_temporal();
            let mut seen = HashSet::new();
            for index in at..end {
                let hit = hits[index].clone();
                if is_once {
                    scene.write_key(&hit, &mut self.key);
                    if !seen.insert((hit.time, self.key.clone())) {
                        continue;
                    }
                }
                self.count(scene, &hit, hits, alerts);
            }
            at = end;
        }
    }

    /// Counts a hit in its group.
    fn count(&mut self, scene: Scene<'_>, hit: &Hit, hits: &mut Vec<Hit>, alerts: &mut Vec<Alert>) {
        let rule = scene.rule(hit.input.node);
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
        let (stats, repeat, has_event) = (&mut self.stats, self.config.repeat, hit.has_event);
        let mut teller = Teller { scene, frame, repeat, stats, has_event, hits, alerts };
        if group.window.is_to_reset(&frame, hit.time) {
            teller.settle(group, &mut self.fired);
        }
        let event = teller.stats.events;
        let entry = Entry { time: hit.time, value, event, slot: hit.input.slot, is_text, fired: false };
        teller.push(group, entry, &mut self.fired);
        if group.window.is_affordable(&frame) {
            teller.settle(group, &mut self.fired);
        }
    }

    /// Lets go of groups whose last window is over, two at a time, so that no event has to wait.
    fn expire(&mut self, scene: Scene<'_>, hits: &mut Vec<Hit>, alerts: &mut Vec<Alert>) {
        for _ in 0..2 {
            let Some(oldest) = self.groups.oldest() else { return };
            let frame = frame(scene.rule(oldest.node), &self.config);
            let is_over =
                oldest.window.newest().is_none_or(|newest| newest < self.now - frame.span - frame.lateness);
            if !is_over {
                return;
            }
            if let Some(mut group) = self.groups.pop_oldest() {
                let (stats, repeat, has_event) = (&mut self.stats, self.config.repeat, false);
                let mut teller = Teller { scene, frame, repeat, stats, has_event, hits, alerts };
                teller.settle(&mut group, &mut self.fired);
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
            self.stats.waiting -= group.window.count_of_waiting();
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        self.set.plan()
    }

    pub(super) fn rules(&self) -> &[CorrelationRule] {
        self.set.correlations()
    }
}
