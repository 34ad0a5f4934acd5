"""Verbs about many files: deleting, copying and renaming them, with an event for each."""
