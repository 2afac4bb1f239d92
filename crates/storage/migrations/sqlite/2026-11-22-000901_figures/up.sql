-- What pages tell of everything, kept by the database itself in the transaction of every change, so that no page
-- counts people. Beside 'User', totals have people that are inactive and people that are placed in a vendor; no
-- resource type's name holds a slash.
INSERT INTO totals SELECT provider_id, 'User/inactive', 0, count(*) FROM users WHERE NOT active GROUP BY provider_id;
INSERT INTO totals SELECT v.provider_id, 'User/placed', 0, count(*) FROM placements p JOIN vendors v ON v.id = p.vendor_id
GROUP BY v.provider_id;

-- How many people are placed in each vendor.
CREATE TABLE vendor_totals (
    vendor_id TEXT NOT NULL REFERENCES vendors (id) ON DELETE CASCADE,
    shard BIGINT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (vendor_id, shard)
) WITHOUT ROWID;
INSERT INTO vendor_totals SELECT vendor_id, 0, count(*) FROM placements GROUP BY vendor_id;

CREATE TRIGGER users_inactive_come AFTER INSERT ON users WHEN NOT NEW.active BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total) VALUES (NEW.provider_id, 'User/inactive', 0, 1)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER users_inactive_turn AFTER UPDATE OF active ON users WHEN NEW.active <> OLD.active BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total)
    VALUES (NEW.provider_id, 'User/inactive', 0, OLD.active - NEW.active)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + excluded.total;
END;
CREATE TRIGGER users_inactive_go AFTER DELETE ON users WHEN NOT OLD.active BEGIN
    UPDATE totals SET total = total - 1
    WHERE provider_id = OLD.provider_id AND resource_type = 'User/inactive' AND shard = 0;
END;

CREATE TRIGGER placements_come AFTER INSERT ON placements BEGIN
    INSERT INTO vendor_totals (vendor_id, shard, people) VALUES (NEW.vendor_id, 0, 1)
    ON CONFLICT (vendor_id, shard) DO UPDATE SET people = people + 1;
    INSERT INTO totals (provider_id, resource_type, shard, total)
    SELECT provider_id, 'User/placed', 0, 1 FROM vendors WHERE id = NEW.vendor_id
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER placements_go AFTER DELETE ON placements BEGIN
    UPDATE vendor_totals SET people = people - 1 WHERE vendor_id = OLD.vendor_id AND shard = 0;
    UPDATE totals SET total = total - 1
    WHERE provider_id = (SELECT provider_id FROM vendors WHERE id = OLD.vendor_id)
        AND resource_type = 'User/placed' AND shard = 0;
END;

-- This was for counting.
DROP INDEX users_by_state;

-- What lists are filtered by that few rows match.
CREATE INDEX vendors_pending ON vendors (id) WHERE status = 'pending';
CREATE INDEX access_requests_pending ON access_requests (id) WHERE state = 'pending';
CREATE INDEX access_requests_by_vendor ON access_requests (vendor_id, id) WHERE vendor_id IS NOT NULL;
CREATE INDEX access_links_ended ON access_links (id) WHERE ended IS NOT NULL;
CREATE INDEX access_links_upcoming ON access_links (id) WHERE ended IS NULL AND start_at > created;
CREATE INDEX events_by_provider_and_action ON events (provider_id, action, id) WHERE provider_id IS NOT NULL;

-- The same view with every column of one type, without which SQLite sorts all of it instead of merging what its indexes
-- hold in order already.
DROP VIEW timeline;
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
