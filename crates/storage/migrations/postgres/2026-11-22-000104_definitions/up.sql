-- What administrators defined besides the built-in schemas: one row. Whoever reads by another version
-- than this one reads again.
CREATE TABLE definitions (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL
);
INSERT INTO definitions (id, version, document) VALUES (1, 0, '{}');
