DROP INDEX events_by_administrator;
DROP INDEX users_by_family;
DROP INDEX users_by_title;
ALTER TABLE users DROP COLUMN family_key;
ALTER TABLE users DROP COLUMN title_key;
