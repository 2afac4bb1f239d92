-- Addresses are compared without the quotes that mean nothing; where somebody has the other form by now, it stays.
UPDATE users SET email_key = replace(email_key, '"', '')
WHERE email_key LIKE '"%"@%' AND email_key NOT LIKE '%\%'
    AND NOT EXISTS (SELECT 1 FROM users AS other WHERE other.email_key = replace(users.email_key, '"', ''));
UPDATE blocks SET email_key = replace(email_key, '"', '') WHERE email_key LIKE '"%"@%' AND email_key NOT LIKE '%\%';
