-- What lists of providers and of their credentials are sorted and filtered by. What never ends, ends last.
ALTER TABLE providers ADD COLUMN end_key BIGINT GENERATED ALWAYS AS (coalesce(valid_until, 9223372036854775807)) VIRTUAL;
-- 1 when it may authenticate with keys, by an issuer's word or with certificates; 1 when no address may call.
ALTER TABLE providers ADD COLUMN keyed BIGINT GENERATED ALWAYS AS (json_type(settings, '$.authentication') IS NOT NULL) VIRTUAL;
ALTER TABLE providers ADD COLUMN closed BIGINT GENERATED ALWAYS AS (coalesce(json_array_length(settings, '$.allowed_addresses'), 0) = 0) VIRTUAL;
-- Its tags, folded, one a line.
ALTER TABLE providers ADD COLUMN tags_key TEXT NOT NULL DEFAULT '';
UPDATE providers SET tags_key = coalesce((SELECT group_concat(lower(value), char(10)) FROM json_each(settings, '$.tags')), '');
CREATE INDEX providers_by_end ON providers (end_key, id);
CREATE INDEX providers_in_order_of_names ON providers (name_key, id);
CREATE INDEX providers_closed ON providers (id) WHERE closed = 1;

-- A credential ends with its provider's validity at the latest.
ALTER TABLE client_secrets ADD COLUMN end_key BIGINT NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE tokens ADD COLUMN end_key BIGINT NOT NULL DEFAULT 9223372036854775807;
UPDATE client_secrets SET end_key = min(coalesce(expires, 9223372036854775807),
    (SELECT end_key FROM providers WHERE providers.id = provider_id));
UPDATE tokens SET end_key = min(expires, (SELECT end_key FROM providers WHERE providers.id = provider_id)) WHERE activation = 1;
CREATE TRIGGER client_secrets_end AFTER INSERT ON client_secrets BEGIN
    UPDATE client_secrets SET end_key = min(coalesce(expires, 9223372036854775807),
        (SELECT end_key FROM providers WHERE providers.id = NEW.provider_id))
    WHERE id = NEW.id;
END;
CREATE TRIGGER client_secrets_end_moves AFTER UPDATE OF expires ON client_secrets BEGIN
    UPDATE client_secrets SET end_key = min(coalesce(expires, 9223372036854775807),
        (SELECT end_key FROM providers WHERE providers.id = NEW.provider_id))
    WHERE id = NEW.id;
END;
CREATE TRIGGER tokens_end AFTER INSERT ON tokens WHEN NEW.activation BEGIN
    UPDATE tokens SET end_key = min(expires, (SELECT end_key FROM providers WHERE providers.id = NEW.provider_id))
    WHERE digest = NEW.digest;
END;
CREATE TRIGGER providers_end_moves AFTER UPDATE OF valid_until ON providers WHEN NEW.valid_until IS NOT OLD.valid_until BEGIN
    UPDATE client_secrets SET end_key = min(coalesce(expires, 9223372036854775807), coalesce(NEW.valid_until, 9223372036854775807))
    WHERE provider_id = NEW.id;
    UPDATE tokens SET end_key = min(expires, coalesce(NEW.valid_until, 9223372036854775807))
    WHERE provider_id = NEW.id AND activation = 1;
END;
CREATE INDEX client_secrets_by_end ON client_secrets (end_key, id);
CREATE INDEX client_secrets_by_provider_and_end ON client_secrets (provider_id, end_key, id);
CREATE INDEX tokens_by_end ON tokens (end_key, id) WHERE activation = 1;
CREATE INDEX tokens_by_provider_and_end ON tokens (provider_id, end_key, id) WHERE activation = 1;

-- Secrets and activation tokens, and each provider for all else that it authenticates with. Every column has one type,
-- or SQLite would sort all of it instead of merging what the indexes hold in order.
CREATE VIEW credentials AS
SELECT end_key, id, provider_id, CAST('client_secret' AS TEXT) AS kind, CAST(NULL AS TEXT) AS name, CAST(NULL AS TEXT) AS scopes,
    created, CAST(0 AS BIGINT) AS keyed
FROM client_secrets
UNION ALL
SELECT end_key, id, provider_id, CAST('activation_token' AS TEXT), name, scopes, issued, CAST(0 AS BIGINT)
FROM tokens WHERE activation = 1
UNION ALL
SELECT end_key, id, id, CAST('provider' AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), created, keyed
FROM providers;

CREATE INDEX admin_tokens_by_administrator ON admin_tokens (administrator_id, id);

-- Every warning has an event of its own, and their ids are in the order of time.
CREATE INDEX warnings_by_event ON warnings (event_id);
CREATE INDEX warnings_by_provider ON warnings (provider_id, event_id);
CREATE INDEX warnings_by_kind ON warnings (kind, event_id);

ALTER TABLE tolerances ADD COLUMN id TEXT GENERATED ALWAYS AS (provider_id || ' ' || name) VIRTUAL;
CREATE INDEX tolerances_by_id ON tolerances (id);
CREATE INDEX tolerances_by_name ON tolerances (name, id);
CREATE INDEX tolerances_by_uses ON tolerances (uses, id);
CREATE INDEX tolerances_by_use ON tolerances (last_used, id);
