use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;

use super::*;
use crate::engine::Session;
use crate::lower::tests::database::{Database, PROVIDER};

const OTHER: &str = "01890000-0000-7000-8000-000000000009";

fn token(number: usize, activation: bool) -> Token {
    Token {
        id: format!("01890000-0000-7000-8000-{number:012}")
            .parse()
            .unwrap(),
        provider: PROVIDER.parse().unwrap(),
        name: activation.then(|| number.to_string()),
        activation,
        scopes: Scopes::ALL,
        issued: DateTime::from_timestamp_micros(5).unwrap(),
        expires: DateTime::from_timestamp_micros(7).unwrap(),
        certificate: None,
    }
}

/// A digest that has its first eight bytes in common with all others made here.
fn alike(last: u8) -> Digest {
    let mut bytes = [0xf7; 32];
    bytes[31] = last;
    Digest::from_bytes(&bytes).unwrap()
}

fn known(write: &mut Write<'_>, digest: &Digest) -> Option<String> {
    let found = find_token(write, digest).unwrap();
    found.map(|found| found.token.id.to_string())
}

fn tells_apart(mut database: Database) {
    let mut write = Write::new(&mut database.connection);
    let write = &mut write;
    let provider = PROVIDER.parse().unwrap();
    for number in 1..4 {
        let digest = alike(u8::try_from(number).unwrap());
        insert_token(write, &token(number, number == 3), &digest).unwrap();
    }
    for number in 1..4 {
        let digest = alike(u8::try_from(number).unwrap());
        let own = token(number, false).id;
        assert_eq!(known(write, &digest), Some(own.to_string()));
        let found = find_token_by_id(write, provider, own).unwrap().unwrap();
        assert_eq!(found.activation, number == 3);
        assert!(
            find_token_by_id(write, OTHER.parse().unwrap(), own)
                .unwrap()
                .is_none()
        );
    }
    assert_eq!(known(write, &alike(4)), None);
    let others = OTHER.parse().unwrap();
    assert!(!delete_token_by_digest(write, others, &alike(1)).unwrap());
    assert!(!delete_token_by_digest(write, provider, &alike(4)).unwrap());
    assert!(delete_token_by_digest(write, provider, &alike(1)).unwrap());
    assert_eq!(known(write, &alike(1)), None);
    assert!(known(write, &alike(2)).is_some());
    // The end of the activation token is not recorded yet, so it stays beside one that goes.
    let at = token(2, false).expires;
    assert_eq!(purge_tokens(write, at, 10).unwrap(), 1);
    assert_eq!(known(write, &alike(2)), None);
    assert!(known(write, &alike(3)).is_some());
}

#[test]
fn digests_that_begin_alike_are_told_apart_on_sqlite() {
    tells_apart(Database::sqlite());
}

#[test]
fn digests_that_begin_alike_are_told_apart_on_postgresql() {
    if let Some(database) = Database::postgres("digests_alike") {
        tells_apart(database);
    }
}

fn gives_way(mut database: Database) {
    let mut write = Write::new(&mut database.connection);
    let write = &mut write;
    let provider = PROVIDER.parse().unwrap();
    for number in 0..20 {
        let digest = Digest::of(&number.to_string());
        insert_token(write, &token(number, number % 5 == 0), &digest).unwrap();
    }
    let left = |write: &mut Write<'_>| -> Vec<usize> {
        (0..20)
            .filter(|number| known(write, &Digest::of(&number.to_string())).is_some())
            .collect()
    };
    for _ in 0..2 {
        trim_tokens(write, provider, 7).unwrap();
        assert_eq!(left(write), [0, 5, 10, 12, 13, 14, 15, 16, 17, 18, 19]);
    }
}

#[test]
fn the_oldest_short_tokens_go_and_no_activation_token_on_sqlite() {
    gives_way(Database::sqlite());
}

#[test]
fn the_oldest_short_tokens_go_and_no_activation_token_on_postgresql() {
    if let Some(database) = Database::postgres("tokens_give_way") {
        gives_way(database);
    }
}

/// How SQLite goes about a statement.
fn plan<Q>(database: &mut Database, statement: &Q) -> String
where
    Q: diesel::query_builder::QueryFragment<Sqlite>,
{
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let Session::Sqlite(connection) = &mut database.connection else {
        panic!("only SQLite tells so");
    };
    let text = format!("EXPLAIN QUERY PLAN {}", diesel::debug_query(statement));
    let steps: Vec<Step> = diesel::sql_query(text).load(connection).unwrap();
    let steps: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
    steps.join("; ")
}

#[test]
fn nothing_walks_past_tokens_that_it_leaves() {
    let mut database = Database::sqlite();
    let database = &mut database;
    let provider: ProviderId = PROVIDER.parse().unwrap();
    let looked_up = tokens::table
        .filter(tokens::digest_key.eq(key(&alike(1))))
        .select(TOKEN);
    assert_eq!(
        plan(database, &looked_up),
        "SEARCH tokens USING INDEX tokens_by_digest (digest_key=?)"
    );
    let surplus = short_of_provider(provider)
        .order(tokens::seq.desc())
        .offset(7)
        .limit(500)
        .select(tokens::seq);
    assert_eq!(
        plan(database, &surplus),
        "SEARCH tokens USING COVERING INDEX tokens_by_age (provider_id=? AND activation=?)"
    );
    let trimmed = diesel::delete(short_of_provider(provider).filter(tokens::seq.between(1, 2)));
    assert_eq!(
        plan(database, &trimmed),
        "SEARCH tokens USING COVERING INDEX tokens_by_age (provider_id=? AND activation=? AND rowid>? AND rowid<?)"
    );
    let expired = tokens::table
        .filter(gone(7, 7))
        .limit(500)
        .select(tokens::digest_key);
    assert_eq!(
        plan(database, &expired),
        "SEARCH tokens USING INDEX tokens_by_expiry (expires<?)"
    );
    let purged = tokens::table.filter(tokens::digest_key.eq_any([1, 2]));
    let purged = diesel::delete(purged.filter(gone(7, 7)));
    assert_eq!(
        plan(database, &purged),
        "SEARCH tokens USING INDEX tokens_by_digest (digest_key=?)"
    );
    let listed = tokens::table
        .filter(tokens::provider_id.eq(PROVIDER))
        .filter(tokens::activation)
        .filter(tokens::id.gt(PROVIDER))
        .order(tokens::id)
        .select(TOKEN);
    assert_eq!(
        plan(database, &listed),
        "SEARCH tokens USING INDEX tokens_by_provider_and_id (provider_id=? AND id>?)"
    );
}
