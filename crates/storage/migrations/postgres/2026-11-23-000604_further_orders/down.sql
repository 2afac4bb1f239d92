DROP INDEX access_requests_in_order_of_names;
DROP INDEX access_links_in_order_of_names;
DROP INDEX vendors_by_status;
DROP INDEX vendors_by_start;
ALTER TABLE vendors DROP COLUMN start_key;
