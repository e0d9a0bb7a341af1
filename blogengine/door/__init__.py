"""The door: a plugin is tried in another process, on a copy of the database, before it may run."""
