from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b2sdk.transfer.background import Rendezvous
from b2sdk.transfer.source import UploadSourceBytes
from b2sdk.transfer.writer import StoredFileWriter

PATIENCE = 60


class Service:
    """Makes files of parts; notes those that were made."""

    def __init__(self) -> None:
        self.made: list[bytes] = []
        self.ended = threading.Event()

    def make(self, parts: Iterator[UploadSourceBytes]) -> Any:
        try:
            self.made.append(b"".join(part.open().read() for part in parts))
        finally:
            self.ended.set()
        return "the version"


@pytest.fixture
def service() -> Service:
    return Service()


def test_what_was_written_is_made_into_a_file(service: Service) -> None:
    with StoredFileWriter(service.make, 3) as file:
        file.write(b"0123456789")
    assert service.made == [b"0123456789"]
    assert str(file.version) == "the version"


def write_more(file: StoredFileWriter) -> None:
    file.write(b"0123456789")


@pytest.mark.parametrize("act", [write_more, StoredFileWriter.close], ids=["write", "close"])
def test_an_interruption_makes_no_file_with_a_part_missing(
    act: Callable[[StoredFileWriter], object], service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = StoredFileWriter(service.make, 3)
    file.write(b"abcd")

    def interrupted(_handover: object, _part: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Rendezvous, "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            act(file)
    assert file.closed
    file.close()
    assert service.ended.wait(PATIENCE)
    assert service.made == []
