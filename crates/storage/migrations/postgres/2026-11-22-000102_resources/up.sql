-- Resources of the types that administrators define.

CREATE TABLE resources (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id),
    type_name TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C",
    document TEXT COLLATE "C" NOT NULL,
    match_document TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX resources_by_provider ON resources (provider_id, type_name, id);
CREATE INDEX resources_by_external_id ON resources (provider_id, type_name, external_id) WHERE external_id IS NOT NULL;

-- The values of attributes that administrators defined as unique, of resources of every type.
CREATE TABLE unique_values (
    provider_id TEXT COLLATE "C" NOT NULL,
    type_name TEXT COLLATE "C" NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    value_key TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (provider_id, type_name, attribute, value_key)
);
CREATE INDEX unique_values_by_resource ON unique_values (resource_id);

CREATE FUNCTION typed_resources_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO totals AS t (provider_id, resource_type, shard, total)
    SELECT provider_id, type_name, pg_backend_pid() & 15, TG_ARGV[0]::bigint * count(*) FROM changed
    GROUP BY provider_id, type_name ORDER BY provider_id, type_name
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = t.total + EXCLUDED.total;
    RETURN NULL;
END $$;
CREATE FUNCTION unique_values_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM unique_values WHERE resource_id IN (SELECT id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER users_values_go AFTER DELETE ON users REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION unique_values_go();
CREATE TRIGGER groups_values_go AFTER DELETE ON groups REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION unique_values_go();
CREATE TRIGGER resources_values_go AFTER DELETE ON resources REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION unique_values_go();
CREATE TRIGGER resources_come AFTER INSERT ON resources REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION typed_resources_change('1');
CREATE TRIGGER resources_go AFTER DELETE ON resources REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION typed_resources_change('-1');
