-- A request outlives its person's row, for history, as a link does.
CREATE TABLE access_requests (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL,
    provider_id TEXT COLLATE "C" NOT NULL,
    user_name TEXT COLLATE "C" NOT NULL,
    vendor_id TEXT COLLATE "C",
    access_group_id TEXT COLLATE "C" NOT NULL,
    requester_id TEXT COLLATE "C",
    requester_name TEXT COLLATE "C" NOT NULL,
    asked TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    decided BIGINT,
    link_id TEXT COLLATE "C",
    version BIGINT NOT NULL
);
CREATE INDEX access_requests_by_user ON access_requests (user_id, id);
CREATE INDEX access_requests_by_provider ON access_requests (provider_id, id);
CREATE INDEX access_requests_expiring ON access_requests (expires) WHERE state = 'pending';

CREATE TABLE access_request_votes (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES access_requests (id) ON DELETE CASCADE,
    -- Of the administrator, or empty for the command line: each has one.
    voice TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    approves BOOLEAN NOT NULL,
    level BIGINT NOT NULL,
    comment TEXT COLLATE "C",
    at BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (request_id, voice)
);

DROP VIEW timeline;
-- What time alone changes, under the word by which it is recorded then.
CREATE VIEW timeline AS
SELECT start_at AS at, 'vendor.started' AS kind, id AS subject_id, provider_id, id AS vendor_id, name
FROM vendors WHERE start_at IS NOT NULL AND status = 'enabled'
UNION ALL
SELECT end_at, 'vendor.ended', id, provider_id, id, name
FROM vendors WHERE end_at IS NOT NULL AND status = 'enabled'
UNION ALL
SELECT start_at, 'link.started', id, provider_id, vendor_id, user_name
FROM access_links WHERE ended IS NULL AND start_at > created
UNION ALL
SELECT end_at, 'link.expired', id, provider_id, vendor_id, user_name
FROM access_links WHERE ended IS NULL
UNION ALL
SELECT until, 'block.ended', id, provider_id, CAST(NULL AS TEXT), user_name_key
FROM blocks WHERE until IS NOT NULL AND lifted_event IS NULL
UNION ALL
SELECT valid_until, 'provider.expired', id, id, CAST(NULL AS TEXT), name_key
FROM providers WHERE valid_until IS NOT NULL
UNION ALL
SELECT expires, 'secret.expired', id, provider_id, CAST(NULL AS TEXT), ''
FROM client_secrets WHERE expires IS NOT NULL
UNION ALL
SELECT expires, 'activation_token.expired', id, provider_id, CAST(NULL AS TEXT), coalesce(name, '')
FROM tokens WHERE activation = TRUE
UNION ALL
SELECT expires, 'admin_token.expired', id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), name
FROM admin_tokens WHERE expires IS NOT NULL
UNION ALL
SELECT expires, 'access_request.expired', id, provider_id, vendor_id, user_name
FROM access_requests WHERE state = 'pending';
