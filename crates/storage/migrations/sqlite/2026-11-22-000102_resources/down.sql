DROP TRIGGER groups_values_go;
DROP TRIGGER users_values_go;
DROP TABLE unique_values;
DROP TABLE resources;
