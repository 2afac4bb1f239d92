-- What pages tell of everything, kept by the database itself in the transaction of every change, so that no page
-- counts people. Beside 'User', totals have people that are inactive and people that are placed in a vendor; no
-- resource type's name holds a slash.
INSERT INTO totals SELECT provider_id, 'User/inactive', 0, count(*) FROM users WHERE NOT active GROUP BY provider_id;
INSERT INTO totals SELECT v.provider_id, 'User/placed', 0, count(*) FROM placements p JOIN vendors v ON v.id = p.vendor_id
GROUP BY v.provider_id;

-- How many people are placed in each vendor; in shards, as totals are.
CREATE TABLE vendor_totals (
    vendor_id TEXT COLLATE "C" NOT NULL REFERENCES vendors (id) ON DELETE CASCADE,
    shard BIGINT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (vendor_id, shard)
);
INSERT INTO vendor_totals SELECT vendor_id, 0, count(*) FROM placements GROUP BY vendor_id;

-- Takes 1 or -1.
CREATE FUNCTION inactive_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO totals AS t (provider_id, resource_type, shard, total)
    SELECT provider_id, 'User/inactive', pg_backend_pid() & 15, TG_ARGV[0]::bigint * count(*) FROM changed
    WHERE NOT active GROUP BY provider_id ORDER BY provider_id
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = t.total + EXCLUDED.total;
    RETURN NULL;
END $$;
CREATE FUNCTION inactive_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO totals AS t (provider_id, resource_type, shard, total)
    VALUES (NEW.provider_id, 'User/inactive', pg_backend_pid() & 15, CASE WHEN NEW.active THEN -1 ELSE 1 END)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = t.total + EXCLUDED.total;
    RETURN NULL;
END $$;
-- Takes 1 or -1.
CREATE FUNCTION placements_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO vendor_totals AS t (vendor_id, shard, people)
    SELECT vendor_id, pg_backend_pid() & 15, TG_ARGV[0]::bigint * count(*) FROM changed
    GROUP BY vendor_id ORDER BY vendor_id
    ON CONFLICT (vendor_id, shard) DO UPDATE SET people = t.people + EXCLUDED.people;
    INSERT INTO totals AS t (provider_id, resource_type, shard, total)
    SELECT v.provider_id, 'User/placed', pg_backend_pid() & 15, TG_ARGV[0]::bigint * count(*)
    FROM changed JOIN vendors v ON v.id = changed.vendor_id GROUP BY v.provider_id ORDER BY v.provider_id
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = t.total + EXCLUDED.total;
    RETURN NULL;
END $$;

CREATE TRIGGER users_inactive_come AFTER INSERT ON users REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inactive_change('1');
CREATE TRIGGER users_inactive_turn AFTER UPDATE OF active ON users
    FOR EACH ROW WHEN (NEW.active <> OLD.active) EXECUTE FUNCTION inactive_turn();
CREATE TRIGGER users_inactive_go AFTER DELETE ON users REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inactive_change('-1');
CREATE TRIGGER placements_come AFTER INSERT ON placements REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION placements_change('1');
CREATE TRIGGER placements_go AFTER DELETE ON placements REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION placements_change('-1');

-- This was for counting.
DROP INDEX users_by_state;

-- What lists are filtered by that few rows match.
CREATE INDEX vendors_pending ON vendors (id) WHERE status = 'pending';
CREATE INDEX access_requests_pending ON access_requests (id) WHERE state = 'pending';
CREATE INDEX access_requests_by_vendor ON access_requests (vendor_id, id) WHERE vendor_id IS NOT NULL;
CREATE INDEX access_links_ended ON access_links (id) WHERE ended IS NOT NULL;
CREATE INDEX access_links_upcoming ON access_links (id) WHERE ended IS NULL AND start_at > created;
CREATE INDEX events_by_provider_and_action ON events (provider_id, action, id) WHERE provider_id IS NOT NULL;
