-- Mails to be sent. What they say is made when they are handed over, so no secret stands here.
CREATE TABLE outbox (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    link_id TEXT COLLATE "C" NOT NULL,
    code_id TEXT COLLATE "C",
    recipient TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,
    give_up BIGINT NOT NULL,
    lease TEXT COLLATE "C",
    lease_until BIGINT,
    last_error TEXT COLLATE "C",
    created BIGINT NOT NULL,
    finished BIGINT
);
CREATE INDEX outbox_by_due ON outbox (due, id) WHERE finished IS NULL;
CREATE INDEX outbox_by_link ON outbox (link_id, id);
