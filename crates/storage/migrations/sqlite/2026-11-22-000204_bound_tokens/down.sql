ALTER TABLE tokens DROP COLUMN certificate;
