"""A filesystem ``b2://`` for fsspec. Needs the extra ``fsspec``, which finds it by an entry point.

What belongs here is made with the public surface of the package, and the readers, windows and text of ``transfer``:
``paths`` and ``ranges`` compute, ``folders`` reads listings, ``listings`` remembers them, ``account`` is what all
instances for one account share, ``files`` are the file objects, some of which write to what is ``held``; ``looking``,
``reading`` and ``writing`` are the verbs, ``transactions`` defer them, and ``filesystem`` is what they belong to.
"""

from __future__ import annotations

try:
    import fsspec as _fsspec  # noqa: F401  # all that is below needs it
except ImportError as _error:
    raise ImportError("the filesystem b2:// needs fsspec: pip install 'b2sdk-ng[fsspec]'", name=_error.name) from _error

from b2sdk.integrations.fsspec.filesystem import B2FileSystem

__all__ = ["B2FileSystem"]
