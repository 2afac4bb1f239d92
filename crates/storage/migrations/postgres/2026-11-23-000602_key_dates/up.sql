-- Since when a key, an issuer or a certificate stands in a provider's settings, by the id under which its uses are
-- counted. Nothing is known of those that were registered before.
CREATE TABLE key_dates (
    credential_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    created BIGINT NOT NULL
);
CREATE INDEX key_dates_by_provider ON key_dates (provider_id);
