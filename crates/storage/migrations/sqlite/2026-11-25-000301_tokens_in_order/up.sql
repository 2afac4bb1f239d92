-- Tokens are kept in the order in which they are made. By digest each grant wrote a page of its own, since a digest is
-- anywhere; now what is kept in that order is narrow: the first eight bytes, and the whole digest is compared behind it.
-- By age within a provider is the order of the rows themselves, which SQLite keeps at the end of each index.
PRAGMA legacy_alter_table = ON;
CREATE TABLE new_tokens (
    seq INTEGER NOT NULL PRIMARY KEY,
    digest_key BIGINT NOT NULL,
    digest BLOB NOT NULL,
    id TEXT NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    name TEXT,
    activation BOOLEAN NOT NULL,
    scopes TEXT NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    certificate BLOB,
    end_key BIGINT NOT NULL DEFAULT 9223372036854775807
);
-- The eight bytes as a number, most significant first, as `i64::from_be_bytes` reads them: a hexadecimal digit at a time.
WITH RECURSIVE read (digest, digits, place, number) AS (
    SELECT digest, hex(substr(digest, 1, 8)), 1, 0 FROM tokens
    UNION ALL
    SELECT digest, digits, place + 1, (number << 4) | (instr('0123456789ABCDEF', substr(digits, place, 1)) - 1)
    FROM read WHERE place <= 16
)
INSERT INTO new_tokens (digest_key, digest, id, provider_id, name, activation, scopes, issued, expires, certificate, end_key)
SELECT read.number, tokens.digest, id, provider_id, name, activation, scopes, issued, expires, certificate, end_key
FROM read JOIN tokens ON tokens.digest = read.digest WHERE read.place = 17 ORDER BY tokens.id;
DROP TABLE tokens;
ALTER TABLE new_tokens RENAME TO tokens;
PRAGMA legacy_alter_table = OFF;

CREATE INDEX tokens_by_digest ON tokens (digest_key);
CREATE INDEX tokens_by_expiry ON tokens (expires);
CREATE INDEX tokens_by_age ON tokens (provider_id, activation);
CREATE INDEX tokens_by_end ON tokens (end_key, id) WHERE activation = 1;
CREATE INDEX tokens_by_provider_and_end ON tokens (provider_id, end_key, id) WHERE activation = 1;
CREATE INDEX tokens_by_provider_and_id ON tokens (provider_id, id) WHERE activation;
CREATE TRIGGER tokens_end AFTER INSERT ON tokens WHEN NEW.activation BEGIN
    UPDATE tokens SET end_key = min(expires, (SELECT end_key FROM providers WHERE providers.id = NEW.provider_id))
    WHERE seq = NEW.seq;
END;
