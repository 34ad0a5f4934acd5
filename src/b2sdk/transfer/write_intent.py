"""Where in a new file the bytes of a source go. What happens where several overlap is decided in ``overlaps``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from typing_extensions import Self

from b2sdk.transfer.source import OutboundTransferSource


class WriteIntent:
    """That the whole content of a source is to be in the new file from ``destination_offset`` on."""

    def __init__(self, outbound_source: OutboundTransferSource, destination_offset: int = 0) -> None:
        """Say which source goes where.

        :param outbound_source: an upload source or a copy source whose length is known.
        :param destination_offset: bytes from the beginning of the new file.
        :raises TypeError: ``outbound_source`` is no source.
        :raises ValueError: the source does not know its length.
        """
        if not hasattr(outbound_source, "get_content_length"):
            raise TypeError(f"a source of content is needed, not {type(outbound_source).__name__}")
        if outbound_source.get_content_length() is None:
            raise ValueError("Cannot wrap outbound source of unknown length")
        self.outbound_source = outbound_source
        self.destination_offset = destination_offset

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} outbound_source={self.outbound_source!r} "
            f"destination_offset={self.destination_offset} id={id(self)}>"
        )

    @property
    def length(self) -> int:
        """Bytes of the source.

        :raises ValueError: the source does not know its length any more.
        """
        length = self.outbound_source.get_content_length()
        if length is None:
            raise ValueError("Planner cannot support write intents of unknown length")
        return length

    @property
    def destination_end_offset(self) -> int:
        """The offset of the first byte after the source."""
        return self.destination_offset + self.length

    def is_copy(self) -> bool:
        """Whether the source is in the service."""
        return self.outbound_source.is_copy()

    def is_upload(self) -> bool:
        """Whether the source is on this machine."""
        return self.outbound_source.is_upload()

    def get_content_sha1(self) -> str | None:
        """Return the SHA-1 of the source; ``None`` where it is not known."""
        return self.outbound_source.get_content_sha1()

    @classmethod
    def wrap_sources_iterator(cls, outbound_sources_iterator: Iterable[OutboundTransferSource]) -> Iterator[Self]:
        """Yield an intent for each source, one after the other from offset 0 on; sources are taken as needed."""
        offset = 0
        for source in outbound_sources_iterator:
            intent = cls(source, destination_offset=offset)
            yield intent
            offset = intent.destination_end_offset


def check_intents(intents: Iterable[WriteIntent]) -> Iterator[WriteIntent]:
    """Yield the intents.

    :raises TypeError: something among them is none.
    """
    for intent in intents:
        if not hasattr(intent, "destination_offset"):
            raise TypeError(f"a write intent is needed, not {type(intent).__name__}")
        yield intent
