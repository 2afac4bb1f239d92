use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Filter, FilterError> {
    Filter::parse(text, &Limits::default())
}

fn printed(text: &str) -> String {
    parse(text).unwrap().to_string()
}

// proves: 7644-3.4.2.2-precedence
#[test]
fn not_binds_tighter_than_and_tighter_than_or() {
    let Filter::Or(terms) = parse("a pr or b pr and not (c pr) or d pr").unwrap() else {
        panic!("or is the loosest")
    };
    assert_eq!(terms.len(), 3);
    let Filter::And(inner) = &terms[1] else {
        panic!("and is tighter than or")
    };
    assert!(matches!(inner[1], Filter::Not(_)));
}

// proves: 7644-3.4.2.2-case
#[test]
fn words_spaces_and_parentheses_are_normalised() {
    for (text, canonical) in [
        ("  userName   EQ  \"a\"  ", "userName eq \"a\""),
        ("NOT(a PR)AND b pr", ""),
        ("NOT(a PR) AND b pr", "not (a pr) and b pr"),
        (
            "((a pr or b pr)) and (c pr and d pr)",
            "(a pr or b pr) and (c pr and d pr)",
        ),
        ("(a pr and b pr) or c pr", "a pr and b pr or c pr"),
        ("active eq TRUE or x eq Null", "active eq true or x eq null"),
        ("emails [ type eq \"work\" ]", "emails[type eq \"work\"]"),
        (
            "emails[type eq \"work\"].value eq \"a\"",
            "emails[type eq \"work\"].value eq \"a\"",
        ),
        ("notes pr", "notes pr"),
        ("n gt -1.5e3", "n gt -1500.0"),
    ] {
        if canonical.is_empty() {
            assert!(parse(text).is_err(), "{text}");
        } else {
            assert_eq!(printed(text), canonical);
        }
    }
}

#[test]
fn text_is_a_json_string() {
    for (text, value) in [
        (r#"a eq "x\u0041\n\\\"\/""#, "xA\n\\\"/"),
        (r#"a eq "\ud83d\ude00 é""#, "\u{1F600} é"),
        (r#"a eq "and or ( ] not""#, "and or ( ] not"),
        (r#"a eq """#, ""),
    ] {
        let Filter::Compare {
            value: CompValue::String(given),
            ..
        } = parse(text).unwrap()
        else {
            panic!("{text} is a comparison")
        };
        assert_eq!(given, value);
    }
}

// proves: 7644-3.4.2.2-expression 7644-3.4.2.2-unrecognized
#[test]
fn errors_name_the_column_in_characters() {
    for (text, column) in [
        ("", 1),
        ("userName", 9),
        ("userName eq", 12),
        ("userName eq ", 13),
        ("userName zz \"x\"", 10),
        ("userName eq bjensen", 13),
        ("userName eq \"x", 13),
        ("userName eq \"\\a\"", 13),
        ("userName eq \"\\ud800\"", 13),
        ("userName eq \"\\u0000\"", 13),
        ("userName eq \"a\tb\"", 13),
        ("userName eq 01", 13),
        ("userName eq\"x\"", 12),
        ("not userName pr", 5),
        ("(a pr", 6),
        ("a pr)", 5),
        ("a pr and", 9),
        ("a pr xor b pr", 6),
        ("(a pr)and b pr", 7),
        ("a pr b pr", 6),
        ("a[b[c pr]]", 4),
        ("a[b pr", 7),
        ("a[b pr]c", 8),
        ("a[].b pr", 3),
        ("a..b pr", 3),
        ("a eq \"\u{20ac}\u{20ac}\" and 1 pr", 15),
    ] {
        assert_eq!(
            parse(text).unwrap_err().column,
            column,
            "{text:?}: {}",
            parse(text).unwrap_err()
        );
    }
}

#[test]
fn limits_hold_while_reading() {
    let limits = Limits {
        filter_length: 60,
        filter_depth: 3,
        filter_terms: 3,
        path_length: 10,
        ..Limits::default()
    };
    let problem = |text: &str| Filter::parse(text, &limits).unwrap_err().problem;
    assert!(Filter::parse("(not (a[b pr]))", &limits).is_ok());
    assert_eq!(
        problem("((not (a[b pr])))"),
        Problem::Limit("levels of nesting", 3)
    );
    assert!(Filter::parse("a pr or b pr or c pr", &limits).is_ok());
    assert_eq!(
        problem("a pr or b pr or c pr or d pr"),
        Problem::Limit("comparisons", 3)
    );
    assert_eq!(
        problem("abcdefghijk pr"),
        Problem::Limit("characters of an attribute path", 10)
    );
    assert_eq!(problem(&" ".repeat(61)), Problem::Limit("characters", 60));
    // Deep nesting ends at the limit, not on the stack.
    let deep = "(".repeat(100_000);
    let generous = Limits {
        filter_length: 1_000_000,
        ..Limits::default()
    };
    assert!(Filter::parse(&deep, &generous).is_err());
}

fn path() -> impl Strategy<Value = AttributePath> {
    (
        "(urn:x:[0-9]\\.0:User:)?",
        "[a-z][A-Za-z0-9_-]{0,6}",
        proptest::option::of("[a-z]{1,4}|\\$ref"),
        proptest::option::of("[a-z]{1,4}"),
    )
        .prop_map(|(schema, attribute, sub_attribute, below)| AttributePath {
            below: below.filter(|_| !schema.is_empty() && sub_attribute.is_some()),
            schema: schema.strip_suffix(':').map(str::to_owned),
            attribute,
            sub_attribute,
            column: 1,
        })
}

fn comparison() -> impl Strategy<Value = Filter> {
    let op = proptest::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let value = prop_oneof![
        "[^\0]{0,8}".prop_map(CompValue::String),
        any::<i64>().prop_map(|number| CompValue::Number(number.into())),
        any::<i16>().prop_map(|number| {
            CompValue::Number(Number::from_f64(f64::from(number) / 4.0).unwrap())
        }),
        any::<bool>().prop_map(CompValue::Bool),
        Just(CompValue::Null),
    ];
    prop_oneof![
        (path(), op, value).prop_map(|(path, op, value)| Filter::Compare {
            path,
            op: CompareOp::from_word(op).unwrap(),
            value
        }),
        path().prop_map(Filter::Present),
    ]
}

fn tree() -> impl Strategy<Value = Filter> {
    let inner = comparison().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    });
    let tail = comparison().prop_map(|mut tail| {
        if let Filter::Compare { path, .. } | Filter::Present(path) = &mut tail {
            *path = AttributePath::plain("value");
        }
        Box::new(tail)
    });
    let value_path =
        (path(), inner.clone(), proptest::option::of(tail)).prop_map(|(path, filter, tail)| {
            Filter::ValuePath {
                path,
                filter: Box::new(filter),
                tail,
            }
        });
    prop_oneof![
        inner.clone(),
        (inner, value_path).prop_map(|(a, b)| Filter::And(vec![a, b]))
    ]
}

#[test]
fn a_number_is_read_to_its_last_digit() {
    let long = Filter::parse("quota gt 2.1611111111055555110555557", &Limits::default()).unwrap();
    assert_eq!(
        Filter::parse(&long.to_string(), &Limits::default()),
        Ok(long)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_printed_reads_back_the_same(filter in tree()) {
        let limits = Limits { filter_length: 100_000, filter_terms: 1_000, ..Limits::default() };
        let text = filter.to_string();
        prop_assert_eq!(Filter::parse(&text, &limits), Ok(filter), "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z\"\\\\\\[\\]() .:é$0-9-]{0,40}|\\PC{0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
        }
        let _ = value_path(&text, &Limits::default());
    }
}
