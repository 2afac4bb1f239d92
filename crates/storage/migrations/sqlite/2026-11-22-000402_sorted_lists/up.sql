-- What administrators sort their lists by, so that every page is found where it begins.
CREATE INDEX vendors_by_name ON vendors (name_key, id);
CREATE INDEX vendors_by_modified ON vendors (modified, id);
CREATE INDEX vendors_by_end ON vendors (coalesce(end_at, 9223372036854775807), id);
