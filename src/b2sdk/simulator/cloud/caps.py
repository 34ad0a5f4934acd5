"""The daily limits of an account, and the transaction class of each call.

What belongs here is counting. Classes are those of the service's price list; days are those of the cloud's clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from b2sdk.simulator.cloud.clock import DAY_MS, Clock
from b2sdk.simulator.cloud.refusals import Refusal

TransactionClass = Literal["A", "B", "C"]

_CLASS_B: Final = ("b2_download_file_by_id", "b2_download_file_by_name", "b2_get_file_info")
_CLASS_C: Final = (
    "b2_authorize_account",
    "b2_copy_file",
    "b2_copy_part",
    "b2_create_bucket",
    "b2_create_key",
    "b2_get_bucket_notification_rules",
    "b2_get_download_authorization",
    "b2_list_buckets",
    "b2_list_file_names",
    "b2_list_file_versions",
    "b2_list_keys",
    "b2_list_parts",
    "b2_list_unfinished_large_files",
    "b2_set_bucket_notification_rules",
    "b2_update_bucket",
)
_CLASS_OF_CALL: Final[Mapping[str, TransactionClass]] = {
    **dict.fromkeys(_CLASS_B, "B"),
    **dict.fromkeys(_CLASS_C, "C"),
}

STORAGE_CALLS: Final = frozenset(
    {
        "b2_copy_file",
        "b2_copy_part",
        "b2_get_upload_part_url",
        "b2_get_upload_url",
        "b2_start_large_file",
        "b2_upload_file",
        "b2_upload_part",
    }
)
"""The calls that a reached storage cap stops."""

_DOWNLOAD_CAP_MESSAGE: Final = (
    "Cannot download file, download bandwidth or transaction (Class B) cap exceeded. "
    "See the Caps & Alerts page to increase your cap."
)


@dataclass(frozen=True, kw_only=True)
class Caps:
    """Limits; ``None`` is none. Bytes for storage and for downloads of a day, calls of a class a day."""

    storage: int | None = None
    download: int | None = None
    class_b: int | None = None
    class_c: int | None = None


@dataclass(eq=False)
class Meter:
    """Counts what is used, and refuses what would be more than the caps allow."""

    clock: Clock
    caps: Caps = field(default_factory=Caps)
    _day: int = 0
    _used: Counter[str] = field(default_factory=Counter)

    def _count_from_midnight(self) -> None:
        day = self.clock.now() // DAY_MS
        if day != self._day:
            self._day = day
            self._used.clear()

    def count_call(self, call: str, stored: Callable[[], int]) -> None:
        """Count a call; 403 if its class is used up for today, or the bytes ``stored`` reach the storage cap."""
        self._count_from_midnight()
        caps = self.caps
        if caps.storage is not None and call in STORAGE_CALLS and stored() >= caps.storage:
            raise Refusal("storage_cap_exceeded", "Cannot upload files, storage cap exceeded.")
        transaction_class = _CLASS_OF_CALL.get(call, "A")
        limit = {"A": None, "B": caps.class_b, "C": caps.class_c}[transaction_class]
        if limit is not None and self._used[transaction_class] >= limit:
            raise Refusal("transaction_cap_exceeded", "Transaction cap exceeded.")
        self._used[transaction_class] += 1

    def count_download(self, size: int) -> None:
        """Count bytes to be sent; 403 if today's are used up."""
        self._count_from_midnight()
        if self.caps.download is not None and self._used["download"] + size > self.caps.download:
            raise Refusal("download_cap_exceeded", _DOWNLOAD_CAP_MESSAGE)
        self._used["download"] += size
