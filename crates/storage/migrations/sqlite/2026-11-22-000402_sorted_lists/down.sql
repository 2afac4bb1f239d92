DROP INDEX vendors_by_end;
DROP INDEX vendors_by_modified;
DROP INDEX vendors_by_name;
