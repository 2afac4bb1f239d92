ALTER TABLE tolerances DROP COLUMN names;
