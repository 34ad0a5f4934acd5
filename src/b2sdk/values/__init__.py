"""Frozen values and their JSON and header forms. No I/O, no threads, no requests."""
