-- The access group by which its person got in when a link was made. Nothing is known of those made before.
ALTER TABLE access_links ADD COLUMN access_group_id TEXT;

-- By what somebody is known whom a panic button concerned: their id (user:ID), their folded name at their provider
-- (name:PROVIDER/KEY), their address anywhere (email:KEY), the product's own id (external:PROVIDER/ID).
CREATE TABLE panic_marks (
    mark TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO panic_marks (mark, at)
SELECT mark, max(at) FROM (
    SELECT 'user:' || user_id AS mark, at FROM panic_people
    UNION ALL SELECT 'name:' || provider_id || '/' || user_name_key, at FROM panic_people
    UNION ALL SELECT 'email:' || users.email_key, at FROM panic_people JOIN users ON users.id = user_id WHERE users.email_key IS NOT NULL
    UNION ALL SELECT 'external:' || users.provider_id || '/' || users.external_id, at
        FROM panic_people JOIN users ON users.id = user_id WHERE users.external_id IS NOT NULL
) AS marks GROUP BY mark;
DROP TABLE panic_people;
