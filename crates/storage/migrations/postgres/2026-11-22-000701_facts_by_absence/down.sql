DROP TABLE placement_moves;
ALTER TABLE providers DROP COLUMN default_access_group_event;
ALTER TABLE blocks DROP COLUMN lifted_event;
ALTER TABLE users DROP COLUMN left_event;
