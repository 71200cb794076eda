//! Errors of the crates as the exceptions of `sting.errors`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Which exception of `sting.errors`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Class {
    Sting,
    Config,
    Model,
    Store,
    Rule,
    Source,
    Cancelled,
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::Sting => "StingError",
            Self::Config => "ConfigError",
            Self::Model => "ModelError",
            Self::Store => "StoreError",
            Self::Rule => "RuleError",
            Self::Source => "SourceError",
            Self::Cancelled => "CancelledError",
        }
    }
}

/// An exception with its code; what follows the last semicolon of a message is its mend, which becomes the hint.
pub(crate) fn raise(class: Class, code: &str, message: &str) -> PyErr {
    Python::attach(|py| {
        let hint = message.rsplit_once("; ").map_or("", |(_, mend)| mend);
        match exception(py, class) {
            Ok(exception) => {
                PyErr::from_type(exception, (message.to_owned(), code.to_owned(), hint.to_owned()))
            }
            Err(error) => error,
        }
    })
}

fn exception(py: Python<'_>, class: Class) -> PyResult<Bound<'_, PyType>> {
    static ERRORS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = ERRORS.get_or_try_init(py, || PyModule::import(py, "sting.errors").map(Bound::unbind))?;
    module.bind(py).getattr(class.name())?.cast_into().map_err(PyErr::from)
}

/// The exception of a rule that cannot be used, not raised but listed.
pub(crate) fn rule_error(py: Python<'_>, fault: &sting_core::RuleError) -> PyResult<Py<PyAny>> {
    let hint = fault.message.rsplit_once("; ").map_or("", |(_, mend)| mend);
    let arguments = (&fault.message, "rule", hint, &fault.path, fault.line);
    exception(py, Class::Rule)?.call1(arguments).map(Bound::unbind)
}

/// A wrong argument, in the words of this library.
pub(crate) fn config(message: &str) -> PyErr {
    raise(Class::Config, "config", message)
}

/// Turns an error of a crate into an exception.
pub(crate) trait Raise {
    fn raise(self) -> PyErr;
}

impl Raise for sting_core::Error {
    fn raise(self) -> PyErr {
        use sting_core::Error::{Model, Rule, Tokenizer};
        let class = match &self {
            Tokenizer { .. } | Model(_) => Class::Model,
            Rule(_) => Class::Rule,
            _ => Class::Config,
        };
        raise(class, self.code(), &self.to_string())
    }
}

impl Raise for sting_core::model::ModelError {
    fn raise(self) -> PyErr {
        raise(Class::Model, "model", &self.to_string())
    }
}

/// `map_err` by trait, so that call sites read `result.or_raise()?`.
pub(crate) trait OrRaise<T> {
    fn or_raise(self) -> PyResult<T>;
}

impl<T, E: Raise> OrRaise<T> for Result<T, E> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(Raise::raise)
    }
}
