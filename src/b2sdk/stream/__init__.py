"""Wrappers around one inner stream. They hold no content and open nothing."""
