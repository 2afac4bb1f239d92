use serde_json::json;

use super::*;

/// Rows of a value, a matcher and whether they match.
fn rows(rows: &[(Value, Value, bool)]) {
    for (got, want, expected) in rows {
        let found = check(Some(got), want);
        assert!(
            !matches!(found, Err(Mismatch::Broken(_))),
            "{want} is broken"
        );
        assert_eq!(found.is_ok(), *expected, "{got} against {want}");
    }
}

#[test]
fn plain_values_are_compared_exactly() {
    rows(&[
        (json!(1), json!(1.0), true),
        (json!(1), json!("1"), false),
        (json!(1), json!(true), false),
        (json!(null), json!(null), true),
        (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}), true),
        (json!({"a": 1}), json!({"a": 1, "eq": 2}), false),
        (json!({}), json!({}), true),
        (json!([1, 2]), json!([2, 1]), false),
    ]);
    assert!(check(None, &json!(null)).is_err());
}

#[test]
fn absence() {
    for want in [
        json!({"exists": false}),
        json!({"absentOr": 1}),
        json!({"absentOrEmpty": true}),
        json!({"not": {"eq": 1}}),
        json!({"anyOf": [1, {"exists": false}]}),
    ] {
        assert!(check(None, &want).is_ok(), "{want}");
    }
    for want in [
        json!({"exists": true}),
        json!({"eq": 1}),
        json!({"notContains": "a"}),
        json!({"each": 1}),
        json!({"allOf": [{"exists": false}, {"exists": true}]}),
    ] {
        assert!(check(None, &want).is_err(), "{want}");
    }
    rows(&[
        (json!(null), json!({"exists": true}), true),
        (json!(null), json!({"absentOr": 1}), true),
        (json!(2), json!({"absentOr": 1}), false),
        (json!(false), json!({"absentOrEmpty": true}), false),
        (json!([]), json!({"absentOrEmpty": true}), true),
    ]);
}

#[test]
fn types_and_text() {
    rows(&[
        (json!(1), json!({"type": "integer"}), true),
        (json!(1.0), json!({"type": "integer"}), false),
        (json!(true), json!({"type": "integer|number"}), false),
        (json!(null), json!({"type": "string|null"}), true),
        (json!("ABC"), json!({"eqi": "abc"}), true),
        (json!("abc"), json!({"matches": "^b"}), false),
        (json!("abc"), json!({"matches": "(?i)B"}), true),
        (json!("aBc"), json!({"containsi": "Bc"}), true),
        (json!(["X"]), json!({"containsi": "x"}), true),
        (json!("abc"), json!({"notContains": "d"}), true),
        (json!(5), json!({"notContains": 5}), false),
    ]);
    assert!(matches!(
        check(Some(&json!(1)), &json!({"type": "text"})),
        Err(Mismatch::Broken(_))
    ));
    assert!(matches!(
        check(Some(&json!(1)), &json!({"not": {"matches": "("}})),
        Err(Mismatch::Broken(_))
    ));
}

#[test]
fn lists_and_numbers() {
    rows(&[
        (json!([1, 2]), json!({"contains": 2.0}), true),
        (json!([1, 2]), json!({"containsAll": [2, 3]}), false),
        (json!([1, 2]), json!({"unordered": [2, 1]}), true),
        (json!([1, 1]), json!({"unordered": [2, 1]}), false),
        (json!([1, 2]), json!({"unordered": [{"gte": 1}, 1]}), false),
        (json!([1, 2]), json!({"each": {"gte": 1}}), true),
        (json!([1, "a"]), json!({"each": {"gte": 1}}), false),
        (json!([]), json!({"each": 1}), true),
        (json!("äö"), json!({"len": 2}), true),
        (json!([1]), json!({"minLen": 2}), false),
        (json!([1]), json!({"maxLen": 1}), true),
        (json!(5), json!({"len": 5}), false),
        (json!(5), json!({"gt": 5}), false),
        (json!(5), json!({"gte": 5, "lte": 5}), true),
        (json!(5), json!({"in": [4, 5]}), true),
    ]);
}
