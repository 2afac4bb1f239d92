-- The block whose person was renamed, where a block stands under another of their names. It holds for the
-- e-mail at its own provider alone, since it is the provider that chooses it; time ends it with the first.
DROP VIEW timeline;
ALTER TABLE blocks ADD COLUMN follows TEXT;
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
FROM blocks WHERE until IS NOT NULL AND lifted_event IS NULL AND follows IS NULL
UNION ALL
SELECT valid_until, 'provider.expired', id, id, CAST(NULL AS TEXT), name_key
FROM providers WHERE valid_until IS NOT NULL
UNION ALL
SELECT expires, 'secret.expired', id, provider_id, CAST(NULL AS TEXT), CAST('' AS TEXT)
FROM client_secrets WHERE expires IS NOT NULL
UNION ALL
SELECT expires, 'activation_token.expired', id, provider_id, CAST(NULL AS TEXT), CAST(coalesce(name, '') AS TEXT)
FROM tokens WHERE activation = 1
UNION ALL
SELECT expires, 'admin_token.expired', id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), name
FROM admin_tokens WHERE expires IS NOT NULL
UNION ALL
SELECT expires, 'access_request.expired', id, provider_id, vendor_id, user_name
FROM access_requests WHERE state = 'pending';

-- Who was of a vendor or an internal group when its panic button was pressed: wherever they go, and under
-- whatever id, no link comes to them by itself.
CREATE TABLE panic_people (
    provider_id TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    user_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, user_name_key)
) WITHOUT ROWID;
CREATE INDEX panic_people_by_user ON panic_people (user_id);
