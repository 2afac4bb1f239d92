-- The internal groups that its person was in, also by nesting, when an access request was made: the panic button of
-- each withdraws it, wherever its person is by then. Kept for as long as nobody has decided on it.
CREATE TABLE access_request_groups (
    request_id TEXT NOT NULL REFERENCES access_requests (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL,
    PRIMARY KEY (request_id, group_id)
) WITHOUT ROWID;
CREATE INDEX access_request_groups_by_group ON access_request_groups (group_id, request_id);
-- Of those that wait already, what their people are in now is all that is known.
INSERT INTO access_request_groups (request_id, group_id)
WITH RECURSIVE above (request_id, group_id) AS (
    SELECT access_requests.id, memberships.group_id
    FROM access_requests JOIN memberships ON memberships.member_id = access_requests.user_id
    WHERE access_requests.state = 'pending' AND access_requests.vendor_id IS NULL
    UNION
    SELECT above.request_id, memberships.group_id
    FROM above JOIN memberships ON memberships.member_id = above.group_id
)
SELECT request_id, group_id FROM above;
