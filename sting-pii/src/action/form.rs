//! Actions as settings name them.

use super::{Action, DatePrecision, Generalize};
use crate::Error;
use serde::de::{self, Deserialize, Deserializer};
use std::str::FromStr;

/// Most days that dates are shifted by if nothing is said: a year.
const DEFAULT_SHIFT: u16 = 365;

impl FromStr for Action {
    type Err = Error;

    /// By name. `redact`, `tokenize`, `encrypt`, `generalise`, `hash_with_salt` and `mask_partial` are other names of
    /// `replace`, `token`, `fpe`, `generalize`, `hash` and a mask that keeps the last four.
    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "keep" => Ok(Self::Keep),
            "mask" => Ok(Self::mask_keeping_last(0)),
            "mask_partial" => Ok(Self::mask_keeping_last(4)),
            "hash" | "hash_with_salt" => Ok(Self::Hash),
            "remove" => Ok(Self::Remove),
            "replace" | "redact" => Ok(Self::default()),
            "token" | "tokenize" => Ok(Self::Token),
            "fpe" | "encrypt" => Ok(Self::Fpe),
            "generalize" | "generalise" => Ok(Self::Generalize(Generalize::default())),
            "date_shift" => Ok(Self::DateShift { max_days: DEFAULT_SHIFT }),
            _ => Err(Error::config(
                "action",
                format!("no action is named {name:?}"),
                "use keep, mask, hash, remove, replace, token, fpe, generalize or date_shift",
            )),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Object(Object),
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Object {
    Mask {
        #[serde(default)]
        keep_first: usize,
        #[serde(default)]
        keep_last: usize,
    },
    Replace(String),
    #[serde(alias = "generalise")]
    Generalize(Widening),
    DateShift {
        #[serde(default = "default_shift")]
        max_days: u16,
    },
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Widening {
    Level(String),
    Settings(Settings),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    level: Option<String>,
    dates: Option<DatePrecision>,
    round: Option<u32>,
}

const fn default_shift() -> u16 {
    DEFAULT_SHIFT
}

impl Settings {
    fn read(self) -> Option<Generalize> {
        let base = match self.level {
            Some(level) => Generalize::level(&level)?,
            None => Generalize::default(),
        };
        Some(Generalize { dates: self.dates.unwrap_or(base.dates), round: self.round.unwrap_or(base.round) })
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer).map_err(|_| {
            de::Error::custom(
                "not an action; use a name, {\"mask\": {..}}, {\"replace\": \"..\"}, {\"generalize\": {..}} or \
                 {\"date_shift\": {..}}",
            )
        })?;
        let object = match written {
            Written::Name(name) => return name.parse().map_err(de::Error::custom),
            Written::Object(object) => object,
        };
        Ok(match object {
            Object::Mask { keep_first, keep_last } => Self::Mask { keep_first, keep_last },
            Object::Replace(template) => Self::Replace(template.into()),
            Object::DateShift { max_days } => Self::DateShift { max_days },
            Object::Generalize(widening) => {
                let how = match widening {
                    Widening::Level(level) => Generalize::level(&level),
                    Widening::Settings(settings) => settings.read(),
                };
                Self::Generalize(how.ok_or_else(|| {
                    de::Error::custom("no such level of generalize; use low, medium or high")
                })?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, DatePrecision, Generalize};

    #[test]
    fn forms() {
        let read = |json| serde_json::from_str::<Action>(json);
        let wider = |dates, round| Action::Generalize(Generalize { dates, round });
        for (json, action) in [
            (r#""hash""#, Action::Hash),
            (r#""tokenize""#, Action::Token),
            (r#""encrypt""#, Action::Fpe),
            (r#""mask_partial""#, Action::mask_keeping_last(4)),
            (r#"{"mask":{"keep_last":4}}"#, Action::mask_keeping_last(4)),
            (r#"{"replace":"x"}"#, Action::Replace("x".into())),
            (r#""generalize""#, wider(DatePrecision::Year, 100)),
            (r#"{"generalize":"low"}"#, wider(DatePrecision::Day, 10)),
            (r#"{"generalize":{"dates":"month","round":5}}"#, wider(DatePrecision::Month, 5)),
            (r#"{"generalize":{"level":"high"}}"#, wider(DatePrecision::Year, 1000)),
            (r#""date_shift""#, Action::DateShift { max_days: 365 }),
            (r#"{"date_shift":{"max_days":9}}"#, Action::DateShift { max_days: 9 }),
        ] {
            assert_eq!(read(json).unwrap(), action, "{json}");
        }
        for json in [r#""shred""#, "{}", r#"{"generalize":"most"}"#, r#"{"mask":{"last":4}}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
