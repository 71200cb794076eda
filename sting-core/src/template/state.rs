//! A miner as bytes. Words are saved as text and hashed anew; the keys under which merged templates are found are saved as they are.

use super::key::{Key, Piece, hash_word, keys_but_one, text};
use super::{Held, Positions, Template, TemplateConfig, TemplateMiner, Values};
use crate::Error;
use crate::state::{Reader, Writer};

const KIND: [u8; 4] = *b"STtm";
const VERSION: u16 = 1;
const WHAT: &str = "template miner";
/// Counts above it are forged, and could overflow.
const MOST: u64 = 1 << 62;

const CONSTANT: u32 = 0;
const KEYED: u32 = 1;
const VARIABLE: u32 = 2;

impl TemplateMiner {
    /// Everything that was learnt, for [`TemplateMiner::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(KIND, VERSION);
        // Keys are good only for a build that hashes words alike.
        out.u64(hash_word(KIND.as_slice()));
        for limit in [self.config.max_templates, self.config.max_words, self.config.merge_after] {
            out.u64(limit as u64);
        }
        for number in [self.config.split_after, self.next_id, self.clock, self.forgotten] {
            out.u64(number);
        }
        let mut held: Vec<_> = self.templates.values().collect();
        held.sort_unstable_by_key(|held| held.template.id);
        out.u32(held.len() as u32);
        for held in held {
            out.u64(held.template.id);
            out.u64(held.template.count);
            out.u64(held.seen);
            write_pieces(&mut out, &held.pieces);
            write_keys(&mut out, &held.keys);
            write_positions(&mut out, &held.merged);
            out.u32(u32::from(held.values.is_some()));
            if let Some(values) = &held.values {
                out.u64(values.lines_since_new);
                write_pieces(&mut out, &values.seen);
            }
        }
        let mut enumerations: Vec<Key> =
            self.alike.iter().filter(|(_, alike)| alike.enumeration).map(|(&key, _)| key).collect();
        enumerations.sort_unstable_by_key(|key| (key.0, key.1));
        write_keys(&mut out, &enumerations);
        let mut masks: Vec<_> = self.masks.iter().collect();
        masks.sort_unstable_by_key(|&(length, _)| length);
        out.u32(masks.len() as u32);
        for (&length, masks) in masks {
            out.u32(length as u32);
            out.u32(masks.len() as u32);
            for mask in masks {
                write_positions(&mut out, mask);
            }
        }
        out.finish()
    }

    /// A miner that goes on where the one that wrote the bytes stopped.
    ///
    /// ```
    /// use sting_core::template::{TemplateConfig, TemplateMiner};
    /// let mut miner = TemplateMiner::new(TemplateConfig::default())?;
    /// let id = miner.push("session 17 closed").id;
    /// let mut again = TemplateMiner::from_bytes(&miner.to_bytes())?;
    /// assert_eq!(again.push("session 18 closed").id, id);
    /// # Ok::<(), sting_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Reader::open(bytes, KIND, VERSION, WHAT)?;
        if from.u64()? != hash_word(KIND.as_slice()) {
            return Err(from.fault("it was written by a build that hashes words in another way"));
        }
        let [max_templates, max_words, merge_after] =
            [from.u64()? as usize, from.u64()? as usize, from.u64()? as usize];
        let config = TemplateConfig { max_templates, max_words, merge_after, split_after: from.u64()? };
        let mut miner = Self::new(config).map_err(|_| from.fault("its limits cannot work"))?;
        [miner.next_id, miner.clock, miner.forgotten] = [from.u64()?, from.u64()?, from.u64()?];
        if miner.next_id > MOST || miner.clock > MOST || miner.forgotten > MOST {
            return Err(from.fault("a count in it cannot be"));
        }
        let mut lines = 0;
        let mut last = None;
        for _ in 0..from.count(44)? {
            let held = read_held(&mut from, max_words)?;
            let id = held.template.id;
            lines += held.template.count.min(MOST);
            if last.is_some_and(|last| id <= last)
                || id >= miner.next_id
                || lines > miner.clock
                || held.seen > miner.clock
            {
                return Err(from.fault("a template in it cannot be"));
            }
            last = Some(id);
            for &key in &held.keys {
                miner.keys.insert(key, id);
            }
            for key in keys_but_one(&held.pieces) {
                miner.alike.entry(key).or_default().templates.push(id);
            }
            miner.templates.insert(id, held);
        }
        if miner.templates.len() > max_templates.saturating_add(super::ENUMERATION) {
            return Err(from.fault("it holds more templates than its limit"));
        }
        for key in read_keys(&mut from)? {
            miner.alike.entry(key).or_default().enumeration = true;
        }
        for _ in 0..from.count(8)? {
            let length = from.u32()? as usize;
            let mut masks = Vec::new();
            for _ in 0..from.count(4)? {
                masks.push(read_positions(&mut from)?);
            }
            miner.masks.insert(length, masks);
        }
        from.finish()?;
        Ok(miner)
    }
}

fn read_held(from: &mut Reader<'_>, max_words: usize) -> Result<Held, Error> {
    let (id, count, seen) = (from.u64()?, from.u64()?, from.u64()?);
    let pieces = read_pieces(from)?;
    let keys = read_keys(from)?;
    let merged = read_positions(from)?;
    let values = if from.u32()? == 0 {
        None
    } else {
        Some(Values { lines_since_new: from.u64()?.min(MOST), seen: read_pieces(from)? })
    };
    if pieces.len() > max_words
        || merged.iter().any(|&at| pieces.get(usize::from(at)) != Some(&Piece::Variable))
    {
        return Err(from.fault("a template in it cannot be"));
    }
    let template = Template { id, text: text(&pieces), count };
    Ok(Held { template, seen, pieces, keys, merged, values })
}

fn write_pieces(out: &mut Writer, pieces: &[Piece]) {
    out.u32(pieces.len() as u32);
    for piece in pieces {
        match piece {
            Piece::Constant(word, _) => {
                out.u32(CONSTANT);
                out.text(word);
            }
            Piece::Keyed(key, _) => {
                out.u32(KEYED);
                out.text(key);
            }
            Piece::Variable => out.u32(VARIABLE),
        }
    }
}

fn read_pieces(from: &mut Reader<'_>) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::new();
    for _ in 0..from.count(4)? {
        pieces.push(match from.u32()? {
            CONSTANT => from.text().map(|word| {
                let hash = hash_word(word.as_bytes());
                Piece::Constant(word, hash)
            })?,
            KEYED => from.text().map(|key| {
                let hash = !hash_word(key.as_bytes());
                Piece::Keyed(key, hash)
            })?,
            VARIABLE => Piece::Variable,
            _ => return Err(from.fault("a word in it cannot be")),
        });
    }
    Ok(pieces)
}

fn write_keys(out: &mut Writer, keys: &[Key]) {
    out.u32(keys.len() as u32);
    for key in keys {
        out.u64(key.0);
        out.u64(key.1);
    }
}

fn read_keys(from: &mut Reader<'_>) -> Result<Vec<Key>, Error> {
    let count = from.count(16)?;
    (0..count).map(|_| Ok(Key(from.u64()?, from.u64()?))).collect()
}

fn write_positions(out: &mut Writer, positions: &Positions) {
    out.u32(positions.len() as u32);
    for &position in positions {
        out.u32(position.into());
    }
}

fn read_positions(from: &mut Reader<'_>) -> Result<Positions, Error> {
    let count = from.count(4)?;
    (0..count)
        .map(|_| u16::try_from(from.u32()?).map_err(|_| from.fault("a place in it cannot be")))
        .collect()
}
