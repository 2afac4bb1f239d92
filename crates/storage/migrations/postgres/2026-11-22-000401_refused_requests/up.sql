-- Requests over SCIM and to the token endpoint that were refused or failed. `id` is the one that the error
-- body carried. A provider may be gone: what it was refused stays until it is old.
CREATE TABLE refused_requests (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    provider_id TEXT COLLATE "C",
    credential_id TEXT COLLATE "C",
    endpoint TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    user_agent TEXT COLLATE "C",
    status BIGINT NOT NULL,
    code TEXT COLLATE "C",
    answer TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    body TEXT
);
CREATE INDEX refused_requests_by_provider ON refused_requests (provider_id, id);
CREATE INDEX refused_requests_by_time ON refused_requests (at);

-- What could not be counted or kept because too much came at once.
CREATE TABLE telemetry_drops (
    kind TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    drops BIGINT NOT NULL,
    last_drop BIGINT NOT NULL
);
