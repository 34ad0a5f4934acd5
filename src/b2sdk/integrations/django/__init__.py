"""Storages for Django. Needs the extra ``django``.

What belongs here is made with the public surface of the package: ``options`` are checked when a storage is made,
``names`` and ``content`` say what is stored where, ``client`` is what storages of one account share, ``urls`` are
signed, ``files`` are opened; ``storage`` is the storage. For static files there is one in ``static``, which plans in a
``collection`` what the command ``collectstatic`` changes, and performs that at its end.
"""

from __future__ import annotations

try:
    import django as _django  # noqa: F401  # all that is below needs it
except ImportError as _error:
    raise ImportError("the storages need Django: pip install 'b2sdk-ng[django]'", name=_error.name) from _error

from b2sdk.integrations.django.files import B2File
from b2sdk.integrations.django.static import B2ManifestStaticFilesStorage, B2StaticFilesStorage
from b2sdk.integrations.django.storage import B2Storage

__all__ = ["B2File", "B2ManifestStaticFilesStorage", "B2StaticFilesStorage", "B2Storage"]
