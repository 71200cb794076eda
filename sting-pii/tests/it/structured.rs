//! JSON.

use crate::laws::{DEFAULT, dense_text};
use proptest::prelude::*;
use serde_json::{Value, json};

fn scrubbed(json: &str) -> String {
    DEFAULT.scrub_json(json).unwrap().text.into_inner()
}

#[test]
fn keys_decide_and_bytes_stay() {
    let json = "{ \"password\" : [\"correct horse\", {\"x\":\"y\"}],\n\t\"card\": 4111111111111111, \"n\": 1.50e3 }\n{\"a\":null}";
    assert_eq!(
        scrubbed(json),
        "{ \"password\" : [\"[PASSWORD]\", {\"x\":\"y\"}],\n\t\"card\": \"[CREDIT_CARD]\", \"n\": 1.50e3 }\n{\"a\":null}"
    );
    assert_eq!(scrubbed(r#"{"jane@example.org": true}"#), r#"{"[EMAIL]": true}"#);
}

#[test]
fn escapes_hide_nothing() {
    let json = r#"{"m": "jane\u0040example.org \ud83d\ude00 é"}"#;
    let result = DEFAULT.scrub_json(json).unwrap();
    assert_eq!(result.text.get(), "{\"m\": \"[EMAIL] 😀 é\"}");
    assert_eq!(result.findings[0].span.get(json), Some(r"jane\u0040example.org"));
}

#[test]
fn what_is_not_json_is_refused() {
    for text in
        ["{", "[1,", "{\"a\" 1}", "{\"a\":1 2}", "[1}", "nul", "\"open", "{1:2}", "\"\\x\"", "{\"a\"", "]"]
    {
        assert_eq!(DEFAULT.scrub_json(text).unwrap_err().code(), "json", "{text}");
    }
    assert!(DEFAULT.scrub_json(&"[".repeat(5000)).is_err());
}

proptest! {
    #[test]
    fn json_stays_json_and_comes_to_rest(texts in proptest::collection::vec(dense_text(), 0..5), key in "[a-z]{1,8}") {
        let json = json!({key: texts.clone(), "list": texts, "n": 12.5}).to_string();
        let once = scrubbed(&json);
        let value: Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(value.as_object().unwrap().len(), serde_json::from_str::<Value>(&json).unwrap().as_object().unwrap().len());
        prop_assert_eq!(scrubbed(&once), once);
    }
}
