PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;

CREATE TABLE users_new (
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
INSERT INTO users_new (id, provider_id, user_name, user_name_key, display_name_key, external_id, email, email_key, active, active_event, document, match_document, created, modified, version)
SELECT id, provider_id, user_name, user_name_key, display_name_key, external_id, email, email_key, active, active_event, document, match_document, created, modified, version FROM users ORDER BY id;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE UNIQUE INDEX users_by_user_name ON users (provider_id, user_name_key);
CREATE UNIQUE INDEX users_by_active_email ON users (email_key) WHERE active;
CREATE INDEX users_by_email ON users (provider_id, email_key) WHERE email_key IS NOT NULL;
CREATE INDEX users_by_external_id ON users (provider_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX users_by_display_name ON users (provider_id, display_name_key);
CREATE INDEX users_by_modified ON users (provider_id, modified);
CREATE INDEX users_by_provider ON users (provider_id, id);
CREATE INDEX users_by_name_anywhere ON users (user_name_key, id);
CREATE INDEX users_by_email_anywhere ON users (email_key, id) WHERE email_key IS NOT NULL;
CREATE INDEX users_by_state ON users (provider_id, active);
CREATE TRIGGER users_come AFTER INSERT ON users BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total) VALUES (NEW.provider_id, 'User', 0, 1)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER users_go AFTER DELETE ON users BEGIN
    UPDATE totals SET total = total - 1 WHERE provider_id = OLD.provider_id AND resource_type = 'User' AND shard = 0;
END;
CREATE TRIGGER users_values_go AFTER DELETE ON users BEGIN
    DELETE FROM unique_values WHERE resource_id = OLD.id;
END;

CREATE TABLE groups_new (
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
INSERT INTO groups_new (id, provider_id, display_name, display_name_key, external_id, document, match_document, enabled, enabled_event, link_delivery, access_group_id, access_group_event, created, modified, version)
SELECT id, provider_id, display_name, display_name_key, external_id, document, match_document, enabled, enabled_event, link_delivery, access_group_id, access_group_event, created, modified, version FROM groups ORDER BY id;
DROP TABLE groups;
ALTER TABLE groups_new RENAME TO groups;
CREATE UNIQUE INDEX groups_by_display_name ON groups (provider_id, display_name_key);
CREATE INDEX groups_by_external_id ON groups (provider_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX groups_by_modified ON groups (provider_id, modified);
CREATE INDEX groups_by_provider ON groups (provider_id, id);
CREATE INDEX groups_by_access_group ON groups (access_group_id) WHERE access_group_id IS NOT NULL;
CREATE TRIGGER groups_come AFTER INSERT ON groups BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total) VALUES (NEW.provider_id, 'Group', 0, 1)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER groups_go AFTER DELETE ON groups BEGIN
    UPDATE totals SET total = total - 1 WHERE provider_id = OLD.provider_id AND resource_type = 'Group' AND shard = 0;
END;
CREATE TRIGGER groups_values_go AFTER DELETE ON groups BEGIN
    DELETE FROM unique_values WHERE resource_id = OLD.id;
END;

CREATE TABLE resources_new (
    id TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    type_name TEXT NOT NULL,
    external_id TEXT,
    document TEXT NOT NULL,
    match_document TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO resources_new (id, provider_id, type_name, external_id, document, match_document, created, modified, version)
SELECT id, provider_id, type_name, external_id, document, match_document, created, modified, version FROM resources ORDER BY id;
DROP TABLE resources;
ALTER TABLE resources_new RENAME TO resources;
CREATE INDEX resources_by_provider ON resources (provider_id, type_name, id);
CREATE INDEX resources_by_external_id ON resources (provider_id, type_name, external_id) WHERE external_id IS NOT NULL;
CREATE TRIGGER resources_come AFTER INSERT ON resources BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total) VALUES (NEW.provider_id, NEW.type_name, 0, 1)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER resources_go AFTER DELETE ON resources BEGIN
    UPDATE totals SET total = total - 1
    WHERE provider_id = OLD.provider_id AND resource_type = OLD.type_name AND shard = 0;
    DELETE FROM unique_values WHERE resource_id = OLD.id;
END;

COMMIT;
PRAGMA foreign_keys = ON;
