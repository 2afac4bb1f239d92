-- A token is looked for by its digest, or by its id among those of its provider. Two orders more, kept for each
-- token granted, were nobody's.
ALTER TABLE tokens DROP CONSTRAINT tokens_id_key;
DROP INDEX tokens_by_provider;
