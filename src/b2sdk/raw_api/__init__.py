"""The B2 wire, each endpoint spelled once: ``endpoints`` stands on ``wire``, and ``http`` is both over HTTP."""
