"""How much a client takes at a time, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from b2sdk.http.config import check_seconds


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that one client takes at a time; more waits for its turn.

    :raises ValueError: one of them is no positive number; one that is no number at all is a ``TypeError``.
    """

    requests: int = 64
    """Requests, and so connections. A response that is still being read counts."""
    memory: int = 256 * 1024 * 1024
    """Bytes in the buffers of content that can be read once, over all files that are made of such at a time. More
    waits until some have been sent, so no more files than have room for a part of the least size, 5 MB, go on at a
    time. Beside that, each has 256 KiB and what its content gives at once. What is fetched of stored files to be a
    part of another one counts, too."""
    idle_seconds: float = 30.0
    """How long a connection that is not used stays open."""
    threads: int = 8
    """Threads for what has no other way than to block: files, hashes of large blocks, account infos in databases."""

    def __post_init__(self) -> None:
        for name in ("requests", "memory", "threads"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
            if value < 1:
                raise ValueError(f"{name} must be positive, not {value}")
        check_seconds("idle_seconds", self.idle_seconds)
