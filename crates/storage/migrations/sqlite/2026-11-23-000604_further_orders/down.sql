DROP INDEX access_requests_by_name;
DROP INDEX access_links_by_name;
DROP INDEX vendors_by_status;
DROP INDEX vendors_by_start;
ALTER TABLE vendors DROP COLUMN start_key;
