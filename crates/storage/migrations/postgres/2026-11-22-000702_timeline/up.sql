ALTER TABLE providers ADD COLUMN valid_until BIGINT;
UPDATE providers SET valid_until = (extract(epoch FROM (settings::jsonb ->> 'valid_until')::timestamptz) * 1000000)::BIGINT
WHERE settings::jsonb ->> 'valid_until' IS NOT NULL;

CREATE INDEX vendors_starting ON vendors (start_at) WHERE start_at IS NOT NULL;
CREATE INDEX vendors_ending ON vendors (end_at) WHERE end_at IS NOT NULL;
CREATE INDEX blocks_ending ON blocks (until) WHERE until IS NOT NULL;
CREATE INDEX access_links_starting ON access_links (start_at) WHERE ended IS NULL;
CREATE INDEX access_links_expiring ON access_links (end_at) WHERE ended IS NULL;

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
FROM admin_tokens WHERE expires IS NOT NULL;

-- Up to where all that time has changed is recorded.
CREATE TABLE timeline_marks (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- What has been recorded around the mark, where somebody may still be writing dates of just now.
CREATE TABLE timeline_told (
    at BIGINT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (at, subject_id, kind)
);
