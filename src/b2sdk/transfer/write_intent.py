"""Where in a new file the bytes of a source go. What becomes of several such wishes is decided in ``plan``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from typing_extensions import Self

from b2sdk.transfer.source import OutboundTransferSource


class WriteIntent:
    """The wish that the whole of a source be found in the new file from ``destination_offset`` on.

    :raises ValueError: the source does not know its length.
    """

    def __init__(self, outbound_source: OutboundTransferSource, destination_offset: int = 0) -> None:
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
        """Bytes.

        :raises ValueError: the source does not know its length any more.
        """
        length = self.outbound_source.get_content_length()
        if length is None:
            raise ValueError("Planner cannot support write intents of unknown length")
        return length

    @property
    def destination_end_offset(self) -> int:
        """The offset of the first byte after this one's."""
        return self.destination_offset + self.length

    def is_copy(self) -> bool:
        return self.outbound_source.is_copy()

    def is_upload(self) -> bool:
        return self.outbound_source.is_upload()

    def get_content_sha1(self) -> str | None:
        return self.outbound_source.get_content_sha1()

    @classmethod
    def wrap_sources_iterator(cls, outbound_sources_iterator: Iterable[OutboundTransferSource]) -> Iterator[Self]:
        """Yield an intent for each source, one behind the other from 0 on; a source is taken when its turn comes."""
        offset = 0
        for source in outbound_sources_iterator:
            intent = cls(source, destination_offset=offset)
            yield intent
            offset = intent.destination_end_offset
