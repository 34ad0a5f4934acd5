"""What helps to test programs against a service: buckets that are cleaned up, and pytest fixtures for them.

Every module here may use pytest and tenacity; nothing of the package imports one of these modules by itself.
"""

try:
    import pytest  # noqa: F401  # every module here may count on it
    import tenacity  # noqa: F401
except ImportError as _error:
    raise ImportError(
        "the test helpers need pytest and tenacity: pip install 'b2sdk-ng[testing]'", name=_error.name
    ) from _error
