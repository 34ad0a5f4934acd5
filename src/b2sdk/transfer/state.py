"""What the parts of one large file share while they are on their way: the running total, and whether one has failed."""

from __future__ import annotations

import threading
from typing import Any, Protocol

from b2sdk.exception import AlreadyFailed
from b2sdk.progress import AbstractProgressListener


class _Listener(Protocol):
    def bytes_completed(self, byte_count: int) -> None: ...


class LargeFileUploadState:
    """Adds up what the parts report and passes the total on; the first failure is kept for the others to see."""

    def __init__(self, file_progress_listener: _Listener) -> None:
        self.lock: threading.RLock = threading.RLock()
        self.error_message: str | None = None
        self.file_progress_listener = file_progress_listener
        self.part_number_to_part_state: dict[int, Any] = {}
        self.bytes_completed: int = 0

    def set_error(self, message: str) -> None:
        with self.lock:
            self.error_message = message

    def has_error(self) -> bool:
        return self.error_message is not None

    def get_error_message(self) -> str:
        """Return why a part failed.

        :raises AssertionError: none has failed.
        """
        if self.error_message is None:
            raise AssertionError("no part has failed")
        return self.error_message

    def check(self) -> None:
        """Raise ``AlreadyFailed`` if another part has failed, so that this one need not go on."""
        if self.has_error():
            raise AlreadyFailed(self.get_error_message())

    def update_part_bytes(self, bytes_delta: int) -> None:
        """Count ``bytes_delta`` more bytes as done; fewer where an attempt starts again."""
        with self.lock:
            self.bytes_completed += bytes_delta
            self.file_progress_listener.bytes_completed(self.bytes_completed)


class PartProgressReporter(AbstractProgressListener):
    """Tells the shared state how a part is getting on."""

    def __init__(self, large_file_upload_state: LargeFileUploadState, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.large_file_upload_state = large_file_upload_state
        self.prev_byte_count: int = 0

    def bytes_completed(self, byte_count: int) -> None:
        self.large_file_upload_state.update_part_bytes(byte_count - self.prev_byte_count)
        self.prev_byte_count = byte_count

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def close(self) -> None:
        pass
