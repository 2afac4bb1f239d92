-- Resources of the types that administrators define.

CREATE TABLE resources (
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
CREATE INDEX resources_by_provider ON resources (provider_id, type_name, id);
CREATE INDEX resources_by_external_id ON resources (provider_id, type_name, external_id) WHERE external_id IS NOT NULL;

-- The values of attributes that administrators defined as unique, of resources of every type.
CREATE TABLE unique_values (
    provider_id TEXT NOT NULL,
    type_name TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value_key TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    PRIMARY KEY (provider_id, type_name, attribute, value_key)
) WITHOUT ROWID;
CREATE INDEX unique_values_by_resource ON unique_values (resource_id);

CREATE TRIGGER resources_come AFTER INSERT ON resources BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total) VALUES (NEW.provider_id, NEW.type_name, 0, 1)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER resources_go AFTER DELETE ON resources BEGIN
    UPDATE totals SET total = total - 1
    WHERE provider_id = OLD.provider_id AND resource_type = OLD.type_name AND shard = 0;
    DELETE FROM unique_values WHERE resource_id = OLD.id;
END;
CREATE TRIGGER users_values_go AFTER DELETE ON users BEGIN
    DELETE FROM unique_values WHERE resource_id = OLD.id;
END;
CREATE TRIGGER groups_values_go AFTER DELETE ON groups BEGIN
    DELETE FROM unique_values WHERE resource_id = OLD.id;
END;
