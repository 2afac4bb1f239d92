DROP INDEX vendors_by_end;
ALTER TABLE vendors DROP COLUMN end_key;
CREATE INDEX vendors_by_end ON vendors (coalesce(end_at, 9223372036854775807), id);
