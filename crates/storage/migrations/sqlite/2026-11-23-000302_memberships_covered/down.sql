DROP INDEX memberships_by_member;
CREATE INDEX memberships_by_member ON memberships (member_id);
