"""Replication as v1 has it."""
