PRAGMA legacy_alter_table = ON;
CREATE TABLE old_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    name TEXT,
    activation BOOLEAN NOT NULL,
    scopes TEXT NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    certificate BLOB,
    end_key BIGINT NOT NULL DEFAULT 9223372036854775807
) WITHOUT ROWID;
INSERT INTO old_tokens (digest, id, provider_id, name, activation, scopes, issued, expires, certificate, end_key)
SELECT digest, id, provider_id, name, activation, scopes, issued, expires, certificate, end_key FROM tokens;
DROP TABLE tokens;
ALTER TABLE old_tokens RENAME TO tokens;
PRAGMA legacy_alter_table = OFF;

CREATE INDEX tokens_by_expiry ON tokens (expires);
CREATE INDEX tokens_by_age ON tokens (provider_id, activation, id);
CREATE INDEX tokens_by_end ON tokens (end_key, id) WHERE activation = 1;
CREATE INDEX tokens_by_provider_and_end ON tokens (provider_id, end_key, id) WHERE activation = 1;
CREATE TRIGGER tokens_end AFTER INSERT ON tokens WHEN NEW.activation BEGIN
    UPDATE tokens SET end_key = min(expires, (SELECT end_key FROM providers WHERE providers.id = NEW.provider_id))
    WHERE digest = NEW.digest;
END;
