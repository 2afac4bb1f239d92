DROP INDEX tokens_by_provider_and_id;
DROP INDEX tokens_by_digest;
ALTER TABLE tokens DROP CONSTRAINT tokens_by_age;
ALTER TABLE tokens DROP COLUMN digest_key;
ALTER TABLE tokens DROP COLUMN seq;
ALTER TABLE tokens ADD CONSTRAINT tokens_pkey PRIMARY KEY (digest);
CREATE INDEX tokens_by_age ON tokens (provider_id, activation, id);
