//! An address is one address however it is written.

use super::*;

#[test]
fn a_dry_run_tells_addresses_apart_as_the_import_does() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors"));
        let olga = app.admin_token("olga", Role::Operator);
        // So far apart that a dry run has undone the first by then.
        let rows_between: Vec<String> = (0..60)
            .map(|number| format!("p{number},p{number}@x.example,Acme\n"))
            .collect();
        let between = rows_between.concat();
        let table = format!(
            "user_name,email,vendor\nada,ada@exämple.example,Acme\n{between}\
             eve,ada@xn--exmple-cua.example,Acme\n"
        );
        for dry_run in [true, false] {
            let query = format!("provider={}&dry_run={dry_run}", provider.id);
            let report = post(app, &olga, &query, &table).json();
            let rows = rows(&report);
            assert_eq!(rows.first(), Some(&(2, "created", false)), "{dry_run}");
            assert_eq!(rows.last(), Some(&(63, "refused", true)), "{dry_run}");
        }
    });
}
