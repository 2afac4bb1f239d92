-- Mails to be sent. What they say is made when they are handed over, so no secret stands here.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    link_id TEXT NOT NULL,
    code_id TEXT,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,
    give_up BIGINT NOT NULL,
    lease TEXT,
    lease_until BIGINT,
    last_error TEXT,
    created BIGINT NOT NULL,
    finished BIGINT
) WITHOUT ROWID;
CREATE INDEX outbox_by_due ON outbox (due, id) WHERE finished IS NULL;
CREATE INDEX outbox_by_link ON outbox (link_id, id);
