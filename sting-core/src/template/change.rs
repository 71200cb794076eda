//! What lines change: templates that are new, merged, split, forgotten.

use super::key::{Key, Piece, WILD, key_of, keys_but_one, powers, text};
use super::{Change, ENUMERATION, Held, Positions, Template, TemplateId, TemplateMiner, Values};

impl TemplateMiner {
    /// Counts a line of a known template, and splits the template if its merged word is an enumeration.
    pub(super) fn see(
        &mut self,
        id: TemplateId,
        piece_at: impl Fn(usize) -> Option<Piece>,
    ) -> (TemplateId, Change) {
        let held = self.templates.get_mut(&id).expect("a key leads to a template that is held");
        held.seen = self.clock;
        held.template.count += 1;
        let (Some(values), Some(&at)) = (&mut held.values, held.merged.first()) else {
            return (id, Change::None);
        };
        // A line has a word there, unless a state was restored that nobody saved.
        let Some(value) = piece_at(usize::from(at)) else { return (id, Change::None) };
        if values.seen.contains(&value) {
            values.lines_since_new += 1;
            if values.lines_since_new >= self.config.split_after {
                return self.split(id, &value);
            }
        } else if values.seen.len() < ENUMERATION && value != Piece::Variable {
            values.seen.push(value);
            values.lines_since_new = 0;
        } else {
            held.values = None;
        }
        (id, Change::None)
    }

    fn split(&mut self, id: TemplateId, value: &Piece) -> (TemplateId, Change) {
        let held = self.remove(id).expect("it was found by its number");
        let at = usize::from(held.merged[0]);
        let values = held.values.map(|values| values.seen).unwrap_or_default();
        self.alike.entry(key_of(&held.pieces)).or_default().enumeration = true;
        let mut into = Vec::new();
        let mut now = id;
        // How many lines each had is not known; the total stays right.
        let (share, mut rest) =
            (held.template.count / values.len() as u64, held.template.count % values.len() as u64);
        for piece in values {
            let is_this = piece == *value;
            let mut pieces = held.pieces.clone();
            pieces[at] = piece;
            let part = self.hold(pieces, Positions::new(), share + std::mem::take(&mut rest));
            into.push(part);
            if is_this {
                now = part;
            }
        }
        (now, Change::Split { from: id, into })
    }

    /// Adds a template, and merges it with those that are like it but for one word if they are enough.
    pub(super) fn learn(&mut self, key: Key, pieces: Vec<Piece>) -> (TemplateId, Change) {
        if self.templates.len() >= self.config.max_templates {
            self.forget();
        }
        let mut id = self.hold(pieces, Positions::new(), 1);
        let mut from = Vec::new();
        let mut key = key;
        while let Some((at, members)) = self.to_merge(key, id) {
            let parts: Vec<Held> = members.iter().filter_map(|&member| self.remove(member)).collect();
            let mut merged: Positions = parts.iter().flat_map(|part| part.merged.iter().copied()).collect();
            let mut pieces = parts[0].pieces.clone();
            let values: Vec<Piece> = parts.iter().map(|part| part.pieces[at].clone()).collect();
            // Templates that differ in two words meet under one key too, if each has a parameter where the other has a word.
            for (place, piece) in pieces.iter_mut().enumerate() {
                let is_variable = |part: &Held| part.pieces.get(place) == Some(&Piece::Variable);
                if place == at || parts.iter().any(is_variable) && !parts.iter().all(is_variable) {
                    *piece = Piece::Variable;
                    merged.push(place as u16);
                }
            }
            merged.sort_unstable();
            merged.dedup();
            key = key_of(&pieces);
            if merged.len() > 1 {
                const MASKS: usize = 64;
                let masks = self.masks.entry(pieces.len()).or_default();
                if masks.len() < MASKS && !masks.contains(&merged) {
                    masks.push(merged.clone());
                }
            }
            let is_first = merged.len() == 1 && values.len() <= ENUMERATION;
            id = self.hold(pieces, merged, parts.iter().map(|part| part.template.count).sum());
            let held = self.templates.get_mut(&id).expect("it is held since the line above");
            held.values = is_first.then_some(Values { seen: values, lines_since_new: 0 });
            for &known in parts.iter().flat_map(|part| &part.keys) {
                self.keys.insert(known, id);
                held.keys.push(known);
            }
            from.extend(members);
        }
        (id, if from.is_empty() { Change::New } else { Change::Merged { from } })
    }

    /// The word in which enough templates differ from this one and in nothing else, and those templates.
    fn to_merge(&self, key: Key, id: TemplateId) -> Option<(usize, Vec<TemplateId>)> {
        powers()
            .zip(&self.templates[&id].pieces)
            .enumerate()
            .skip(1)
            .filter(|(_, (_, piece))| matches!(piece, Piece::Constant(..)))
            .filter_map(|(at, (powers, piece))| {
                let alike = self.alike.get(&key.replaced(piece.hash(), WILD, powers))?;
                let enough = if alike.enumeration { ENUMERATION + 1 } else { self.config.merge_after };
                (alike.templates.len() >= enough).then(|| (at, alike.templates.clone()))
            })
            .max_by_key(|(at, members)| (members.len(), std::cmp::Reverse(*at)))
    }

    fn hold(&mut self, pieces: Vec<Piece>, merged: Positions, count: u64) -> TemplateId {
        let id = self.next_id;
        self.next_id += 1;
        let key = key_of(&pieces);
        self.keys.insert(key, id);
        for key in keys_but_one(&pieces) {
            self.alike.entry(key).or_default().templates.push(id);
        }
        let template = Template { id, text: text(&pieces), count };
        self.templates
            .insert(id, Held { template, seen: self.clock, pieces, keys: vec![key], merged, values: None });
        id
    }

    fn remove(&mut self, id: TemplateId) -> Option<Held> {
        let held = self.templates.remove(&id)?;
        for key in &held.keys {
            self.keys.remove(key);
        }
        for key in keys_but_one(&held.pieces) {
            if let Some(alike) = self.alike.get_mut(&key) {
                alike.templates.retain(|&other| other != id);
                if alike.templates.is_empty() && !alike.enumeration {
                    self.alike.remove(&key);
                }
            }
        }
        Some(held)
    }

    /// Forgets the sixteenth of the templates that was not seen for the longest time.
    fn forget(&mut self) {
        let mut by_age: Vec<_> = self.templates.iter().map(|(&id, held)| (held.seen, id)).collect();
        let count = by_age.len().div_ceil(16);
        by_age.select_nth_unstable(count - 1);
        for &(_, id) in &by_age[..count] {
            self.remove(id);
        }
        self.forgotten += count as u64;
        // Enumerations are notes that outlive their templates: without an end they would fill the memory of an endless stream.
        if self.alike.len() > self.config.max_templates.saturating_mul(self.config.max_words) {
            self.alike.retain(|_, alike| !alike.templates.is_empty());
        }
    }
}
