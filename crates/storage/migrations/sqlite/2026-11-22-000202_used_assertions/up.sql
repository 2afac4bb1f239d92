-- Digests of client assertions that have been used, until they expire.
CREATE TABLE used_assertions (
    digest BLOB NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX used_assertions_by_expiry ON used_assertions (expires);
