use super::*;

const DURATIONS: Durations = Durations {
    usual: Duration::seconds(7 * 86_400),
    longest: Duration::seconds(90 * 86_400),
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn wanted(start: Option<i64>, minutes: Option<i64>) -> Wanted {
    Wanted {
        start: start.map(at),
        duration: minutes.map(Duration::minutes),
    }
}

#[test]
fn a_window_begins_as_soon_as_it_can_and_lasts_as_long_as_usual() {
    let window = wanted(None, None).window(at(100), (None, None), DURATIONS);
    assert_eq!(window, Ok((at(100), at(100 + 7 * 86_400))));
    let window = wanted(None, Some(5)).window(at(100), (Some(at(1_000)), None), DURATIONS);
    assert_eq!(window, Ok((at(1_000), at(1_300))));
}

#[test]
fn no_link_outlasts_its_vendor() {
    let vendor = (Some(at(0)), Some(at(1_000)));
    let usual = wanted(None, None).window(at(100), vendor, DURATIONS);
    assert_eq!(usual, Ok((at(100), at(1_000))), "cut to the vendor's end");
    let exact = wanted(None, Some(15)).window(at(100), vendor, DURATIONS);
    assert_eq!(exact, Ok((at(100), at(1_000))));
    let longer = wanted(None, Some(16)).window(at(100), vendor, DURATIONS);
    assert_eq!(
        longer.unwrap_err().to_string(),
        "duration_minutes: the link would last until 1970-01-01T00:17:40Z, but the vendor ends at \
         1970-01-01T00:16:40Z"
    );
    let late = wanted(Some(1_000), None).window(at(100), vendor, DURATIONS);
    assert_eq!(late, Err(WindowError::StartAfterVendor(at(1_000))));
}

#[test]
fn mistakes_are_named() {
    let none = (None, None);
    for (wanted, vendor, error) in [
        (
            wanted(Some(99), None),
            none,
            WindowError::StartInPast(at(99)),
        ),
        (
            wanted(Some(150), None),
            (Some(at(200)), None),
            WindowError::StartBeforeVendor(at(200)),
        ),
        (wanted(None, Some(0)), none, WindowError::NoDuration),
        (wanted(None, Some(-5)), none, WindowError::NoDuration),
        (
            wanted(None, Some(90 * 24 * 60 + 1)),
            none,
            WindowError::TooLong(90 * 24 * 60),
        ),
    ] {
        let refused = wanted.window(at(100), vendor, DURATIONS).unwrap_err();
        assert!(refused.to_string().starts_with(refused.field()));
        assert_eq!(refused, error);
    }
}

#[test]
fn the_nearest_word_on_delivery_holds() {
    use LinkDelivery::{Default, No, Yes};
    for (levels, system, automatic) in [
        (vec![], true, true),
        (vec![], false, false),
        (vec![&[Default][..]], true, true),
        (vec![&[No][..]], true, false),
        (vec![&[Yes][..]], false, true),
        (vec![&[No, Yes][..], &[No][..]], false, true),
        (vec![&[Default, No][..], &[Yes][..]], true, false),
        (vec![&[Default][..], &[Yes][..]], false, true),
    ] {
        assert_eq!(
            delivered_automatically(&levels, system),
            automatic,
            "{levels:?}"
        );
    }
}
