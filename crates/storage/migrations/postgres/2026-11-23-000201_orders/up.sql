-- What lists of links, access requests and people are sorted and filtered by, besides what there is.
CREATE INDEX access_links_in_order_of_starts ON access_links (start_at, id);
CREATE INDEX access_links_in_order_of_ends ON access_links (end_at, id);
CREATE INDEX access_requests_in_order_of_expiry ON access_requests (expires, id);
CREATE INDEX users_inactive ON users (id) WHERE active = FALSE;
