DROP TABLE panics;
DROP TABLE link_candidates;
DROP TABLE entry_codes;
DROP TABLE link_secrets;
DROP TABLE access_links;
