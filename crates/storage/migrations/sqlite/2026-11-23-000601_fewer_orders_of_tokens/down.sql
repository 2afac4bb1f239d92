CREATE UNIQUE INDEX tokens_by_id ON tokens (id);
CREATE INDEX tokens_by_provider ON tokens (provider_id, activation, issued);
