"""Making one folder like another: which files differ, what is to be done about it, and doing it."""
