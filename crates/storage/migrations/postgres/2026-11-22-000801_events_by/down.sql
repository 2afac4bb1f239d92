DROP INDEX events_by_action;
DROP INDEX events_by_provider;
