ALTER TABLE tokens ADD CONSTRAINT tokens_id_key UNIQUE (id);
CREATE INDEX tokens_by_provider ON tokens (provider_id, activation, issued);
