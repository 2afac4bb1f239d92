-- What the panic button would end is counted from these alone, those that run out first before the
-- others, so that a count which stops early has looked at no more links than it counts.
DROP INDEX access_links_of_vendor;
CREATE INDEX access_links_of_vendor ON access_links (vendor_id, end_at, user_id, ended) WHERE ended IS NULL;
CREATE INDEX access_links_of_user ON access_links (user_id, end_at, ended) WHERE ended IS NULL;
