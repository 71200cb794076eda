//! Python values as JSON values, and back: metadata, filters, settings, events.

use crate::error::config;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

/// Deeper values are refused: no metadata or event is meant to be so deep, and a cycle is.
const MAX_DEPTH: usize = 128;

/// The JSON value of a Python object made of `None`, `bool`, `int`, `float`, `str`, `list`, `tuple` and `dict`.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    convert(object, 0)
}

/// A mapping whose keys are strings.
pub(crate) fn object_from_python(object: &Bound<'_, PyAny>) -> PyResult<Map<String, Value>> {
    match from_python(object)? {
        Value::Object(map) => Ok(map),
        _ => Err(config("a dict is wanted here; pass one with strings as keys")),
    }
}

fn convert(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > MAX_DEPTH {
        return Err(config("a value is nested deeper than 128 levels; flatten it"));
    }
    if object.is_none() {
        Ok(Value::Null)
    } else if let Ok(text) = object.cast::<PyString>() {
        Ok(Value::String(text.to_str()?.to_owned()))
    } else if object.is_instance_of::<PyBool>() {
        Ok(Value::Bool(object.extract()?))
    } else if object.is_instance_of::<PyInt>() {
        integer(object)
    } else if object.is_instance_of::<PyFloat>() {
        Number::from_f64(object.extract()?).map(Value::Number).ok_or_else(|| {
            config("a number is NaN or infinite, which JSON has no word for; leave the key out")
        })
    } else if let Ok(dict) = object.cast::<PyDict>() {
        let mut map = Map::with_capacity(dict.len());
        for (key, value) in dict {
            let key =
                key.cast::<PyString>().map_err(|_| config("a key is not a string; use strings as keys"))?;
            map.insert(key.to_str()?.to_owned(), convert(&value, depth + 1)?);
        }
        Ok(Value::Object(map))
    } else if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        object.try_iter()?.map(|item| convert(&item?, depth + 1)).collect::<PyResult<_>>().map(Value::Array)
    } else if let Ok(number) = object.extract::<f64>() {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| config("a number is NaN or infinite; leave the key out"))
    } else {
        let name = object.get_type().name()?.to_string();
        Err(config(&format!(
            "a value of type {name} cannot be stored; use None, bool, int, float, str, list or dict"
        )))
    }
}

fn integer(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(signed) = object.extract::<i64>() {
        return Ok(signed.into());
    }
    object
        .extract::<u64>()
        .map(Value::from)
        .map_err(|_| config("an integer is outside 64 bits; pass it as a string"))
}

/// The Python object of a JSON value.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(truth) => truth.into_bound_py_any(py),
        Value::String(text) => text.into_bound_py_any(py),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(signed), _) => signed.into_bound_py_any(py),
            (None, Some(unsigned)) => unsigned.into_bound_py_any(py),
            (None, None) => number.as_f64().into_bound_py_any(py),
        },
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            Ok(list.into_any())
        }
        Value::Object(map) => Ok(object_to_python(py, map)?.into_any()),
    }
}

/// The `dict` of a JSON object.
pub(crate) fn object_to_python<'py>(
    py: Python<'py>,
    map: &Map<String, Value>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in map {
        dict.set_item(key, to_python(py, value)?)?;
    }
    Ok(dict)
}
