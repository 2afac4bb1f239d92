DROP TRIGGER groups_go;
DROP TRIGGER groups_come;
DROP TRIGGER users_go;
DROP TRIGGER users_come;
DROP TABLE totals;
