"""Other paths to a few modules, for programs that import them so. Nothing else lives here; new programs do not look."""
