UPDATE users SET
    title_key = substr(coalesce(
        nullif(trim(json_extract(match_document, '$.displayName')), ''),
        nullif(trim(json_extract(match_document, '$.name.formatted')), ''),
        nullif(trim(json_extract(match_document, '$.NameFormatted')), ''),
        nullif(trim(coalesce(json_extract(match_document, '$.name.givenName'), '') || ' ' || coalesce(json_extract(match_document, '$.name.familyName'), '')), ''),
        ''), 1, 200),
    family_key = substr(trim(coalesce(json_extract(match_document, '$.name.familyName'), '')), 1, 200);
