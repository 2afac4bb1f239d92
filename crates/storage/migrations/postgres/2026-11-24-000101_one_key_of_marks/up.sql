-- Says that the marks of before addresses had one key hold by it as well: see `panics::unify`, which runs before.
SELECT 1;
