use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn holds(filter: &Value, metadata: &Value) -> bool {
    Filter::parse(filter).unwrap().matches(metadata.as_object().unwrap())
}

#[test]
fn semantics() {
    let row = json!({
        "jar": "a", "n": 5, "big": 9_007_199_254_740_993_i64, "huge": u64::MAX, "half": 0.5, "tags": ["x", "y", 3],
        "none": null, "ok": true, "file": {"size": 10, "names": [{"n": "p"}, {"n": "q"}]}, "dotted.key": 1,
    });
    for (filter, expected) in [
        (json!({}), true),
        (json!({"jar": "a"}), true),
        (json!({"jar": "b"}), false),
        (json!({"jar": "a", "n": 6}), false),
        (json!({"n": {"$gt": 4, "$lt": 6}}), true),
        (json!({"n": {"$gte": 5.0, "$lte": 5}}), true),
        (json!({"n": {"$gt": "4"}}), false),
        (json!({"n": 5.0}), true),
        (json!({"n": "5"}), false),
        (json!({"big": 9_007_199_254_740_992_i64}), false),
        (json!({"big": {"$gt": 9_007_199_254_740_992.0}}), true),
        (json!({"huge": {"$gt": 18_446_744_073_709_551_614_u64}}), true),
        (json!({"huge": {"$lt": 1e30}}), true),
        (json!({"half": {"$gt": 0, "$lt": 1}}), true),
        (json!({"tags": "x"}), true),
        (json!({"tags": ["x", "y", 3]}), true),
        (json!({"tags": ["y", "x", 3]}), false),
        (json!({"tags": {"$contains": "x"}}), true),
        (json!({"tags": {"$contains": "z"}}), false),
        (json!({"tags": {"$gt": 2}}), true),
        (json!({"jar": {"$contains": ""}}), true),
        (json!({"none": null}), true),
        (json!({"absent": null}), false),
        (json!({"absent": {"$gt": 1}}), false),
        (json!({"absent": {"$ne": 1}}), true),
        (json!({"absent": {"$nin": [1]}}), true),
        (json!({"absent": {"$not": {"$gt": 1}}}), true),
        (json!({"absent": {"$exists": false}}), true),
        (json!({"none": {"$exists": true}}), true),
        (json!({"n": {"$in": [1, 5]}}), true),
        (json!({"n": {"$in": []}}), false),
        (json!({"tags": {"$nin": ["y"]}}), false),
        (json!({"file.size": 10}), true),
        (json!({"file": {"size": 10}}), false),
        (json!({"file.names.n": "q"}), true),
        (json!({"dotted.key": 1}), true),
        (json!({"$or": [{"n": 1}, {"ok": true}]}), true),
        (json!({"$and": [{"n": 5}, {"ok": false}]}), false),
        (json!({"$not": {"n": 5}}), false),
        (json!({"$not": {"absent": 5}}), true),
        (json!({"ok": 1}), false),
    ] {
        assert_eq!(holds(&filter, &row), expected, "{filter}");
    }
}

#[test]
fn faults_name_their_place() {
    for (filter, at) in [
        (json!([]), "$"),
        (json!({"$nor": []}), "$.$nor"),
        (json!({"$and": {}}), "$.$and"),
        (json!({"$or": []}), "$.$or"),
        (json!({"$or": [{"a": {"$foo": 1}}]}), "$.$or[0].a.$foo"),
        (json!({"a": {"$gt": null}}), "$.a.$gt"),
        (json!({"a": {"$gt": [1]}}), "$.a.$gt"),
        (json!({"a": {"$in": 1}}), "$.a.$in"),
        (json!({"a": {"$exists": 1}}), "$.a.$exists"),
        (json!({"a": {"$contains": [1]}}), "$.a.$contains"),
        (json!({"a": {"$not": 1}}), "$.a.$not"),
        (json!({"a": {"$gt": 1, "b": 1}}), "$.a.b"),
    ] {
        match Filter::parse(&filter) {
            Err(Error::Filter { at: found, .. }) => assert_eq!(found, at, "{filter}"),
            other => panic!("{filter}: {other:?}"),
        }
    }
}

#[test]
fn depth_is_limited() {
    // Not by `json!`, which would recurse itself.
    let object = |key: &str, value: Value| Value::Object(Map::from_iter([(key.to_owned(), value)]));
    for wrap in [|v: Value| ("$and", Value::Array(vec![v])), |v| ("$not", v)] {
        let mut filter = json!({"a": 1});
        for _ in 0..10_000 {
            let (key, value) = wrap(filter);
            filter = object(key, value);
        }
        assert!(matches!(Filter::parse(&filter), Err(Error::Filter { .. })));
        // Values of this depth overflow the stack when they are dropped; that is not what is tested.
        std::mem::forget(filter);
    }
    let mut field = json!({"$gt": 1});
    for _ in 0..100 {
        field = json!({"$not": field});
    }
    assert!(Filter::parse(&json!({"a": field})).is_err());
}

fn small_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        (-2i64..3).prop_map(|n| json!(n)),
        prop::sample::select(vec![json!(0.5), json!(-1.0), json!(u64::MAX), json!(i64::MIN), json!(1e300)]),
        "[ab]{0,2}".prop_map(|s| json!(s)),
    ];
    scalar.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|v| json!(v)),
            prop::collection::vec(("[ab]", inner), 0..3).prop_map(|v| Value::Object(v.into_iter().collect())),
        ]
    })
}

fn path() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "a.a", "a.b", "c"]).prop_map(str::to_owned)
}

fn filter() -> impl Strategy<Value = Value> {
    let operator = prop_oneof![
        (prop::sample::select(vec!["$eq", "$ne"]), small_value()).prop_map(|(o, v)| json!({o: v})),
        (prop::sample::select(vec!["$gt", "$gte", "$lt", "$lte"]), small_value())
            .prop_filter("ordered", |(_, v)| v.is_number() || v.is_string() || v.is_boolean())
            .prop_map(|(o, v)| json!({o: v})),
        (prop::sample::select(vec!["$in", "$nin"]), prop::collection::vec(small_value(), 0..3))
            .prop_map(|(o, v)| json!({o: v})),
        any::<bool>().prop_map(|b| json!({"$exists": b})),
        small_value()
            .prop_filter("scalar", |v| !v.is_array() && !v.is_object())
            .prop_map(|v| json!({"$contains": v})),
    ];
    let operator = operator.prop_recursive(2, 3, 1, |inner| inner.prop_map(|v| json!({"$not": v})));
    let leaf = (path(), operator).prop_map(|(path, operator)| json!({path: operator}));
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|v| json!({"$and": v})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|v| json!({"$or": v})),
            inner.prop_map(|v| json!({"$not": v})),
        ]
    })
}

proptest! {
    /// Columns select exactly the rows that match one by one.
    #[test]
    fn columns_agree_with_rows(
        rows in prop::collection::vec(prop::collection::vec(("[ab]", small_value()), 0..3), 0..12),
        filter in filter(),
    ) {
        let rows: Vec<Metadata> = rows.into_iter().map(|row| row.into_iter().collect()).collect();
        let filter = Filter::parse(&filter).unwrap();
        let column = |path: &str| Column::new(path, (0..).zip(rows.iter().cloned()).map(Ok)).map(Arc::new);
        let selected = filter.select(rows.len() as u32, &column).unwrap();
        for (row, metadata) in (0..).zip(&rows) {
            prop_assert_eq!(selected.contains(row), filter.matches(metadata));
        }
    }
}
