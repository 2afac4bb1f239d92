-- Keys that all nodes share, by what they are for.
CREATE TABLE server_keys (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret BYTEA NOT NULL,
    created BIGINT NOT NULL
);
