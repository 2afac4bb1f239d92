-- Tokens issued before `epoch` no longer work.
ALTER TABLE providers ADD COLUMN epoch BIGINT;

CREATE INDEX tokens_by_expiry ON tokens (expires);
-- Which short tokens are the oldest is read from the index alone: ids are in the order of time.
CREATE INDEX tokens_by_age ON tokens (provider_id, activation, id);

-- Failed client authentications of one source in one window of time; `client` is the digest of the
-- client id that was tried, or empty for all of them together.
CREATE TABLE failures (
    source TEXT COLLATE "C" NOT NULL,
    client BYTEA NOT NULL,
    time_window BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (source, client, time_window)
);
CREATE INDEX failures_by_window ON failures (time_window);
