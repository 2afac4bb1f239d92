-- Providers whose people are looked through, some at a time, for those whom a change of settings lets in: by that
-- access group, or by any (empty). Those up to `behind` have been.
CREATE TABLE link_sweeps (
    provider_id TEXT NOT NULL,
    access_group_id TEXT NOT NULL,
    behind TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (provider_id, access_group_id)
) WITHOUT ROWID;
