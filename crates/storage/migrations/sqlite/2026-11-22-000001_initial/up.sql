-- Times are microseconds since 1970-01-01T00:00:00Z. Columns ending in _key are folded (NFKC + full case fold).

CREATE TABLE providers (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    name_key TEXT NOT NULL,
    user_type TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX providers_by_name ON providers (name_key, user_type);

CREATE TABLE client_secrets (
    id TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    digest BLOB NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    expires BIGINT
) WITHOUT ROWID;
CREATE INDEX client_secrets_by_provider ON client_secrets (provider_id, created);

CREATE TABLE tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    name TEXT,
    activation BOOLEAN NOT NULL,
    scopes TEXT NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tokens_by_provider ON tokens (provider_id, activation, issued);

CREATE TABLE credential_uses (
    credential_id TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    last_used BIGINT NOT NULL,
    last_address TEXT,
    uses BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE tolerances (
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    uses BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    PRIMARY KEY (provider_id, name)
) WITHOUT ROWID;

CREATE TABLE warnings (
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    raised BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (provider_id, kind, subject_id)
) WITHOUT ROWID;

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    user_name TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    external_id TEXT,
    email TEXT,
    email_key TEXT,
    active BOOLEAN NOT NULL,
    active_event TEXT NOT NULL,
    document TEXT NOT NULL,
    match_document TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_user_name ON users (provider_id, user_name_key);
CREATE UNIQUE INDEX users_by_active_email ON users (email_key) WHERE active;
CREATE INDEX users_by_email ON users (provider_id, email_key) WHERE email_key IS NOT NULL;
CREATE INDEX users_by_external_id ON users (provider_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX users_by_display_name ON users (provider_id, display_name_key);
CREATE INDEX users_by_modified ON users (provider_id, modified);
CREATE INDEX users_by_provider ON users (provider_id, id);

CREATE TABLE user_emails (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    provider_id TEXT NOT NULL,
    value_key TEXT NOT NULL,
    PRIMARY KEY (user_id, position)
) WITHOUT ROWID;
CREATE INDEX user_emails_by_value ON user_emails (provider_id, value_key);

CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    display_name TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    external_id TEXT,
    document TEXT NOT NULL,
    match_document TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    enabled_event TEXT NOT NULL,
    link_delivery TEXT NOT NULL,
    access_group_id TEXT REFERENCES access_groups (id),
    access_group_event TEXT,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX groups_by_display_name ON groups (provider_id, display_name_key);
CREATE INDEX groups_by_external_id ON groups (provider_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX groups_by_modified ON groups (provider_id, modified);
CREATE INDEX groups_by_provider ON groups (provider_id, id);
CREATE INDEX groups_by_access_group ON groups (access_group_id) WHERE access_group_id IS NOT NULL;

-- `sequence` is the order in which memberships arrived.
CREATE TABLE memberships (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL,
    member_is_group BOOLEAN NOT NULL,
    display TEXT,
    event_id TEXT NOT NULL
);
CREATE UNIQUE INDEX memberships_by_group ON memberships (group_id, member_id);
CREATE INDEX memberships_by_member ON memberships (member_id);
CREATE INDEX memberships_of_groups ON memberships (group_id) WHERE member_is_group;

CREATE TABLE access_groups (
    id TEXT NOT NULL PRIMARY KEY,
    name_key TEXT NOT NULL UNIQUE,
    enabled BOOLEAN NOT NULL,
    enabled_event TEXT NOT NULL,
    settings TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE vendors (
    id TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    group_id TEXT UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    status TEXT NOT NULL,
    status_event TEXT NOT NULL,
    access_group_id TEXT REFERENCES access_groups (id),
    access_group_event TEXT,
    start_at BIGINT,
    end_at BIGINT,
    dates_event TEXT,
    contract_number TEXT,
    document_id TEXT,
    link_delivery TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX vendors_by_provider ON vendors (provider_id, id);
CREATE INDEX vendors_by_access_group ON vendors (access_group_id) WHERE access_group_id IS NOT NULL;

CREATE TABLE placements (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    vendor_id TEXT NOT NULL REFERENCES vendors (id),
    group_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    candidates TEXT NOT NULL,
    placed BIGINT NOT NULL,
    event_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX placements_by_vendor ON placements (vendor_id);

CREATE TABLE blocks (
    id TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    email_key TEXT,
    reason TEXT NOT NULL,
    until BIGINT,
    created BIGINT NOT NULL,
    event_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX blocks_by_user_name ON blocks (provider_id, user_name_key);
CREATE INDEX blocks_by_email ON blocks (email_key) WHERE email_key IS NOT NULL;

-- What SCIM deleted, kept for history and restore.
CREATE TABLE tombstones (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    document TEXT NOT NULL,
    deleted BIGINT NOT NULL,
    event_id TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE administrators (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    created BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE admin_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    administrator_id TEXT NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT
) WITHOUT ROWID;

CREATE TABLE setup_links (
    digest BLOB NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    seq BIGINT,
    hash BLOB,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_detail TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    provider_id TEXT,
    cause_id TEXT,
    request_id TEXT,
    payload_digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_seq ON events (seq) WHERE seq IS NOT NULL;
CREATE INDEX events_unsealed ON events (id) WHERE seq IS NULL;
CREATE INDEX events_by_subject ON events (subject_id, id);

CREATE TABLE event_payloads (
    event_id TEXT NOT NULL PRIMARY KEY REFERENCES events (id),
    salt BLOB NOT NULL,
    payload TEXT NOT NULL
) WITHOUT ROWID;

-- An event may be sealed once and never changed or removed; a payload may only be erased.
CREATE TRIGGER events_are_final BEFORE UPDATE ON events
WHEN OLD.seq IS NOT NULL OR OLD.hash IS NOT NULL OR NEW.seq IS NULL OR NEW.hash IS NULL
    OR NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW.actor_kind <> OLD.actor_kind OR NEW.actor_id IS NOT OLD.actor_id
    OR NEW.actor_detail IS NOT OLD.actor_detail OR NEW.action <> OLD.action
    OR NEW.subject_kind <> OLD.subject_kind OR NEW.subject_id <> OLD.subject_id
    OR NEW.provider_id IS NOT OLD.provider_id OR NEW.cause_id IS NOT OLD.cause_id
    OR NEW.request_id IS NOT OLD.request_id OR NEW.payload_digest <> OLD.payload_digest
BEGIN SELECT RAISE(ABORT, 'events are final'); END;
CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are final'); END;
CREATE TRIGGER payloads_are_final BEFORE UPDATE ON event_payloads
BEGIN SELECT RAISE(ABORT, 'events are final'); END;
