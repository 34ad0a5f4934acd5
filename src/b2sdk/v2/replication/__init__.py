"""Replication as before: keys for one bucket."""
