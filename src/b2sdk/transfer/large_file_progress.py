"""What the parts of one large file share while they are transferred: the total of bytes, and whether one has failed."""

from __future__ import annotations

import threading
from typing import Any

from b2sdk.exception import AlreadyFailed
from b2sdk.progress import AbstractProgressListener
from b2sdk.stream.progress import ByteListener


class LargeFileUploadState:
    """Adds up what the parts report and passes the total on. The failure of one part is kept for the others."""

    def __init__(self, file_progress_listener: ByteListener) -> None:
        """``file_progress_listener`` receives the total; its ``bytes_completed`` is called by one thread at a time."""
        self.lock: threading.RLock = threading.RLock()
        self.error_message: str | None = None
        self.file_progress_listener = file_progress_listener
        self.part_number_to_part_state: dict[int, Any] = {}
        self.bytes_completed: int = 0

    def set_error(self, message: str) -> None:
        """Record why a part failed."""
        with self.lock:
            self.error_message = message

    def has_error(self) -> bool:
        """Whether a part has failed."""
        return self.error_message is not None

    def get_error_message(self) -> str:
        """Return why a part failed.

        :raises AssertionError: none has failed.
        """
        if self.error_message is None:
            raise AssertionError("no part has failed")
        return self.error_message

    def update_part_bytes(self, bytes_delta: int) -> None:
        """Count ``bytes_delta`` more bytes as done; fewer where an attempt starts again."""
        with self.lock:
            self.bytes_completed += bytes_delta
            self.file_progress_listener.bytes_completed(self.bytes_completed)


def check_no_part_failed(state: LargeFileUploadState) -> None:
    """Check that no other part of the file has failed; otherwise this one would be sent or copied in vain.

    Only methods that b2sdk's class has as well are called, as programs bring states of their own.

    :raises AlreadyFailed: one has.
    """
    if state.has_error():
        raise AlreadyFailed(state.get_error_message())


class PartProgressReporter(AbstractProgressListener):
    """The progress listener of one part, which passes its bytes on to the state of the large file."""

    def __init__(self, large_file_upload_state: LargeFileUploadState, *args: str, **kwargs: str) -> None:
        """``large_file_upload_state`` is shared by all parts of the file."""
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
