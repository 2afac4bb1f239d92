//! The one case folding of the house: what is equal without case folds to the same text.

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds for comparison without case: `NFKC(casefold(NFKC(text)))`, the full Unicode folding, so
/// `STRASSE` and `straße` are one, and so are the composed and decomposed forms of `é`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let normal: String = text.nfkc().collect();
    CaseMapper::new().fold_string(&normal).nfkc().collect()
}

/// Folds, and leaves out what stands on or below letters: `João` and `joao` are one. For finding names by
/// what people type, never for telling them apart.
pub fn bare(text: &str) -> String {
    let folded = fold(text);
    if folded.is_ascii() {
        return folded;
    }
    folded
        .nfd()
        .filter(|character| !is_combining_mark(*character))
        .nfc()
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    #[test]
    fn a_name_is_found_without_its_marks() {
        for (name, typed) in [
            ("João Conceição", "joao conceicao"),
            ("E\u{301}RIC", "eric"),
            ("Łukasz", "łukasz"),
            ("STRASSE", "straße"),
            ("山田", "山田"),
        ] {
            assert_eq!(bare(name), bare(typed), "{name}");
        }
        assert_eq!(bare("JOÃO"), "joao");
    }

    /// Names as the profile `UsernameCaseMapped` prepares them before it compares them (RFC 7613,
    /// section 3.2.2): wide and narrow forms are mapped, case is, and the rest composed (NFC).
    fn case_mapped(name: &str) -> String {
        let width = |character: char| match character {
            '\u{3000}' | '\u{ff01}'..='\u{ffee}' => character.nfkc().collect(),
            other => other.to_string(),
        };
        let mapped: String = name.chars().map(width).collect();
        CaseMapper::new().fold_string(&mapped).nfc().collect()
    }

    // proves: 7644-5-precis
    #[test]
    fn what_the_profile_of_user_names_makes_one_is_one() {
        for character in '\0'..=char::MAX {
            // A mark may compose with what stands before it.
            for name in [character.to_string(), format!("e{character}")] {
                assert_eq!(fold(&case_mapped(&name)), fold(&name), "{name:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn what_the_profile_makes_one_is_one_in_any_text(name in "\\PC{0,12}") {
            prop_assert_eq!(fold(&case_mapped(&name)), fold(&name));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,12}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
