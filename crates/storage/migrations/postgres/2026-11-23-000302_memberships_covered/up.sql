-- What a person belongs to is read with each of their resources: from the index alone on SQLite, where the
-- sequence is the row's own number.
DROP INDEX memberships_by_member;
CREATE INDEX memberships_by_member ON memberships (member_id, group_id);
