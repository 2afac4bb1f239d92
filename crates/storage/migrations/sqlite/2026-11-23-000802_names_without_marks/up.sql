-- People are looked for by their names without the marks on letters, and by the last word of a name where no family
-- name is sent. Names that hold rarer marks are written anew with their person's next change.
UPDATE users SET family_key = substr(title_key, length(rtrim(title_key, replace(title_key, ' ', ''))) + 1)
WHERE family_key = '' AND title_key LIKE '% %';
UPDATE users SET title_key =
replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(title_key,
'á', 'a'), 'à', 'a'), 'â', 'a'), 'ã', 'a'), 'ä', 'a'), 'å', 'a'), 'ā', 'a'), 'ă', 'a'), 'ą', 'a'), 'ç', 'c'), 'ć',
'c'), 'č', 'c'), 'ď', 'd'), 'é', 'e'), 'è', 'e'), 'ê', 'e'), 'ë', 'e'), 'ē', 'e'), 'ė', 'e'), 'ę', 'e'), 'ě', 'e'),
'ğ', 'g'), 'í', 'i'), 'ì', 'i'), 'î', 'i'), 'ï', 'i'), 'ī', 'i'), 'ñ', 'n'), 'ń', 'n'), 'ň', 'n'), 'ó', 'o'), 'ò',
'o'), 'ô', 'o'), 'õ', 'o'), 'ö', 'o'), 'ō', 'o'), 'ő', 'o'), 'ř', 'r'), 'ś', 's'), 'š', 's'), 'ş', 's'), 'ť', 't'),
'ú', 'u'), 'ù', 'u'), 'û', 'u'), 'ü', 'u'), 'ū', 'u'), 'ů', 'u'), 'ű', 'u'), 'ý', 'y'), 'ÿ', 'y'), 'ź', 'z'), 'ž',
'z'), 'ż', 'z')
WHERE title_key <> '';
UPDATE users SET family_key =
replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(family_key,
'á', 'a'), 'à', 'a'), 'â', 'a'), 'ã', 'a'), 'ä', 'a'), 'å', 'a'), 'ā', 'a'), 'ă', 'a'), 'ą', 'a'), 'ç', 'c'), 'ć',
'c'), 'č', 'c'), 'ď', 'd'), 'é', 'e'), 'è', 'e'), 'ê', 'e'), 'ë', 'e'), 'ē', 'e'), 'ė', 'e'), 'ę', 'e'), 'ě', 'e'),
'ğ', 'g'), 'í', 'i'), 'ì', 'i'), 'î', 'i'), 'ï', 'i'), 'ī', 'i'), 'ñ', 'n'), 'ń', 'n'), 'ň', 'n'), 'ó', 'o'), 'ò',
'o'), 'ô', 'o'), 'õ', 'o'), 'ö', 'o'), 'ō', 'o'), 'ő', 'o'), 'ř', 'r'), 'ś', 's'), 'š', 's'), 'ş', 's'), 'ť', 't'),
'ú', 'u'), 'ù', 'u'), 'û', 'u'), 'ü', 'u'), 'ū', 'u'), 'ů', 'u'), 'ű', 'u'), 'ý', 'y'), 'ÿ', 'y'), 'ź', 'z'), 'ž',
'z'), 'ż', 'z')
WHERE family_key <> '';
