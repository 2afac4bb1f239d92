DROP INDEX users_by_state;
DROP INDEX users_by_email_anywhere;
DROP INDEX users_by_name_anywhere;
ALTER TABLE administrators DROP COLUMN totp_step;
ALTER TABLE administrators DROP COLUMN totp_key;
DROP TABLE sign_in_failures;
DROP TABLE sessions;
