-- Keys that all nodes share, by what they are for.
CREATE TABLE server_keys (
    name TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL,
    created BIGINT NOT NULL
) WITHOUT ROWID;
