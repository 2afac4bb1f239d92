-- The events behind facts that hold because something is not there (any more).
ALTER TABLE users ADD COLUMN left_event TEXT COLLATE "C";
ALTER TABLE blocks ADD COLUMN lifted_event TEXT COLLATE "C";
ALTER TABLE providers ADD COLUMN default_access_group_event TEXT COLLATE "C";

UPDATE vendors SET dates_event =
    (SELECT min(events.id) FROM events WHERE events.subject_id = vendors.id)
WHERE dates_event IS NULL;
UPDATE vendors SET access_group_event =
    (SELECT min(events.id) FROM events WHERE events.subject_id = vendors.id)
WHERE access_group_event IS NULL;
UPDATE providers SET default_access_group_event =
    (SELECT max(events.id) FROM events JOIN event_payloads ON event_payloads.event_id = events.id
     WHERE events.subject_id = providers.id AND events.action IN ('provider.created', 'provider.changed')
       AND event_payloads.payload LIKE '%"default_access_group"%');

-- How often people were lately taken from the vendor they were placed in.
CREATE TABLE placement_moves (
    user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    since BIGINT NOT NULL,
    moves BIGINT NOT NULL
);
