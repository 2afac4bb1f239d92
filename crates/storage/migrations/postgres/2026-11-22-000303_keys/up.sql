-- Keys that sign assertions. `sealed` is the private part, encrypted under the key of the configuration.
CREATE TABLE signing_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    public BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    created BIGINT NOT NULL,
    active_from BIGINT NOT NULL
);
CREATE INDEX signing_keys_by_time ON signing_keys (active_from, id);
