-- How many resources of a type a provider has, kept by the database itself in the transaction of every change.
-- Sessions write to different shards, so that those who create at the same time rarely wait for each other.

CREATE TABLE totals (
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    resource_type TEXT COLLATE "C" NOT NULL,
    shard BIGINT NOT NULL,
    total BIGINT NOT NULL,
    PRIMARY KEY (provider_id, resource_type, shard)
);

INSERT INTO totals SELECT provider_id, 'User', 0, count(*) FROM users GROUP BY provider_id;
INSERT INTO totals SELECT provider_id, 'Group', 0, count(*) FROM groups GROUP BY provider_id;

CREATE FUNCTION resources_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO totals AS t (provider_id, resource_type, shard, total)
    SELECT provider_id, TG_ARGV[0], pg_backend_pid() & 15, count(*) FROM changed GROUP BY provider_id ORDER BY provider_id
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = t.total + EXCLUDED.total;
    RETURN NULL;
END $$;
CREATE FUNCTION resources_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO totals AS t (provider_id, resource_type, shard, total)
    SELECT provider_id, TG_ARGV[0], pg_backend_pid() & 15, -count(*) FROM changed GROUP BY provider_id ORDER BY provider_id
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = t.total + EXCLUDED.total;
    RETURN NULL;
END $$;

CREATE TRIGGER users_come AFTER INSERT ON users REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION resources_come('User');
CREATE TRIGGER users_go AFTER DELETE ON users REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION resources_go('User');
CREATE TRIGGER groups_come AFTER INSERT ON groups REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION resources_come('Group');
CREATE TRIGGER groups_go AFTER DELETE ON groups REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION resources_go('Group');
