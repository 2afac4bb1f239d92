ALTER TABLE sessions DROP COLUMN proved;
