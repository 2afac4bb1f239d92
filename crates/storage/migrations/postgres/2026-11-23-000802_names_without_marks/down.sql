UPDATE users SET
    title_key = substr(coalesce(
        nullif(trim(match_document::json ->> 'displayName'), ''),
        nullif(trim(match_document::json #>> '{name,formatted}'), ''),
        nullif(trim(match_document::json ->> 'NameFormatted'), ''),
        nullif(trim(coalesce(match_document::json #>> '{name,givenName}', '') || ' ' || coalesce(match_document::json #>> '{name,familyName}', '')), ''),
        ''), 1, 200),
    family_key = substr(trim(coalesce(match_document::json #>> '{name,familyName}', '')), 1, 200);
