"""Replication between buckets: setting it up, and looking how far it has come. Knows buckets, the API and scanning."""
