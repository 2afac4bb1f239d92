DROP TRIGGER groups_go ON groups;
DROP TRIGGER groups_come ON groups;
DROP TRIGGER users_go ON users;
DROP TRIGGER users_come ON users;
DROP FUNCTION resources_go();
DROP FUNCTION resources_come();
DROP TABLE totals;
