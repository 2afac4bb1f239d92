-- When whoever is signed in proved once more who they are.
ALTER TABLE sessions ADD COLUMN proved BIGINT;
