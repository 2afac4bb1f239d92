-- Digests of client assertions that have been used, until they expire.
CREATE TABLE used_assertions (
    digest BYTEA NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX used_assertions_by_expiry ON used_assertions (expires);
