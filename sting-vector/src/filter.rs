//! Conditions on metadata, in the language of MongoDB.

mod column;
mod scalar;

use roaring::RoaringBitmap;
use serde_json::{Map, Value};

use crate::Error;
use crate::collection::Metadata;
use crate::collection::snapshot::all_rows;
pub(crate) use column::Column;
pub(crate) use scalar::Scalar;

/// Nesting of conditions, and conditions in all, that a filter may have.
const MAX_DEPTH: usize = 64;
const MAX_CONDITIONS: usize = 10_000;

/// A condition on the metadata of rows.
///
/// `{"field": value}` or `{"field": {"$op": value}}`, with `$eq`, `$ne`, `$gt`, `$gte`, `$lt`,
/// `$lte`, `$in`, `$nin`, `$exists`, `$contains` and `$not` below a field, and `$and`, `$or` and
/// `$not` around whole conditions. Several keys in one object must all hold.
///
/// - A dot walks into objects: `"file.size"`. Through a list it finds the members of any element.
/// - A comparison holds for a list if it holds for any of its elements.
/// - `$contains` holds if a list has that element, or if a text has that substring.
/// - A comparison with an absent field is false, `{"field": null}` too; `$ne` and `$nin` are the
///   complements of `$eq` and `$in`, and so true; `$not` is the exact complement.
/// - Values of different types are never equal and never ordered. Integers compare exactly to 64
///   bits, with floating-point numbers too.
///
/// ```
/// use serde_json::json;
/// use sting_vector::Filter;
///
/// let filter = Filter::parse(&json!({"jar": "a", "year": {"$gte": 2020}}))?;
/// assert!(filter.matches(json!({"jar": "a", "year": 2024}).as_object().unwrap()));
/// assert!(!filter.matches(json!({"jar": "a"}).as_object().unwrap()));
/// # Ok::<(), sting_vector::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Condition);

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Field { path: String, test: Test },
}

/// What a field must satisfy. Negated operators are a [`Condition::Not`] around one of these.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Exists,
    OneOf(Vec<Operand>),
    Compare(Relation, Scalar),
    Contains(Scalar),
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Scalar(Scalar),
    /// A list or an object, equal only as a whole.
    Compound(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`Error::Filter`] names the place and the mend if an operator is unknown, a value has the
    /// wrong type, or the filter is nested too deeply or too large.
    pub fn parse(filter: &Value) -> Result<Self, Error> {
        let mut parser = Parser { conditions: 0 };
        parser.object(filter, "$", MAX_DEPTH).map(Self)
    }

    /// Whether a row with this metadata satisfies the filter.
    pub fn matches(&self, metadata: &Metadata) -> bool {
        self.0.matches(metadata)
    }

    /// The rows among `0..rows` that satisfy the filter, given the column of each field.
    pub(crate) fn select(
        &self,
        rows: u32,
        column: &impl Fn(&str) -> Result<std::sync::Arc<Column>, Error>,
    ) -> Result<RoaringBitmap, Error> {
        self.0.select(rows, column)
    }
}

impl Condition {
    fn matches(&self, metadata: &Metadata) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.matches(metadata)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.matches(metadata)),
            Self::Not(condition) => !condition.matches(metadata),
            Self::Field { path, test } => {
                let mut holds = false;
                visit(metadata, path, &mut |value| holds |= test.holds(value));
                holds
            }
        }
    }

    fn select(
        &self,
        rows: u32,
        column: &impl Fn(&str) -> Result<std::sync::Arc<Column>, Error>,
    ) -> Result<RoaringBitmap, Error> {
        Ok(match self {
            Self::All(conditions) => {
                let mut selected: Option<RoaringBitmap> = None;
                for condition in conditions {
                    let next = condition.select(rows, column)?;
                    let both = match selected {
                        Some(selected) => selected & next,
                        None => next,
                    };
                    if both.is_empty() {
                        return Ok(both);
                    }
                    selected = Some(both);
                }
                selected.unwrap_or_else(|| all_rows(rows))
            }
            Self::Any(conditions) => {
                let mut any = RoaringBitmap::new();
                for condition in conditions {
                    any |= condition.select(rows, column)?;
                }
                any
            }
            Self::Not(condition) => all_rows(rows) - condition.select(rows, column)?,
            Self::Field { path, test } => column(path)?.select(test),
        })
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        let any = |test: &dyn Fn(&Scalar) -> bool| match value {
            Value::Array(items) => items.iter().filter_map(Scalar::of).any(|item| test(&item)),
            value => Scalar::of(value).is_some_and(|value| test(&value)),
        };
        match self {
            Self::Exists => true,
            Self::OneOf(operands) => operands.iter().any(|operand| match operand {
                Operand::Scalar(operand) => any(&|item| item == operand),
                Operand::Compound(operand) => scalar::is_or_has(value, operand),
            }),
            Self::Compare(relation, operand) => any(&|item| relation.holds(item, operand)),
            Self::Contains(operand) => match (value, operand) {
                (Value::String(text), Scalar::Text(part)) => text.contains(&**part),
                (Value::Array(_), _) => any(&|item| item == operand),
                _ => false,
            },
        }
    }
}

impl Relation {
    fn holds(self, value: &Scalar, operand: &Scalar) -> bool {
        let Some(order) = value.cmp_same_type(operand) else { return false };
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Calls `found` with every value that a dotted path leads to.
fn visit(metadata: &Metadata, path: &str, found: &mut dyn FnMut(&Value)) {
    if let Some(value) = metadata.get(path) {
        found(value);
    }
    for (dot, _) in path.match_indices('.') {
        if let Some(value) = metadata.get(&path[..dot]) {
            visit_inside(value, &path[dot + 1..], found);
        }
    }
}

fn visit_inside(value: &Value, path: &str, found: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(members) => visit(members, path, found),
        Value::Array(items) => {
            items.iter().filter_map(Value::as_object).for_each(|members| visit(members, path, found));
        }
        _ => {}
    }
}

struct Parser {
    conditions: usize,
}

impl Parser {
    fn object(&mut self, filter: &Value, at: &str, depth: usize) -> Result<Condition, Error> {
        let Value::Object(members) = filter else {
            return Err(wrong(at, "is not an object; write {\"field\": value}"));
        };
        let depth = self.descend(at, depth)?;
        let mut all = Vec::with_capacity(members.len());
        for (key, value) in members {
            let at = format!("{at}.{key}");
            all.push(match key.as_str() {
                "$and" => Condition::All(self.list(value, &at, depth)?),
                "$or" => Condition::Any(self.list(value, &at, depth)?),
                "$not" => Condition::Not(Box::new(self.object(value, &at, depth)?)),
                operator if operator.starts_with('$') => {
                    return Err(wrong(&at, "is not known here; use $and, $or, $not or the name of a field"));
                }
                field => self.field(field, value, &at, depth)?,
            });
        }
        Ok(one_or_all(all))
    }

    fn list(&mut self, value: &Value, at: &str, depth: usize) -> Result<Vec<Condition>, Error> {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            return Err(wrong(at, "is not a list of conditions; write [{...}, {...}]"));
        };
        items
            .iter()
            .enumerate()
            .map(|(index, item)| self.object(item, &format!("{at}[{index}]"), depth))
            .collect()
    }

    fn field(&mut self, path: &str, value: &Value, at: &str, depth: usize) -> Result<Condition, Error> {
        let operators = value.as_object().filter(|members| members.keys().any(|key| key.starts_with('$')));
        match operators {
            Some(operators) => self.operators(path, operators, at, depth),
            None => Ok(field(path, Test::OneOf(vec![operand(value)]))),
        }
    }

    fn operators(
        &mut self,
        path: &str,
        operators: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<Condition, Error> {
        let depth = self.descend(at, depth)?;
        let mut all = Vec::with_capacity(operators.len());
        for (operator, value) in operators {
            let at = format!("{at}.{operator}");
            let compare =
                |relation| Ok::<_, Error>(field(path, Test::Compare(relation, ordered(value, &at)?)));
            all.push(match operator.as_str() {
                "$eq" => field(path, Test::OneOf(vec![operand(value)])),
                "$ne" => not(field(path, Test::OneOf(vec![operand(value)]))),
                "$in" => field(path, Test::OneOf(self.operands(value, &at)?)),
                "$nin" => not(field(path, Test::OneOf(self.operands(value, &at)?))),
                "$gt" => compare(Relation::Greater)?,
                "$gte" => compare(Relation::GreaterOrEqual)?,
                "$lt" => compare(Relation::Less)?,
                "$lte" => compare(Relation::LessOrEqual)?,
                "$exists" => match value {
                    Value::Bool(true) => field(path, Test::Exists),
                    Value::Bool(false) => not(field(path, Test::Exists)),
                    _ => return Err(wrong(&at, "is not a boolean; write true or false")),
                },
                "$contains" => {
                    field(
                        path,
                        Test::Contains(Scalar::of(value).ok_or_else(|| {
                            wrong(&at, "is a list or an object; give one element or a text")
                        })?),
                    )
                }
                "$not" => not(match value {
                    Value::Object(inner) if inner.keys().any(|key| key.starts_with('$')) => {
                        self.operators(path, inner, &at, depth)?
                    }
                    _ => {
                        return Err(wrong(
                            &at,
                            "is not an object of operators; write {\"$not\": {\"$gt\": 1}}",
                        ));
                    }
                }),
                _ => {
                    return Err(wrong(
                        &at,
                        "is not known; use $eq $ne $gt $gte $lt $lte $in $nin $exists $contains or $not",
                    ));
                }
            });
        }
        Ok(one_or_all(all))
    }

    fn operands(&mut self, value: &Value, at: &str) -> Result<Vec<Operand>, Error> {
        let items = value.as_array().ok_or_else(|| wrong(at, "is not a list of values; write [1, 2]"))?;
        self.conditions += items.len() / 16;
        Ok(items.iter().map(operand).collect())
    }

    fn descend(&mut self, at: &str, depth: usize) -> Result<usize, Error> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(wrong("$", format!("has more than {MAX_CONDITIONS} conditions; split the query")));
        }
        depth.checked_sub(1).ok_or_else(|| {
            let start: String = at.chars().take(40).collect();
            wrong(&format!("{start}..."), format!("is nested deeper than {MAX_DEPTH}; flatten it"))
        })
    }
}

fn field(path: &str, test: Test) -> Condition {
    Condition::Field { path: path.to_owned(), test }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn one_or_all(mut all: Vec<Condition>) -> Condition {
    if all.len() == 1 { all.swap_remove(0) } else { Condition::All(all) }
}

fn operand(value: &Value) -> Operand {
    Scalar::of(value).map_or_else(|| Operand::Compound(value.clone()), Operand::Scalar)
}

fn ordered(value: &Value, at: &str) -> Result<Scalar, Error> {
    match value {
        Value::Number(_) | Value::String(_) | Value::Bool(_) => Scalar::of(value)
            .ok_or_else(|| wrong(at, "cannot be ordered; give a number, a text or a boolean")),
        _ => Err(wrong(at, "cannot be ordered; give a number, a text or a boolean")),
    }
}

fn wrong(at: &str, problem: impl Into<String>) -> Error {
    Error::Filter { at: at.to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests;
