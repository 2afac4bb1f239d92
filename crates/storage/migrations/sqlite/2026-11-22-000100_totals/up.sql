-- How many resources of a type a provider has, kept by the database itself in the transaction of every change.

CREATE TABLE totals (
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    resource_type TEXT NOT NULL,
    shard BIGINT NOT NULL,
    total BIGINT NOT NULL,
    PRIMARY KEY (provider_id, resource_type, shard)
) WITHOUT ROWID;

INSERT INTO totals SELECT provider_id, 'User', 0, count(*) FROM users GROUP BY provider_id;
INSERT INTO totals SELECT provider_id, 'Group', 0, count(*) FROM groups GROUP BY provider_id;

CREATE TRIGGER users_come AFTER INSERT ON users BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total) VALUES (NEW.provider_id, 'User', 0, 1)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER users_go AFTER DELETE ON users BEGIN
    UPDATE totals SET total = total - 1 WHERE provider_id = OLD.provider_id AND resource_type = 'User' AND shard = 0;
END;
CREATE TRIGGER groups_come AFTER INSERT ON groups BEGIN
    INSERT INTO totals (provider_id, resource_type, shard, total) VALUES (NEW.provider_id, 'Group', 0, 1)
    ON CONFLICT (provider_id, resource_type, shard) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER groups_go AFTER DELETE ON groups BEGIN
    UPDATE totals SET total = total - 1 WHERE provider_id = OLD.provider_id AND resource_type = 'Group' AND shard = 0;
END;
