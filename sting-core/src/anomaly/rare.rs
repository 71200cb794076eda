use crate::Error;
use crate::state::{Reader, Writer};
use rustc_hash::FxHashMap;

/// What a [`RareValues`] may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RareValuesConfig {
    /// Fields that are told apart; the values of others score 0. At most 65,536.
    pub max_fields: usize,
    /// Values kept a field, 40 bytes each; beyond it all counts are halved, and what was seen once is forgotten.
    pub max_values: usize,
    /// Values of a field after which all its counts are halved: how fast it gets used to a new normal.
    pub memory: u64,
}

impl Default for RareValuesConfig {
    /// 1,000 fields of 10,000 values, which fade after a million.
    fn default() -> Self {
        Self { max_fields: 1000, max_values: 10_000, memory: 1_000_000 }
    }
}

/// Scores how rare the values of fields are, each among the values of its own field: a new one is strange where there are few
/// kinds, and nothing where every one is new.
///
/// ```
/// use sting_core::anomaly::{RareValues, RareValuesConfig};
/// let mut rare = RareValues::new(RareValuesConfig::default())?;
/// for i in 0..5000 {
///     assert!(rare.push("action", ["allow", "deny", "drop"][i % 3]) < 0.5);
///     assert!(rare.push("session", &i.to_string()) < 0.5);
/// }
/// assert!(rare.push("action", "tunnel") > 0.6);
/// assert!(rare.push("session", "unheard of") < 0.1);
/// # Ok::<(), sting_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RareValues {
    config: RareValuesConfig,
    fields: FxHashMap<u64, Field>,
    refused: u64,
}

/// Counts of the values of one field.
#[derive(Clone, Debug, Default, PartialEq)]
struct Field {
    counts: FxHashMap<u64, u32>,
    /// How many of the values counted have a count of so many binary digits.
    by_digits: [u64; 32],
    total: u64,
    /// How many of them were new when they came.
    new: u64,
}

/// Values of a field before it says anything.
const WARM_UP: u64 = 30;
/// Minus the logarithm of the probability from which on a value is rare at all (5 %), and what more of it makes 0.5.
const USUAL: f64 = 3.0;
const HALF: f64 = 2.5;

const KIND: [u8; 4] = *b"STav";
const WHAT: &str = "rare values";
const VERSION: u16 = 1;

impl RareValues {
    /// Counts that have seen nothing.
    ///
    /// # Errors
    /// [`Error::Config`] if a limit is zero or too large.
    pub fn new(config: RareValuesConfig) -> Result<Self, Error> {
        let RareValuesConfig { max_fields, max_values, memory } = config;
        if !(1..=65_536).contains(&max_fields) || max_values == 0 || !(2..1 << 31).contains(&memory) {
            let problem = "a limit is zero or too large";
            return Err(Error::config("rare values", problem, "use the defaults, or numbers near them"));
        }
        Ok(Self { config, fields: FxHashMap::default(), refused: 0 })
    }

    /// How rare a value of a field is, from 0 to 1; then counts it.
    pub fn push(&mut self, field: &str, value: &str) -> f64 {
        let key = hash(field);
        if self.fields.len() >= self.config.max_fields && !self.fields.contains_key(&key) {
            self.refused += 1;
            return 0.0;
        }
        let held = self.fields.entry(key).or_default();
        let score = held.push(hash(value));
        if held.total >= self.config.memory || held.counts.len() > self.config.max_values {
            held.fade();
        }
        score
    }

    /// Values of fields beyond the most that are told apart.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// All that was learnt, as bytes with a version and a checksum. Values are in it as hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(KIND, VERSION);
        out.u32(self.config.max_fields as u32);
        out.u64(self.config.max_values as u64);
        out.u64(self.config.memory);
        out.u64(self.refused);
        out.u32(self.fields.len() as u32);
        let mut fields: Vec<_> = self.fields.iter().collect();
        fields.sort_unstable_by_key(|(key, _)| **key);
        for (key, field) in fields {
            out.u64(*key);
            out.u64(field.new);
            out.u32(field.counts.len() as u32);
            let mut counts: Vec<_> = field.counts.iter().collect();
            counts.sort_unstable();
            for (value, count) in counts {
                out.u64(*value);
                out.u32(*count);
            }
        }
        out.finish()
    }

    /// Counts that go on where those that wrote the bytes stopped.
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Reader::open(bytes, KIND, VERSION, WHAT)?;
        let max_fields = from.u32()? as usize;
        let max_values = from.u64()? as usize;
        let config = RareValuesConfig { max_fields, max_values, memory: from.u64()? };
        let mut rare = Self::new(config).map_err(|_| from.fault("its limits cannot work"))?;
        rare.refused = from.u64()?;
        for _ in 0..from.count(20)? {
            let key = from.u64()?;
            let mut field = Field { new: from.u64()?, ..Field::default() };
            for _ in 0..from.count(12)? {
                let (value, count) = (from.u64()?, from.u32()?);
                if !(1..1 << 31).contains(&count) || field.counts.insert(value, count).is_some() {
                    return Err(from.fault("a count in it cannot be"));
                }
                field.total += u64::from(count);
                field.by_digits[digits(count)] += u64::from(count);
            }
            if field.new > field.total || rare.fields.insert(key, field).is_some() {
                return Err(from.fault("a field in it cannot be"));
            }
        }
        from.finish()?;
        Ok(rare)
    }
}

impl Field {
    fn push(&mut self, value: u64) -> f64 {
        let count = self.counts.entry(value).or_default();
        // The share of the values so far that were as rare as this one, or rarer.
        let as_rare = match *count {
            0 => self.new as f64 + 0.5,
            count => self.by_digits[..=digits(count)].iter().sum::<u64>() as f64,
        };
        let surprise = -(as_rare / (self.total as f64 + 1.0)).ln();
        let score =
            if self.total < WARM_UP { 0.0 } else { 1.0 - (-(surprise - USUAL).max(0.0) / HALF).exp2() };
        self.new += u64::from(*count == 0);
        self.by_digits[digits(*count)] -= u64::from(*count);
        *count = (*count + 1).min((1 << 31) - 1);
        self.by_digits[digits(*count)] += u64::from(*count);
        self.total += 1;
        score
    }

    /// Halves all counts.
    fn fade(&mut self) {
        self.by_digits = [0; 32];
        self.total = 0;
        self.counts.retain(|_, count| {
            *count /= 2;
            self.by_digits[digits(*count)] += u64::from(*count);
            self.total += u64::from(*count);
            *count > 0
        });
        self.new = (self.new / 2).min(self.total);
    }
}

fn digits(count: u32) -> usize {
    (u32::BITS - count.leading_zeros()) as usize
}

/// Nobody shall make a value that counts as a common one.
fn hash(text: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(first)
}
