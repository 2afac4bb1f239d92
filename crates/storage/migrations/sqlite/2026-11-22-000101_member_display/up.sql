-- `display` folded as filters compare it. Rows from before have none and are folded when they are asked.
ALTER TABLE memberships ADD COLUMN display_key TEXT;
