"""See :mod:`b2sdk._internal`."""
