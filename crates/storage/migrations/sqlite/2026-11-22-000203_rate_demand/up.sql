-- What each node was asked for lately by a provider that has a limit.
CREATE TABLE rate_demand (
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    node TEXT NOT NULL,
    demand BIGINT NOT NULL,
    reported BIGINT NOT NULL,
    PRIMARY KEY (provider_id, node)
) WITHOUT ROWID;
