DROP TABLE panic_people;
DROP VIEW timeline;
ALTER TABLE blocks DROP COLUMN follows;
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
