//! The groups of all correlations: found by their key, and given up when there are too many.

use super::window::Window;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Longest value of a field in a key. Of a longer one its beginning and its hash stand there.
const MAX_VALUE: usize = 256;

const NONE: u32 = u32::MAX;

/// One group of one correlation.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) node: u32,
    pub(super) key: Arc<[u8]>,
    pub(super) window: Window,
    /// The ends of the windows that were reported, as far back as windows can still be found.
    pub(super) reported: BTreeSet<i64>,
    /// Neighbours in the order of their last events.
    newer: u32,
    older: u32,
}

/// All groups, with the order in which they had their last events.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    by_key: HashMap<Arc<[u8]>, u32>,
    slots: Vec<Option<Group>>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    /// Bytes of keys.
    key_bytes: usize,
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            key_bytes: 0,
        }
    }
}

impl Groups {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Estimated bytes that groups take, without their entries.
    pub(super) fn bytes(&self) -> usize {
        // A key is there once, with two counts before it.
        self.slots.capacity() * size_of::<Option<Group>>() + self.by_key.capacity() * 25 + self.key_bytes
    }

    pub(super) fn get(&self, index: u32) -> Option<&Group> {
        self.slots.get(index as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Group> {
        self.slots.get_mut(index as usize)?.as_mut()
    }

    /// The group of a key, made by `window` if it is new, as the one that had an event last.
    pub(super) fn touch(&mut self, node: u32, key: &[u8], window: impl FnOnce() -> Window) -> u32 {
        if let Some(&index) = self.by_key.get(key) {
            if self.newest != index {
                self.unlink(index);
                self.link(index);
            }
            return index;
        }
        let key: Arc<[u8]> = key.into();
        self.key_bytes += key.len() + 16;
        let group = Group {
            node,
            key: Arc::clone(&key),
            window: window(),
            reported: BTreeSet::new(),
            newer: NONE,
            older: NONE,
        };
        let index = if let Some(index) = self.free.pop() {
            self.slots[index as usize] = Some(group);
            index
        } else {
            self.slots.push(Some(group));
            self.slots.len() as u32 - 1
        };
        self.by_key.insert(key, index);
        self.link(index);
        index
    }

    /// The group whose last event is the longest ago.
    pub(super) fn oldest(&self) -> Option<&Group> {
        self.get(self.oldest)
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Group> {
        let index = self.oldest;
        self.get(index)?;
        self.unlink(index);
        let group = self.slots[index as usize].take()?;
        self.by_key.remove(&group.key);
        self.key_bytes -= group.key.len() + 16;
        self.free.push(index);
        Some(group)
    }

    /// From the one whose last event is the longest ago.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Group> {
        std::iter::successors(self.oldest(), |group| self.get(group.newer))
    }

    /// Those in which late events wait, in the same order.
    pub(super) fn waiting(&self) -> Vec<u32> {
        let mut indices = Vec::new();
        let mut next = self.oldest;
        while let Some(group) = self.get(next) {
            if group.window.count_of_waiting() > 0 {
                indices.push(next);
            }
            next = group.newer;
        }
        indices
    }

    fn unlink(&mut self, index: u32) {
        let Some(group) = self.get(index) else { return };
        let (newer, older) = (group.newer, group.older);
        match self.get_mut(newer) {
            Some(group) => group.older = older,
            None => self.newest = older,
        }
        match self.get_mut(older) {
            Some(group) => group.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link(&mut self, index: u32) {
        let before = self.newest;
        if let Some(group) = self.get_mut(index) {
            (group.newer, group.older) = (NONE, before);
        }
        match self.get_mut(before) {
            Some(group) => group.newer = index,
            None => self.oldest = index,
        }
        self.newest = index;
    }
}

/// Begins the key of a group.
pub(super) fn begin_key(key: &mut Vec<u8>, node: u32) {
    key.clear();
    key.extend_from_slice(&node.to_le_bytes());
}

/// Adds the value of a field to a key, so that no two lists of values have the same key.
pub(super) fn push_value(key: &mut Vec<u8>, value: Option<&str>) {
    let Some(value) = value else {
        key.push(0);
        return;
    };
    if value.len() <= MAX_VALUE {
        key.push(1);
        key.extend_from_slice(&(value.len() as u16).to_le_bytes());
        key.extend_from_slice(value.as_bytes());
    } else {
        let head = &value[..value.floor_char_boundary(MAX_VALUE)];
        key.push(2);
        key.extend_from_slice(&(head.len() as u16).to_le_bytes());
        key.extend_from_slice(head.as_bytes());
        key.extend_from_slice(&blake3::hash(value.as_bytes()).as_bytes()[..16]);
    }
}

/// The values in a key; of a long one its beginning and three dots. `None` if it is no key.
pub(super) fn values(key: &[u8]) -> Option<Vec<Option<String>>> {
    let mut rest = key.get(4..)?;
    let mut values = Vec::new();
    while let Some((&tag, after)) = rest.split_first() {
        rest = after;
        if tag == 0 {
            values.push(None);
            continue;
        }
        let (len, after) = rest.split_first_chunk::<2>()?;
        let (text, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
        let mut text = std::str::from_utf8(text).ok()?.to_owned();
        rest = after;
        if tag == 2 {
            text.push('…');
            rest = rest.get(16..)?;
        }
        values.push(Some(text));
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::{begin_key, push_value, values};

    #[test]
    fn keys_hold_values() {
        let mut key = Vec::new();
        begin_key(&mut key, 7);
        let long = "é".repeat(200);
        for value in [Some("a"), None, Some(""), Some(long.as_str())] {
            push_value(&mut key, value);
        }
        let found = values(&key).unwrap();
        assert_eq!(found[..3], [Some("a".to_owned()), None, Some(String::new())]);
        assert_eq!(found[3].as_deref(), Some(format!("{}…", "é".repeat(128)).as_str()));
        assert!(values(&key[..key.len() - 1]).is_none());
    }
}
