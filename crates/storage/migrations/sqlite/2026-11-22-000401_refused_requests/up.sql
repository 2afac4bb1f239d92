-- Requests over SCIM and to the token endpoint that were refused or failed. `id` is the one that the error
-- body carried. A provider may be gone: what it was refused stays until it is old.
CREATE TABLE refused_requests (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    provider_id TEXT,
    credential_id TEXT,
    endpoint TEXT NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    address TEXT,
    user_agent TEXT,
    status BIGINT NOT NULL,
    code TEXT,
    answer TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT
) WITHOUT ROWID;
CREATE INDEX refused_requests_by_provider ON refused_requests (provider_id, id);
CREATE INDEX refused_requests_by_time ON refused_requests (at);

-- What could not be counted or kept because too much came at once.
CREATE TABLE telemetry_drops (
    kind TEXT NOT NULL PRIMARY KEY,
    drops BIGINT NOT NULL,
    last_drop BIGINT NOT NULL
) WITHOUT ROWID;
