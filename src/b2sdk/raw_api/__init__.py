"""The B2 wire, each endpoint spelled once: ``endpoints`` stands on ``primitives``, and ``http`` is both over HTTP."""
