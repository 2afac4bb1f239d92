-- What lists of vendors, links and access requests are sorted by besides. A vendor without a start starts last.
ALTER TABLE vendors ADD COLUMN start_key BIGINT GENERATED ALWAYS AS (coalesce(start_at, 9223372036854775807)) STORED;
CREATE INDEX vendors_by_start ON vendors (start_key, id);
CREATE INDEX vendors_by_status ON vendors (status, id);
CREATE INDEX access_links_in_order_of_names ON access_links (user_name_key, id);
CREATE INDEX access_requests_in_order_of_names ON access_requests (user_name, id);
