//! The one case folding of the house: what is equal without case folds to the same text.

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization;

/// Folds for comparison without case: `NFKC(casefold(NFKC(text)))`, the full Unicode folding, so
/// `STRASSE` and `straße` are one, and so are the composed and decomposed forms of `é`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let normal: String = text.nfkc().collect();
    CaseMapper::new().fold_string(&normal).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    // proves: 7644-7.8-prepared
    #[test]
    fn what_differs_in_case_or_composition_is_one() {
        for (a, b) in [
            ("BJensen", "bjensen"),
            ("STRASSE", "straße"),
            ("E\u{301}RIC", "éric"),
            ("\u{212B}ngström", "ångström"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ﬁnance", "FINANCE"),
            ("Ａnna", "anna"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("eric"), fold("éric"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,12}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
