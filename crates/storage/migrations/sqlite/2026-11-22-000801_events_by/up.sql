-- Administrators look for the events of a provider, or of a kind, among all there ever were.
CREATE INDEX events_by_provider ON events (provider_id, id) WHERE provider_id IS NOT NULL;
CREATE INDEX events_by_action ON events (action, id);
