-- A vendor without an end ends last. By a column and not an expression, because engines seek a pair of values in an index
-- on columns alone: a page among many vendors without an end began at the first of them.
DROP INDEX vendors_by_end;
ALTER TABLE vendors ADD COLUMN end_key BIGINT GENERATED ALWAYS AS (coalesce(end_at, 9223372036854775807)) VIRTUAL;
CREATE INDEX vendors_by_end ON vendors (end_key, id);
