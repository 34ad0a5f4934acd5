"""Upload URLs that are free to use, kept in the memory of one process.

An upload URL must never serve two uploads at once: the service rejects the second one. So a pair is returned once, and
never crosses to another process, neither by ``fork`` nor by pickling.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.fork import in_this_process, reset_after_fork


class UploadUrlPool:
    """Pairs of upload URL and token, by bucket or file id.

    Thread-safe without a lock: what is appended to a list, or popped from one, is so once. A pair that is put while its
    key is cleared may be dropped, as if it had been put before.
    """

    def __init__(self) -> None:
        self._empty()
        reset_after_fork(self._empty)  # the parent keeps using its pairs

    def __reduce__(self) -> tuple[Any, ...]:
        # The pairs stay with the process that obtained them: a pickled or copied pool is empty.
        return type(self), ()

    def put(self, key: str, url: str, auth_token: str) -> None:
        """Offer a pair to the next taker."""
        in_this_process(self)
        pairs = self._pairs.get(key)
        if pairs is None:
            pairs = self._pairs.setdefault(key, [])
        pairs.append((url, auth_token))

    def take(self, key: str) -> tuple[str, str] | tuple[None, None]:
        """Remove and return the pair that was put last, as the freshest; ``(None, None)`` when there is none."""
        in_this_process(self)
        pairs = self._pairs.get(key)
        if pairs:
            try:
                return pairs.pop()
            except IndexError:
                pass  # another thread took the last one
        return None, None

    def clear_for_key(self, key: str) -> None:
        """Drop all pairs of one bucket or file."""
        self._pairs.pop(key, None)

    def _empty(self) -> None:
        self._pairs: dict[str, list[tuple[str, str]]] = {}


class UrlPoolAccountInfo(AbstractAccountInfo):
    """An account info that keeps upload URLs in memory. Everything else is left to the subclass."""

    BUCKET_UPLOAD_POOL_CLASS = UploadUrlPool
    LARGE_FILE_UPLOAD_POOL_CLASS = UploadUrlPool

    def __init__(self) -> None:
        super().__init__()
        self._drop_upload_urls()

    def _drop_upload_urls(self) -> None:
        self._bucket_uploads = self.BUCKET_UPLOAD_POOL_CLASS()
        self._large_file_uploads = self.LARGE_FILE_UPLOAD_POOL_CLASS()

    @abstractmethod
    @override
    def clear(self) -> None:
        """Forget the upload URLs; a subclass forgets the rest, and calls this through ``super()``."""
        self._drop_upload_urls()

    @override
    def take_bucket_upload_url(self, bucket_id: str) -> tuple[str, str] | tuple[None, None]:
        return self._bucket_uploads.take(bucket_id)

    @override
    def put_bucket_upload_url(self, bucket_id: str, upload_url: str, upload_auth_token: str) -> None:
        self._bucket_uploads.put(bucket_id, upload_url, upload_auth_token)

    @override
    def clear_bucket_upload_data(self, bucket_id: str) -> None:
        self._bucket_uploads.clear_for_key(bucket_id)

    @override
    def take_large_file_upload_url(self, file_id: str) -> tuple[str, str] | tuple[None, None]:
        return self._large_file_uploads.take(file_id)

    @override
    def put_large_file_upload_url(self, file_id: str, upload_url: str, upload_auth_token: str) -> None:
        self._large_file_uploads.put(file_id, upload_url, upload_auth_token)

    @override
    def clear_large_file_upload_urls(self, file_id: str) -> None:
        self._large_file_uploads.clear_for_key(file_id)
