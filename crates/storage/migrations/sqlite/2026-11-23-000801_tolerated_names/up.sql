-- The last names under which a product did it: attributes and schemas that are not here. An array in JSON.
ALTER TABLE tolerances ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
