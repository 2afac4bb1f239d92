-- Who is signed in to the console. `digest` is that of the cookie's secret.
CREATE TABLE sessions (
    digest BYTEA NOT NULL PRIMARY KEY,
    administrator_id TEXT COLLATE "C" NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL
);
CREATE INDEX sessions_by_administrator ON sessions (administrator_id);

-- Failed sign-ins: by source, and by name and source. `key` is a digest of them.
CREATE TABLE sign_in_failures (
    key BYTEA NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    since BIGINT NOT NULL
);

-- The key of the second factor (RFC 6238), and the last step whose code was used.
ALTER TABLE administrators ADD COLUMN totp_key BYTEA;
ALTER TABLE administrators ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;

-- People are found by name and by e-mail whatever their provider.
CREATE INDEX users_by_name_anywhere ON users (user_name_key, id);
CREATE INDEX users_by_email_anywhere ON users (email_key, id) WHERE email_key IS NOT NULL;
-- How many people there are in which state.
CREATE INDEX users_by_state ON users (provider_id, active);
