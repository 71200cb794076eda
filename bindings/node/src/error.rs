//! Errors of the crates, sent as JSON in the message of a JavaScript error; `index.js` makes a `StingError` of it.

use napi::{Error, Result};

/// An error with its code; what follows the last semicolon of a message is its mend, which becomes the hint.
pub(crate) fn fault(code: &str, message: &str) -> Error {
    let hint = message.rsplit_once("; ").map_or("", |(_, mend)| mend);
    // The key comes first: it is what `index.js` looks for.
    let body = serde_json::json!({ "sting": { "code": code, "message": message, "hint": hint } });
    Error::from_reason(body.to_string())
}

/// A wrong argument, in the words of this library.
pub(crate) fn config(message: &str) -> Error {
    fault("config", message)
}

/// Turns an error of a crate into one of JavaScript.
pub(crate) trait OrThrow<T> {
    fn or_throw(self) -> Result<T>;
}

macro_rules! or_throw {
    ($($error:ty => $code:expr),* $(,)?) => {$(
        impl<T> OrThrow<T> for std::result::Result<T, $error> {
            fn or_throw(self) -> Result<T> {
                let code: fn(&$error) -> &str = $code;
                self.map_err(|error| fault(code(&error), &error.to_string()))
            }
        }
    )*};
}

or_throw! {
    sting_core::Error => |error| error.code(),
    sting_core::model::ModelError => |_| "model",
    sting_pii::Error => |error| error.code(),
    sting_vector::Error => |error| error.code(),
    sting_ingest::Error => |error| error.code(),
}
