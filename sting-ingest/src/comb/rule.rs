//! What is done with whole fields, whatever they hold.

use super::fields::Fields;
use crate::Error;
use globset::{GlobBuilder, GlobMatcher};
use sting_pii::Action;

/// What is done with every value of a field: of a column, a JSON key or a header.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldRule {
    /// Which fields.
    pub target: Target,
    /// What is done with their values.
    pub action: Action,
}

/// Which fields a rule is about. Names are compared without regard to case.
#[derive(Clone, Debug)]
pub enum Target {
    /// The field of that name.
    Field(String),
    /// Fields whose names match a glob: `*_email`.
    Pattern(GlobMatcher),
    /// Values at a path in JSON, `[*]` standing for every item: `$.users[*].email`.
    Path(Vec<Step>),
}

/// A step of a path in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into every item of a list.
    Item,
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Field(a), Self::Field(b)) => a == b,
            (Self::Pattern(a), Self::Pattern(b)) => a.glob() == b.glob(),
            (Self::Path(a), Self::Path(b)) => a == b,
            _ => false,
        }
    }
}

impl FieldRule {
    pub(super) fn from_fields(mut fields: Fields<'_>) -> Result<Self, Error> {
        let (field, pattern) = (fields.text("field")?, fields.text("pattern")?);
        let target = match (field, pattern) {
            (Some(field), None) if field.starts_with('$') => {
                let path = parse_path(&field);
                Target::Path(path.ok_or_else(|| {
                    fields.wrong("field", "is not a path", "write it as `$.users[*].email`")
                })?)
            }
            (Some(field), None) => Target::Field(field),
            (None, Some(pattern)) => {
                let glob = GlobBuilder::new(&pattern).case_insensitive(true).build();
                let glob =
                    glob.map_err(|_| fields.wrong("pattern", "is not a glob", "write it as `*_email`"))?;
                Target::Pattern(glob.compile_matcher())
            }
            _ => {
                return Err(fields.wrong(
                    "field",
                    "a rule is about `field` or `pattern`",
                    "give one of the two",
                ));
            }
        };
        let action = fields.value("action").ok_or_else(|| fields.wrong("action", "is missing", "add it"))?;
        let action = serde_json::from_value(action).map_err(|_| {
            fields.wrong(
                "action",
                "is not an action",
                "use `mask`, `hash`, `remove`, `replace`, `keep` or an object",
            )
        })?;
        fields.finish()?;
        Ok(Self { target, action })
    }

    /// True if the rule is about the field `name`, which stands at `path` if it is in JSON.
    pub(crate) fn is_about(&self, name: &str, path: Option<&[Step]>) -> bool {
        match &self.target {
            Target::Field(field) => field.eq_ignore_ascii_case(name),
            Target::Pattern(glob) => glob.is_match(name),
            Target::Path(wanted) => path.is_some_and(|path| path == wanted),
        }
    }
}

fn parse_path(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[*]") {
            steps.push(Step::Item);
            rest = after;
        } else {
            let key = rest.strip_prefix('.')?;
            let end = key.find(['.', '[']).unwrap_or(key.len());
            steps.push(Step::Key(key.get(..end).filter(|key| !key.is_empty())?.to_owned()));
            rest = &key[end..];
        }
    }
    (!steps.is_empty()).then_some(steps)
}
