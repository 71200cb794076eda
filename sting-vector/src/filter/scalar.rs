//! Values that compare: exact across integers and floating-point numbers.

use std::cmp::Ordering;

use serde_json::Value;

/// A value that is neither a list nor an object, totally ordered: by type first, then by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Number(Exact),
    Text(Box<str>),
}

impl Scalar {
    pub(super) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(
                number
                    .as_i64()
                    .map(i128::from)
                    .or_else(|| number.as_u64().map(i128::from))
                    .map(Exact::Integer)
                    .or_else(|| number.as_f64().map(Exact::of_float))?,
            ),
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }

    /// The value; a number beyond 64 bits as the nearest float.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(Exact::Integer(integer)) => i64::try_from(*integer)
                .map(Value::from)
                .or_else(|_| u64::try_from(*integer).map(Value::from))
                .unwrap_or_else(|_| Value::from(*integer as f64)),
            Self::Number(Exact::Float(float)) => Value::from(*float),
            Self::Text(text) => Value::from(&**text),
        }
    }

    /// The order of two values of one type; `None` for two types.
    pub(super) fn cmp_same_type(&self, other: &Self) -> Option<Ordering> {
        (std::mem::discriminant(self) == std::mem::discriminant(other)).then(|| self.cmp(other))
    }
}

/// A number of 64 bits of either kind. Floats that are integers are kept as such, so that equal
/// numbers have one form.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exact {
    Integer(i128),
    /// Never an integer below 2^100, never NaN.
    Float(f64),
}

impl Exact {
    fn of_float(float: f64) -> Self {
        if float.fract() == 0.0 && float.abs() < 2f64.powi(100) {
            Self::Integer(float as i128)
        } else {
            Self::Float(float)
        }
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match (*self, *other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(&b),
            (Self::Integer(a), Self::Float(b)) => cmp_mixed(a, b),
            (Self::Float(a), Self::Integer(b)) => cmp_mixed(b, a).reverse(),
        }
    }
}

/// Integers are of 65 bits at most, so a float of 2^100 or more is beyond them all, and a smaller
/// one has a fraction and lies strictly between two integers.
fn cmp_mixed(integer: i128, float: f64) -> Ordering {
    if integer <= float.floor() as i128 { Ordering::Less } else { Ordering::Greater }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Exact {}

/// Whether two values are equal, numbers by value and objects whatever the order of their keys.
pub(super) fn is_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_equal(a, b)))
        }
        (a, b) => Scalar::of(a).is_some_and(|a| Some(a) == Scalar::of(b)),
    }
}

/// Whether a value is the operand, or a list that has it as an element.
pub(super) fn is_or_has(value: &Value, operand: &Value) -> bool {
    is_equal(value, operand)
        || value.as_array().is_some_and(|items| items.iter().any(|item| is_equal(item, operand)))
}
