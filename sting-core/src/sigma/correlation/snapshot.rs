//! The state of a correlator as bytes: to go on after a restart.
//!
//! Layout, little endian: eight bytes of magic with the version, the id of the correlations, the time of the
//! last event, the counters as JSON, then each group from the one whose last event is the longest ago; at the
//! end sixteen bytes of BLAKE3 over all of it.

use super::CorrelationRule;
use super::config::{CorrelatorStats, frame};
use super::correlator::Correlator;
use super::group::{Group, Groups, values};
use super::window::{Entry, Rest, Window};
use crate::id::IdHasher;
use crate::{Error, Id};
use jiff::Timestamp;
use std::collections::{BTreeSet, VecDeque};

const MAGIC: &[u8; 8] = b"STCORR\0\x02";
const CHECK: usize = 16;

const TEXT: u8 = 1;
const FIRED: u8 = 2;

impl Correlator {
    /// The state as bytes, for [`Correlator::restore`]. They hold the values of the groups, but of the
    /// events only times, numbers and hashes.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(self.fingerprint().as_bytes());
        bytes.extend_from_slice(&self.now.to_le_bytes());
        // Numbers alone: this cannot fail.
        let stats = serde_json::to_vec(&self.stats()).unwrap_or_default();
        put(&mut bytes, &stats);
        for group in self.groups.iter() {
            put(&mut bytes, &group.key);
            put_count(&mut bytes, group.reported.len());
            for reported in &group.reported {
                bytes.extend_from_slice(&reported.to_le_bytes());
            }
            let rest = group.window.rest();
            bytes.push(rest.late_in_a_row);
            bytes.extend_from_slice(&rest.credit.to_le_bytes());
            put_count(&mut bytes, group.window.entries().len());
            group.window.entries().iter().for_each(|entry| put_entry(&mut bytes, entry));
            put_count(&mut bytes, rest.waiting.len());
            rest.waiting.iter().for_each(|entry| put_entry(&mut bytes, entry));
        }
        let check = blake3::hash(&bytes);
        bytes.extend_from_slice(&check.as_bytes()[..CHECK]);
        bytes
    }

    /// Goes on where [`Correlator::snapshot`] was taken, with the same correlations. The settings are those
    /// of this correlator; what is beyond its limits is given up and counted.
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are damaged, of another version, or of other correlations. The
    /// correlator is then as it was before.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (body, check) =
            bytes.split_at_checked(bytes.len().saturating_sub(CHECK)).ok_or_else(|| fault("is too short"))?;
        if !body.starts_with(&MAGIC[..6]) {
            return Err(fault("is none"));
        }
        if !body.starts_with(MAGIC) {
            return Err(Error::state(
                "correlator",
                "is of another version",
                "read it with the version that wrote it",
            ));
        }
        if blake3::hash(body).as_bytes()[..CHECK] != *check {
            return Err(fault("is damaged"));
        }
        let mut reader = Reader(&body[MAGIC.len()..]);
        if reader.take::<16>()? != *self.fingerprint().as_bytes() {
            let mend = "load the correlations that it was taken with";
            return Err(Error::state("correlator", "is of other correlations", mend));
        }
        let now = i64::from_le_bytes(reader.take()?);
        let stats: CorrelatorStats =
            serde_json::from_slice(reader.run()?).map_err(|_| fault("has no counters"))?;
        let mut groups = Groups::default();
        let (mut entries, mut waiting) = (0, 0);
        while !reader.0.is_empty() {
            let window = &self.read_group(&mut reader, &mut groups)?.window;
            entries += window.len();
            waiting += window.count_of_waiting();
        }
        (self.groups, self.now, self.stats) = (groups, now, CorrelatorStats { entries, waiting, ..stats });
        self.bound();
        Ok(())
    }

    fn read_group<'a>(&self, reader: &mut Reader<'_>, groups: &'a mut Groups) -> Result<&'a Group, Error> {
        let key = reader.run()?;
        let node = key.first_chunk().map(|node| u32::from_le_bytes(*node));
        let of_node = node.and_then(|node| Some((node, self.plan().nodes.get(node as usize)?)));
        let Some((node, of_node)) = of_node.filter(|_| values(key).is_some()) else {
            return Err(fault("has a group of no correlation"));
        };
        let rule = &self.rules()[of_node.rule];
        let mut reported = BTreeSet::new();
        for _ in 0..reader.count()? {
            reported.insert(i64::from_le_bytes(reader.take()?));
        }
        let [late_in_a_row] = reader.take()?;
        let credit = u64::from_le_bytes(reader.take()?);
        let entries = reader.entries(rule)?;
        let waiting: Vec<Entry> = reader.entries(rule)?.into();
        if let Some(last) = waiting.last()
            && entries.back().is_none_or(|newest| last.time >= newest.time)
        {
            return Err(fault("has a late event that is not late"));
        }
        let before = groups.len();
        let rest = Rest { waiting, credit, late_in_a_row };
        let frame = frame(rule, &self.config);
        let index = groups.touch(node, key, || Window::restore(&frame, entries, rest));
        if groups.len() == before {
            return Err(fault("has a group twice"));
        }
        let group = groups.get_mut(index).ok_or_else(|| fault("has a group twice"))?;
        group.reported = reported;
        Ok(group)
    }

    /// Everything about the correlations that decides what state means.
    fn fingerprint(&self) -> Id {
        let mut hasher = IdHasher::default();
        for node in &self.plan().nodes {
            let rule = &self.rules()[node.rule];
            hasher.field(rule.kind.as_str().as_bytes());
            hasher.field(rule.id.as_bytes());
            hasher.field(rule.title.as_bytes());
            hasher.number(rule.timespan.as_secs());
            for names in [&rule.rules, &rule.group_by, &rule.condition.fields] {
                hasher.number(names.len() as u64);
                for name in names {
                    hasher.field(name.as_bytes());
                }
            }
            hasher.field(format!("{:?} {:?}", rule.condition, rule.aliases).as_bytes());
        }
        hasher.finish()
    }
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend_from_slice(&(count as u32).to_le_bytes());
}

fn put(bytes: &mut Vec<u8>, run: &[u8]) {
    put_count(bytes, run.len());
    bytes.extend_from_slice(run);
}

fn put_entry(bytes: &mut Vec<u8>, entry: &Entry) {
    bytes.extend_from_slice(&entry.time.to_le_bytes());
    bytes.extend_from_slice(&entry.value.to_le_bytes());
    bytes.extend_from_slice(&entry.event.to_le_bytes());
    bytes.extend_from_slice(&entry.slot.to_le_bytes());
    bytes.push(if entry.is_text { TEXT } else { 0 } | if entry.fired { FIRED } else { 0 });
}

fn fault(problem: &str) -> Error {
    Error::state("correlator", problem, "begin without it, or with an older one")
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, rest) = self.0.split_first_chunk().ok_or_else(|| fault("is cut short"))?;
        self.0 = rest;
        Ok(*head)
    }

    fn count(&mut self) -> Result<usize, Error> {
        Ok(u32::from_le_bytes(self.take()?) as usize)
    }

    /// Events of a correlation, in the order of their times.
    fn entries(&mut self, rule: &CorrelationRule) -> Result<VecDeque<Entry>, Error> {
        let mut entries = VecDeque::new();
        for _ in 0..self.count()? {
            let time = i64::from_le_bytes(self.take()?);
            let value = u64::from_le_bytes(self.take()?);
            let event = u64::from_le_bytes(self.take()?);
            let slot = u16::from_le_bytes(self.take()?);
            let [flags] = self.take()?;
            let (is_text, fired) = (flags & TEXT != 0, flags & FIRED != 0);
            let entry = Entry { time, value, event, slot, is_text, fired };
            let is_in_order = entries.back().is_none_or(|last: &Entry| last.time <= time);
            let is_number = is_text || entry.number().is_finite();
            let is_time = Timestamp::from_microsecond(time).is_ok();
            if usize::from(slot) >= rule.rules.len() || !is_in_order || !is_number || !is_time {
                return Err(fault("has an impossible event"));
            }
            entries.push_back(entry);
        }
        Ok(entries)
    }

    fn run(&mut self) -> Result<&'a [u8], Error> {
        let len = self.count()?;
        let (head, rest) = self.0.split_at_checked(len).ok_or_else(|| fault("is cut short"))?;
        self.0 = rest;
        Ok(head)
    }
}
