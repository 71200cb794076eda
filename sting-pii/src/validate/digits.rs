//! Reading values as digits.

/// Most digits, or letters and digits, that any value has.
const MAX: usize = 48;

/// The letters and digits of a value, in upper case, without what separates them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compact {
    bytes: [u8; MAX],
    len: usize,
}

impl Compact {
    /// Empty if the value has more than [`MAX`], or a letter of Latin, Greek, Cyrillic, ... that is
    /// not in ASCII.
    pub(super) fn new(value: &[u8]) -> Self {
        Self::keeping(value, u8::is_ascii_alphanumeric)
    }

    /// Only the digits.
    pub(super) fn digits(value: &[u8]) -> Self {
        Self::keeping(value, u8::is_ascii_digit)
    }

    fn keeping(value: &[u8], keep: impl Fn(&u8) -> bool) -> Self {
        let mut compact = Self { bytes: [0; MAX], len: 0 };
        if value.iter().any(|b| (0xC3..=0xDF).contains(b)) {
            return compact;
        }
        for byte in value.iter().filter(|b| keep(b)) {
            if compact.len == MAX {
                compact.len = 0;
                break;
            }
            compact.bytes[compact.len] = byte.to_ascii_uppercase();
            compact.len += 1;
        }
        compact
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// The value as exactly `N` digits and no letters.
pub(super) fn exactly<const N: usize>(value: &[u8]) -> Option<[u32; N]> {
    let compact = Compact::new(value);
    let bytes: [u8; N] = compact.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then(|| bytes.map(|b| u32::from(b - b'0')))
}

/// The digits of the value, which must be `N`, whatever letters stand between or before them.
pub(super) fn among_letters<const N: usize>(value: &[u8]) -> Option<[u32; N]> {
    let compact = Compact::digits(value);
    let bytes: [u8; N] = compact.as_bytes().try_into().ok()?;
    Some(bytes.map(|b| u32::from(b - b'0')))
}

/// Sum of digits times weights, as far as both go.
pub(super) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// The digits as one number. At most 19 of them.
pub(super) fn number(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |number, &digit| number * 10 + u64::from(digit))
}

/// True if all digits are the same.
pub(super) fn uniform(digits: &[u32]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

/// True if year, month and day are a date of the Gregorian calendar.
pub(super) fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// True if two digits of a year, a month and a day are a date in some century.
pub(super) fn is_short_date(year: u32, month: u32, day: u32) -> bool {
    is_date(2000 + year, month, day) || is_date(1900 + year, month, day)
}

/// Two digits as a number.
pub(super) fn pair(digits: &[u32], at: usize) -> u32 {
    digits[at] * 10 + digits[at + 1]
}
