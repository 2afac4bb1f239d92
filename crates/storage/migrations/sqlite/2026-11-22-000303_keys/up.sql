-- Keys that sign assertions. `sealed` is the private part, encrypted under the key of the configuration.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    public BLOB NOT NULL,
    sealed BLOB NOT NULL,
    created BIGINT NOT NULL,
    active_from BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX signing_keys_by_time ON signing_keys (active_from, id);
