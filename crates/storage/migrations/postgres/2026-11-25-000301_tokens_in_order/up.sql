-- A token is found by the first eight bytes of its digest, and the whole digest is compared behind them: the order in
-- which each grant writes anywhere is narrow. Within its provider the order is that in which they were made.
ALTER TABLE tokens ADD COLUMN seq BIGINT;
ALTER TABLE tokens ADD COLUMN digest_key BIGINT;
-- The eight bytes as a number, most significant first, as `i64::from_be_bytes` reads them.
UPDATE tokens SET seq = numbered.seq, digest_key = CAST(CAST('x' || encode(substring(tokens.digest FROM 1 FOR 8), 'hex') AS BIT(64)) AS BIGINT)
FROM (SELECT digest, row_number() OVER (ORDER BY id) AS seq FROM tokens) AS numbered
WHERE numbered.digest = tokens.digest;
ALTER TABLE tokens ALTER COLUMN digest_key SET NOT NULL;
ALTER TABLE tokens ALTER COLUMN seq SET NOT NULL;
ALTER TABLE tokens ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval(pg_get_serial_sequence('tokens', 'seq'), (SELECT coalesce(max(seq), 0) + 1 FROM tokens), FALSE);
ALTER TABLE tokens DROP CONSTRAINT tokens_pkey;
DROP INDEX tokens_by_age;
ALTER TABLE tokens ADD CONSTRAINT tokens_by_age PRIMARY KEY (provider_id, activation, seq);
CREATE INDEX tokens_by_digest ON tokens (digest_key);
CREATE INDEX tokens_by_provider_and_id ON tokens (provider_id, id) WHERE activation;
