-- SHA-256 of the certificate that a token works with alone (RFC 8705).
ALTER TABLE tokens ADD COLUMN certificate BYTEA;
