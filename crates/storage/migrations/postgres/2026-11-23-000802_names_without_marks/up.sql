-- People are looked for by their names without the marks on letters, and by the last word of a name where no family
-- name is sent. Names that hold rarer marks are written anew with their person's next change.
UPDATE users SET family_key = substring(title_key FROM '[^ ]+$')
WHERE family_key = '' AND title_key LIKE '% %' AND title_key ~ '[^ ]$';
UPDATE users SET
    title_key = translate(title_key, 'áàâãäåāăąçćčďéèêëēėęěğíìîïīñńňóòôõöōőřśšşťúùûüūůűýÿźžż',
        'aaaaaaaaacccdeeeeeeeegiiiiinnnooooooorssstuuuuuuuyyzzz'),
    family_key = translate(family_key, 'áàâãäåāăąçćčďéèêëēėęěğíìîïīñńňóòôõöōőřśšşťúùûüūůűýÿźžż',
        'aaaaaaaaacccdeeeeeeeegiiiiinnnooooooorssstuuuuuuuyyzzz')
WHERE title_key <> '' OR family_key <> '';
