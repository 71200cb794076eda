use super::super::{Event, Limits};
use proptest::prelude::*;
use serde_json::Value;

fn texts(json: &str, field: &str) -> Vec<String> {
    Event::from_json(json.as_bytes()).unwrap().all(field).map(|value| value.as_str().to_owned()).collect()
}

#[test]
fn names_nested_and_flat() {
    assert_eq!(texts(r#"{"user": {"name": "a"}}"#, "user.name"), ["a"]);
    assert_eq!(texts(r#"{"user.name": "a"}"#, "user.name"), ["a"]);
    assert_eq!(texts(r#"{"a": [{"b": 1}, {"b": [2, 3]}]}"#, "a.b"), ["1", "2", "3"]);
    assert_eq!(texts(r#"{"a": 1, "b": 0, "a": "2"}"#, "a"), ["1", "2"]);
    assert_eq!(texts(r#"{"a\u0062": "\ud83d\ude00\ud83d\n\/"}"#, "ab"), ["😀\u{fffd}\n/"]);
    assert_eq!(
        texts(r##"{"Event": {"System": {"Provider": {"#attributes": {"Name": "x"}}}}}"##, "Provider_Name"),
        ["x"]
    );
    assert!(Event::from_json(br#"{"a": {}}"#).unwrap().get("a").is_some());
}

#[test]
fn limits() {
    let deep = format!("{{\"a\":{}", "[".repeat(10_000));
    assert!(Event::from_json(deep.as_bytes()).unwrap_err().to_string().contains("nested deeper than 128"));
    let small = Limits { max_bytes: 10, ..Limits::default() };
    assert!(Event::from_json_with(br#"{"abc": "def"}"#, small).is_err());
    let few = Limits { max_values: 2, ..Limits::default() };
    assert!(Event::from_json_with(br#"{"a": [1, 2, 3]}"#, few).is_err());
    let long = format!(
        "{{\"{}\": {{{}}}}}",
        "k".repeat(1 << 20),
        (0..200).map(|i| format!("\"{i}\": 0")).collect::<Vec<_>>().join(",")
    );
    assert!(Event::from_json(long.as_bytes()).unwrap_err().to_string().contains("names are too long"));
    assert!(Event::from_json(b"{\"a\": \"\xff\"}").is_err());
    let field = format!("{{\"a\": \"{}\"}}", "x".repeat(10 << 20));
    assert_eq!(Event::from_json(field.as_bytes()).unwrap().get("a").unwrap().as_str().len(), 10 << 20);
}

/// Every scalar with its dotted path, as serde_json sees it.
fn walk(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| {
            walk(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, out);
        }),
        Value::Array(items) if !items.is_empty() => items.iter().for_each(|item| walk(item, path, out)),
        Value::Null | Value::Object(_) | Value::Array(_) => out.push((path.to_owned(), String::new())),
        Value::String(text) => out.push((path.to_owned(), text.clone())),
        other => out.push((path.to_owned(), other.to_string())),
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z\"é]{1,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::hash_map("[a-z]{1,4}", tree, 1..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn sees_what_serde_json_sees(value in json()) {
        let mut expected = Vec::new();
        walk(&value, "", &mut expected);
        let event = Event::from_json(value.to_string().as_bytes()).unwrap();
        let found: Vec<_> = event.fields().map(|(name, value)| (name.to_owned(), value.as_str().to_owned())).collect();
        prop_assert_eq!(found, expected);
    }

    /// Whatever is done to valid JSON, the two agree on whether it still is (surrogates aside).
    #[test]
    fn accepts_what_serde_json_accepts(value in json(), cut in 0usize..400, with in prop::sample::select(vec!["", "\"", "{", "]", ",", "1", "-", "0", ".", "e", "\\", "\t", " "])) {
        let mut text = value.to_string();
        let cut = (0..=cut.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.insert_str(cut, with);
        let theirs = serde_json::from_str::<serde_json::Map<String, Value>>(&text);
        let ours = Event::from_json(text.as_bytes());
        let range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert!(range || ours.is_ok() == theirs.is_ok(), "{} {:?} {:?}", text, ours, theirs);
    }
}
