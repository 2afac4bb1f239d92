ALTER TABLE memberships DROP COLUMN display_key;
