-- What the panic button would end is counted from this index alone, in its order.
CREATE INDEX access_links_of_vendor ON access_links (vendor_id, user_id, end_at, ended) WHERE ended IS NULL;
