DROP TRIGGER groups_values_go ON groups;
DROP TRIGGER users_values_go ON users;
DROP TABLE resources;
DROP TABLE unique_values;
DROP FUNCTION unique_values_go();
DROP FUNCTION typed_resources_change();
