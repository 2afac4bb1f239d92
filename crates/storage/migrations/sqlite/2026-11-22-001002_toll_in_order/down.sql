DROP INDEX access_links_of_user;
DROP INDEX access_links_of_vendor;
CREATE INDEX access_links_of_vendor ON access_links (vendor_id, user_id, end_at, ended) WHERE ended IS NULL;
