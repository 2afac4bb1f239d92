DROP TABLE timeline_told;
DROP TABLE timeline_marks;
DROP VIEW timeline;
DROP INDEX access_links_expiring;
DROP INDEX access_links_starting;
DROP INDEX blocks_ending;
DROP INDEX vendors_ending;
DROP INDEX vendors_starting;
ALTER TABLE providers DROP COLUMN valid_until;
