//! One-time codes.

use super::*;

#[test]
fn a_right_code_lets_in_once_and_a_wrong_one_spends_it() {
    let hall = Hall::new();
    let link = hall.link();
    assert!(
        matches!(hall.enter(&link, "00000000"), Attempt::WrongCode),
        "none yet"
    );
    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    assert_eq!(code.code.len(), 8);
    assert!(!format!("{code:?}").contains(&code.code));
    let spaced = format!("{} {}", &code.code[..4], &code.code[4..]);
    assert!(matches!(hall.enter(&link, &spaced), Attempt::Granted(_)));
    assert!(
        matches!(hall.enter(&link, &code.code), Attempt::WrongCode),
        "once"
    );

    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    let wrong = if code.code == "12345678" {
        "87654321"
    } else {
        "12345678"
    };
    assert!(matches!(hall.enter(&link, wrong), Attempt::WrongCode));
    assert!(
        matches!(hall.enter(&link, &code.code), Attempt::WrongCode),
        "spent"
    );
    assert_eq!(
        hall.world.last_actions(4),
        [
            "entry_code.shown",
            "entry.granted",
            "entry_code.shown",
            "entry.refused"
        ]
    );
    // The link itself goes on.
    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    assert!(matches!(hall.enter(&link, &code.code), Attempt::Granted(_)));
}

#[test]
fn a_code_works_for_ten_minutes_and_a_new_one_takes_its_place() {
    let hall = Hall::new();
    let link = hall.link();
    let show = || {
        hall.service()
            .show_entry_code(&root(), link.link.id)
            .unwrap()
            .code
    };
    let first = show();
    hall.world.pass(Duration::minutes(10));
    assert!(matches!(hall.enter(&link, &first), Attempt::WrongCode));
    let (second, third) = (show(), show());
    assert!(matches!(hall.enter(&link, &second), Attempt::WrongCode));
    // Trying the old one has spent the new one: one attempt for one code.
    assert!(matches!(hall.enter(&link, &third), Attempt::WrongCode));
    let fourth = show();
    hall.world.pass(Duration::seconds(599));
    assert!(matches!(hall.enter(&link, &fourth), Attempt::Granted(_)));
}

#[test]
fn a_clock_set_back_lengthens_no_code() {
    let hall = Hall::new();
    let link = hall.link();
    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    hall.world.pass(Duration::hours(-2));
    let entrance = hall.service().entrance(&secret(&link)).unwrap();
    assert_eq!(
        entrance,
        Entrance::NotYet {
            start: link.link.start
        }
    );
    assert!(matches!(hall.enter(&link, &code.code), Attempt::Closed));
    hall.world.pass(Duration::hours(2));
    assert!(matches!(hall.enter(&link, &code.code), Attempt::Granted(_)));
}

#[test]
fn a_link_has_five_codes_an_hour() {
    let hall = Hall::new();
    let link = hall.link();
    let show = || hall.service().show_entry_code(&root(), link.link.id);
    for _ in 0..5 {
        show().unwrap();
        hall.world.pass(Duration::minutes(10));
    }
    let refused = show().unwrap_err();
    assert!(refused.to_string().contains("5 codes"), "{refused}");
    hall.world.pass(Duration::minutes(10));
    show().unwrap();
    assert!(show().is_err());
}
