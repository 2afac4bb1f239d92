-- Times are microseconds since 1970-01-01T00:00:00Z. Columns ending in _key are folded (NFKC + full case fold).

CREATE TABLE providers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL UNIQUE,
    name_key TEXT COLLATE "C" NOT NULL,
    user_type TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    settings TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX providers_by_name ON providers (name_key, user_type);

CREATE TABLE client_secrets (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    digest BYTEA NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    expires BIGINT
);
CREATE INDEX client_secrets_by_provider ON client_secrets (provider_id, created);

CREATE TABLE tokens (
    digest BYTEA NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    name TEXT COLLATE "C",
    activation BOOLEAN NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX tokens_by_provider ON tokens (provider_id, activation, issued);

CREATE TABLE credential_uses (
    credential_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    last_used BIGINT NOT NULL,
    last_address TEXT COLLATE "C",
    uses BIGINT NOT NULL
);

CREATE TABLE tolerances (
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    uses BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    PRIMARY KEY (provider_id, name)
);

CREATE TABLE warnings (
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    raised BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (provider_id, kind, subject_id)
);

CREATE TABLE users (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id),
    user_name TEXT COLLATE "C" NOT NULL,
    user_name_key TEXT COLLATE "C" NOT NULL,
    display_name_key TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C",
    email TEXT COLLATE "C",
    email_key TEXT COLLATE "C",
    active BOOLEAN NOT NULL,
    active_event TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    match_document TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_by_user_name ON users (provider_id, user_name_key);
CREATE UNIQUE INDEX users_by_active_email ON users (email_key) WHERE active;
CREATE INDEX users_by_email ON users (provider_id, email_key) WHERE email_key IS NOT NULL;
CREATE INDEX users_by_external_id ON users (provider_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX users_by_display_name ON users (provider_id, display_name_key);
CREATE INDEX users_by_modified ON users (provider_id, modified);
CREATE INDEX users_by_provider ON users (provider_id, id);

CREATE TABLE user_emails (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    provider_id TEXT COLLATE "C" NOT NULL,
    value_key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, position)
);
CREATE INDEX user_emails_by_value ON user_emails (provider_id, value_key);

CREATE TABLE access_groups (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name_key TEXT COLLATE "C" NOT NULL UNIQUE,
    enabled BOOLEAN NOT NULL,
    enabled_event TEXT COLLATE "C" NOT NULL,
    settings TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE groups (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id),
    display_name TEXT COLLATE "C" NOT NULL,
    display_name_key TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C",
    document TEXT NOT NULL,
    match_document TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    enabled_event TEXT COLLATE "C" NOT NULL,
    link_delivery TEXT COLLATE "C" NOT NULL,
    access_group_id TEXT COLLATE "C" REFERENCES access_groups (id),
    access_group_event TEXT COLLATE "C",
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX groups_by_display_name ON groups (provider_id, display_name_key);
CREATE INDEX groups_by_external_id ON groups (provider_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX groups_by_modified ON groups (provider_id, modified);
CREATE INDEX groups_by_provider ON groups (provider_id, id);
CREATE INDEX groups_by_access_group ON groups (access_group_id) WHERE access_group_id IS NOT NULL;

-- `sequence` is the order in which memberships arrived.
CREATE TABLE memberships (
    sequence BIGSERIAL PRIMARY KEY,
    group_id TEXT COLLATE "C" NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    member_id TEXT COLLATE "C" NOT NULL,
    member_is_group BOOLEAN NOT NULL,
    display TEXT COLLATE "C",
    event_id TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX memberships_by_group ON memberships (group_id, member_id);
CREATE INDEX memberships_by_member ON memberships (member_id);
CREATE INDEX memberships_of_groups ON memberships (group_id) WHERE member_is_group;

CREATE TABLE vendors (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id),
    group_id TEXT COLLATE "C" UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    status_event TEXT COLLATE "C" NOT NULL,
    access_group_id TEXT COLLATE "C" REFERENCES access_groups (id),
    access_group_event TEXT COLLATE "C",
    start_at BIGINT,
    end_at BIGINT,
    dates_event TEXT COLLATE "C",
    contract_number TEXT COLLATE "C",
    document_id TEXT COLLATE "C",
    link_delivery TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX vendors_by_provider ON vendors (provider_id, id);
CREATE INDEX vendors_by_access_group ON vendors (access_group_id) WHERE access_group_id IS NOT NULL;

CREATE TABLE placements (
    user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    vendor_id TEXT COLLATE "C" NOT NULL REFERENCES vendors (id),
    group_id TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    candidates TEXT NOT NULL,
    placed BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX placements_by_vendor ON placements (vendor_id);

CREATE TABLE blocks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL,
    user_name_key TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    until BIGINT,
    created BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX blocks_by_user_name ON blocks (provider_id, user_name_key);
CREATE INDEX blocks_by_email ON blocks (email_key) WHERE email_key IS NOT NULL;

-- What SCIM deleted, kept for history and restore.
CREATE TABLE tombstones (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    provider_id TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    deleted BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL
);

CREATE TABLE administrators (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL UNIQUE,
    role TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    enabled BOOLEAN NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE admin_tokens (
    digest BYTEA NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    administrator_id TEXT COLLATE "C" NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT
);

CREATE TABLE setup_links (
    digest BYTEA NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE events (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq BIGINT,
    hash BYTEA,
    at BIGINT NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL,
    actor_id TEXT COLLATE "C",
    actor_detail TEXT COLLATE "C",
    action TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    provider_id TEXT COLLATE "C",
    cause_id TEXT COLLATE "C",
    request_id TEXT COLLATE "C",
    payload_digest BYTEA NOT NULL
);
CREATE UNIQUE INDEX events_by_seq ON events (seq) WHERE seq IS NOT NULL;
CREATE INDEX events_unsealed ON events (id) WHERE seq IS NULL;
CREATE INDEX events_by_subject ON events (subject_id, id);

CREATE TABLE event_payloads (
    event_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES events (id),
    salt BYTEA NOT NULL,
    payload TEXT NOT NULL
);

-- An event may be sealed once and never changed or removed; a payload may only be erased.
CREATE FUNCTION events_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_TABLE_NAME = 'event_payloads' THEN
        RAISE EXCEPTION 'events are final';
    END IF;
    IF OLD.seq IS NOT NULL OR OLD.hash IS NOT NULL OR NEW.seq IS NULL OR NEW.hash IS NULL
        OR (NEW.id, NEW.at, NEW.actor_kind, NEW.actor_id, NEW.actor_detail, NEW.action, NEW.subject_kind, NEW.subject_id, NEW.provider_id,
            NEW.cause_id, NEW.request_id, NEW.payload_digest)
        IS DISTINCT FROM (OLD.id, OLD.at, OLD.actor_kind, OLD.actor_id, OLD.actor_detail, OLD.action, OLD.subject_kind, OLD.subject_id,
            OLD.provider_id, OLD.cause_id, OLD.request_id, OLD.payload_digest) THEN
        RAISE EXCEPTION 'events are final';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER events_are_final BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_final();
CREATE TRIGGER payloads_are_final BEFORE UPDATE ON event_payloads
    FOR EACH ROW EXECUTE FUNCTION events_are_final();
CREATE FUNCTION nothing_is_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are final';
END $$;
CREATE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_emptied();
CREATE TRIGGER payloads_are_not_emptied BEFORE TRUNCATE ON event_payloads
    FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_emptied();
