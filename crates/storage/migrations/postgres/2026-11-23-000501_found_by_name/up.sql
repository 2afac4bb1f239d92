-- Administrators look for people by the name that pages show of them, and by their family name: both folded, and no
-- longer than an index takes. `match_document` holds folded texts.
ALTER TABLE users ADD COLUMN title_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN family_key TEXT NOT NULL DEFAULT '';
UPDATE users SET
    title_key = substr(coalesce(
        nullif(trim(match_document::json ->> 'displayName'), ''),
        nullif(trim(match_document::json #>> '{name,formatted}'), ''),
        nullif(trim(match_document::json ->> 'NameFormatted'), ''),
        nullif(trim(coalesce(match_document::json #>> '{name,givenName}', '') || ' ' || coalesce(match_document::json #>> '{name,familyName}', '')), ''),
        ''), 1, 200),
    family_key = substr(trim(coalesce(match_document::json #>> '{name,familyName}', '')), 1, 200);
CREATE INDEX users_by_title ON users (title_key, id) WHERE title_key <> '';
CREATE INDEX users_by_family ON users (family_key, id) WHERE family_key <> '';
-- What an administrator did is little among what products did.
CREATE INDEX events_by_administrator ON events (actor_id, id) WHERE actor_kind = 'administrator';
