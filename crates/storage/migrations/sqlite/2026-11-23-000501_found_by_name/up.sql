-- Administrators look for people by the name that pages show of them, and by their family name: both folded, and no
-- longer than an index takes. `match_document` holds folded texts.
ALTER TABLE users ADD COLUMN title_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN family_key TEXT NOT NULL DEFAULT '';
UPDATE users SET
    title_key = substr(coalesce(
        nullif(trim(json_extract(match_document, '$.displayName')), ''),
        nullif(trim(json_extract(match_document, '$.name.formatted')), ''),
        nullif(trim(json_extract(match_document, '$.NameFormatted')), ''),
        nullif(trim(coalesce(json_extract(match_document, '$.name.givenName'), '') || ' ' || coalesce(json_extract(match_document, '$.name.familyName'), '')), ''),
        ''), 1, 200),
    family_key = substr(trim(coalesce(json_extract(match_document, '$.name.familyName'), '')), 1, 200);
CREATE INDEX users_by_title ON users (title_key, id) WHERE title_key <> '';
CREATE INDEX users_by_family ON users (family_key, id) WHERE family_key <> '';
-- What an administrator did is little among what products did.
CREATE INDEX events_by_administrator ON events (actor_id, id) WHERE actor_kind = 'administrator';
