DROP INDEX events_beside_providers;
