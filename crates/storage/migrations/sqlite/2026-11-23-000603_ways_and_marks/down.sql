CREATE TABLE panic_people (
    provider_id TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    user_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, user_name_key)
) WITHOUT ROWID;
CREATE INDEX panic_people_by_user ON panic_people (user_id);
DROP TABLE panic_marks;
ALTER TABLE access_links DROP COLUMN access_group_id;
