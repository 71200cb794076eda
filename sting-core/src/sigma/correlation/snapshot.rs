//! The state of a correlator as bytes: to go on after a restart.
//!
//! Layout, little endian: eight bytes of magic with the version, the id of the correlations, the time of the
//! last event, the counters as JSON, then each group from the one whose last event is the longest ago; at the
//! end sixteen bytes of BLAKE3 over all of it.

use super::config::{CorrelatorStats, frame};
use super::correlator::Correlator;
use super::group::{Groups, values};
use super::window::{Entry, Window};
use crate::id::IdHasher;
use crate::{Error, Id};
use std::collections::VecDeque;

const MAGIC: &[u8; 8] = b"STCORR\0\x01";
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
            bytes.extend_from_slice(&group.reported.unwrap_or(i64::MIN).to_le_bytes());
            bytes.push(group.window.late_in_a_row());
            bytes.extend_from_slice(&(group.window.len() as u32).to_le_bytes());
            for entry in group.window.entries() {
                bytes.extend_from_slice(&entry.time.to_le_bytes());
                bytes.extend_from_slice(&entry.value.to_le_bytes());
                bytes.extend_from_slice(&entry.event.to_le_bytes());
                bytes.extend_from_slice(&entry.slot.to_le_bytes());
                let flags = if entry.is_text { TEXT } else { 0 } | if entry.fired { FIRED } else { 0 };
                bytes.push(flags);
            }
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
        let mut entries = 0;
        while !reader.0.is_empty() {
            entries += self.read_group(&mut reader, &mut groups)?;
        }
        (self.groups, self.now, self.stats) = (groups, now, CorrelatorStats { entries, ..stats });
        self.bound();
        Ok(())
    }

    /// Reads one group and returns how many entries it has.
    fn read_group(&self, reader: &mut Reader<'_>, groups: &mut Groups) -> Result<usize, Error> {
        let key = reader.run()?;
        let node = key.first_chunk().map(|node| u32::from_le_bytes(*node));
        let of_node = node.and_then(|node| Some((node, self.plan().nodes.get(node as usize)?)));
        let Some((node, of_node)) = of_node.filter(|_| values(key).is_some()) else {
            return Err(fault("has a group of no correlation"));
        };
        let rule = &self.rules()[of_node.rule];
        let frame = frame(rule, &self.config);
        let reported = Some(i64::from_le_bytes(reader.take()?)).filter(|at| *at != i64::MIN);
        let [late_in_a_row] = reader.take()?;
        let len = u32::from_le_bytes(reader.take()?) as usize;
        let mut entries = VecDeque::new();
        for _ in 0..len {
            let time = i64::from_le_bytes(reader.take()?);
            let value = u64::from_le_bytes(reader.take()?);
            let event = u64::from_le_bytes(reader.take()?);
            let slot = u16::from_le_bytes(reader.take()?);
            let [flags] = reader.take()?;
            let (is_text, fired) = (flags & TEXT != 0, flags & FIRED != 0);
            let entry = Entry { time, value, event, slot, is_text, fired };
            let is_in_order = entries.back().is_none_or(|last: &Entry| last.time <= time);
            let is_number = is_text || entry.number().is_finite();
            if usize::from(slot) >= rule.rules.len() || !is_in_order || !is_number {
                return Err(fault("has an impossible event"));
            }
            entries.push_back(entry);
        }
        let count = entries.len();
        let index = groups.touch(node, key, || Window::restore(&frame, entries, late_in_a_row));
        match groups.get_mut(index) {
            Some(group) if group.window.len() == count => group.reported = reported,
            _ => return Err(fault("has a group twice")),
        }
        Ok(count)
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

fn put(bytes: &mut Vec<u8>, run: &[u8]) {
    bytes.extend_from_slice(&(run.len() as u32).to_le_bytes());
    bytes.extend_from_slice(run);
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

    fn run(&mut self) -> Result<&'a [u8], Error> {
        let len = u32::from_le_bytes(self.take()?) as usize;
        let (head, rest) = self.0.split_at_checked(len).ok_or_else(|| fault("is cut short"))?;
        self.0 = rest;
        Ok(head)
    }
}
