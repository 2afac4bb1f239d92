CREATE TABLE former_marks AS SELECT mark, max(at) AS at FROM panic_marks GROUP BY mark;
DROP TABLE panic_marks;
CREATE TABLE panic_marks (
    mark TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO panic_marks SELECT mark, at FROM former_marks;
DROP TABLE former_marks;
