-- What lists of providers and of their credentials are sorted and filtered by. What never ends, ends last.
ALTER TABLE providers ADD COLUMN end_key BIGINT GENERATED ALWAYS AS (coalesce(valid_until, 9223372036854775807)) STORED;
-- 1 when it may authenticate with keys, by an issuer's word or with certificates; 1 when no address may call.
ALTER TABLE providers ADD COLUMN keyed BIGINT GENERATED ALWAYS AS (
    CASE WHEN (settings::jsonb -> 'authentication') IS NULL THEN 0 ELSE 1 END) STORED;
ALTER TABLE providers ADD COLUMN closed BIGINT GENERATED ALWAYS AS (
    CASE WHEN jsonb_array_length(coalesce(settings::jsonb -> 'allowed_addresses', '[]')) = 0 THEN 1 ELSE 0 END) STORED;
-- Its tags, folded, one a line.
ALTER TABLE providers ADD COLUMN tags_key TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE providers SET tags_key = coalesce(
    (SELECT string_agg(lower(tag), chr(10)) FROM jsonb_array_elements_text(coalesce(settings::jsonb -> 'tags', '[]')) AS tag), '');
CREATE INDEX providers_by_end ON providers (end_key, id);
CREATE INDEX providers_in_order_of_names ON providers (name_key, id);
CREATE INDEX providers_closed ON providers (id) WHERE closed = 1;

-- A credential ends with its provider's validity at the latest.
ALTER TABLE client_secrets ADD COLUMN end_key BIGINT NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE tokens ADD COLUMN end_key BIGINT NOT NULL DEFAULT 9223372036854775807;
UPDATE client_secrets SET end_key = least(expires, (SELECT end_key FROM providers WHERE providers.id = provider_id));
UPDATE tokens SET end_key = least(expires, (SELECT end_key FROM providers WHERE providers.id = provider_id)) WHERE activation = TRUE;
-- The validity read here does not change before this is committed.
CREATE FUNCTION credential_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.end_key := least(NEW.expires, (SELECT end_key FROM providers WHERE id = NEW.provider_id FOR SHARE));
    RETURN NEW;
END $$;
CREATE FUNCTION credential_ends_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE client_secrets SET end_key = least(expires, NEW.end_key) WHERE provider_id = NEW.id;
    UPDATE tokens SET end_key = least(expires, NEW.end_key) WHERE provider_id = NEW.id AND activation = TRUE;
    RETURN NULL;
END $$;
CREATE TRIGGER client_secrets_end BEFORE INSERT OR UPDATE OF expires ON client_secrets
    FOR EACH ROW EXECUTE FUNCTION credential_end();
CREATE TRIGGER tokens_end BEFORE INSERT ON tokens FOR EACH ROW WHEN (NEW.activation) EXECUTE FUNCTION credential_end();
CREATE TRIGGER providers_end_moves AFTER UPDATE OF valid_until ON providers
    FOR EACH ROW WHEN (NEW.valid_until IS DISTINCT FROM OLD.valid_until) EXECUTE FUNCTION credential_ends_move();
CREATE INDEX client_secrets_by_end ON client_secrets (end_key, id);
CREATE INDEX client_secrets_by_provider_and_end ON client_secrets (provider_id, end_key, id);
CREATE INDEX tokens_by_end ON tokens (end_key, id) WHERE activation = TRUE;
CREATE INDEX tokens_by_provider_and_end ON tokens (provider_id, end_key, id) WHERE activation = TRUE;

-- Secrets and activation tokens, and each provider for all else that it authenticates with.
CREATE VIEW credentials AS
SELECT end_key, id, provider_id, CAST('client_secret' AS TEXT) COLLATE "C" AS kind, CAST(NULL AS TEXT) COLLATE "C" AS name,
    CAST(NULL AS TEXT) COLLATE "C" AS scopes, created, CAST(0 AS BIGINT) AS keyed
FROM client_secrets
UNION ALL
SELECT end_key, id, provider_id, CAST('activation_token' AS TEXT) COLLATE "C", name, scopes, issued, CAST(0 AS BIGINT)
FROM tokens WHERE activation = TRUE
UNION ALL
SELECT end_key, id, id, CAST('provider' AS TEXT) COLLATE "C", CAST(NULL AS TEXT) COLLATE "C", CAST(NULL AS TEXT) COLLATE "C",
    created, keyed
FROM providers;

CREATE INDEX admin_tokens_by_administrator ON admin_tokens (administrator_id, id);

-- Every warning has an event of its own, and their ids are in the order of time.
CREATE INDEX warnings_by_event ON warnings (event_id);
CREATE INDEX warnings_by_provider ON warnings (provider_id, event_id);
CREATE INDEX warnings_by_kind ON warnings (kind, event_id);

ALTER TABLE tolerances ADD COLUMN id TEXT COLLATE "C" GENERATED ALWAYS AS (provider_id || ' ' || name) STORED;
CREATE INDEX tolerances_by_id ON tolerances (id);
CREATE INDEX tolerances_by_name ON tolerances (name, id);
CREATE INDEX tolerances_by_uses ON tolerances (uses, id);
CREATE INDEX tolerances_by_use ON tolerances (last_used, id);
