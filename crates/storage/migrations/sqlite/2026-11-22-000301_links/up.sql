-- An access link outlives its person's row, for history: who a person was stands in it.
CREATE TABLE access_links (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    vendor_id TEXT,
    origin TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT,
    end_reason TEXT
) WITHOUT ROWID;
CREATE INDEX access_links_by_user ON access_links (user_id, id);
CREATE INDEX access_links_by_name ON access_links (provider_id, user_name_key, created);
CREATE INDEX access_links_by_vendor ON access_links (vendor_id, id) WHERE ended IS NULL;
CREATE INDEX access_links_by_provider ON access_links (provider_id, id) WHERE ended IS NULL;

-- Digests of the secrets in a link's addresses: a mail that had to be sent again has another one.
CREATE TABLE link_secrets (
    digest BLOB NOT NULL PRIMARY KEY,
    link_id TEXT NOT NULL REFERENCES access_links (id) ON DELETE CASCADE,
    created BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX link_secrets_by_link ON link_secrets (link_id);

-- `hash` is NULL until the code is made, which for a mailed one is when the mail is handed over.
CREATE TABLE entry_codes (
    id TEXT NOT NULL PRIMARY KEY,
    link_id TEXT NOT NULL REFERENCES access_links (id) ON DELETE CASCADE,
    hash TEXT,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    spent BIGINT
) WITHOUT ROWID;
CREATE INDEX entry_codes_by_link ON entry_codes (link_id, created);

-- People who may have to be given a link without anybody asking for it.
CREATE TABLE link_candidates (
    user_id TEXT NOT NULL PRIMARY KEY,
    queued BIGINT NOT NULL,
    event_id TEXT
) WITHOUT ROWID;
CREATE INDEX link_candidates_by_time ON link_candidates (queued, user_id);

CREATE TABLE panics (
    id TEXT NOT NULL PRIMARY KEY,
    vendor_id TEXT,
    group_id TEXT,
    at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX panics_by_vendor ON panics (vendor_id, at) WHERE vendor_id IS NOT NULL;
CREATE INDEX panics_by_group ON panics (group_id, at) WHERE group_id IS NOT NULL;
