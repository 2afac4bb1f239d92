-- Who is known by each mark: what somebody was known by themselves holds them no more once an administrator has given
-- them a link since. Whose the marks of before are is known of whoever has them now.
CREATE TABLE former_marks AS SELECT mark, at FROM panic_marks;
DROP TABLE panic_marks;
CREATE TABLE panic_marks (
    mark TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (mark, user_id)
);
INSERT INTO panic_marks SELECT mark, '', at FROM former_marks;
-- Addresses as they are compared; those with a host in punycode are looked up as they were written, too.
INSERT INTO panic_marks
SELECT rtrim(replace(mark, '"', ''), '.'), '', max(at) FROM former_marks
WHERE mark LIKE 'email:"%' OR mark LIKE 'email:%.' GROUP BY rtrim(replace(mark, '"', ''), '.')
ON CONFLICT (mark, user_id) DO NOTHING;
INSERT INTO panic_marks
SELECT DISTINCT former_marks.mark, known.user_id, former_marks.at FROM former_marks JOIN (
    SELECT 'user:' || id AS mark, id AS user_id FROM users
    UNION ALL SELECT 'name:' || provider_id || '/' || user_name_key, id FROM users
    UNION ALL SELECT 'email:' || user_name_key, id FROM users WHERE user_name_key LIKE '%@%'
    UNION ALL SELECT 'email:' || email_key, id FROM users WHERE email_key IS NOT NULL
    UNION ALL SELECT 'email:' || value_key, user_id FROM user_emails
    UNION ALL SELECT 'external:' || provider_id || '/' || external_id, id FROM users WHERE external_id IS NOT NULL
) AS known ON known.mark = former_marks.mark;
DROP TABLE former_marks;
