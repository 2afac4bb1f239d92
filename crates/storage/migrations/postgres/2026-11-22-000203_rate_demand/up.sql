-- What each node was asked for lately by a provider that has a limit.
CREATE TABLE rate_demand (
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    node TEXT COLLATE "C" NOT NULL,
    demand BIGINT NOT NULL,
    reported BIGINT NOT NULL,
    PRIMARY KEY (provider_id, node)
);
