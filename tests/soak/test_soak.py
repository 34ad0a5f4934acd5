from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.flows.conftest import SMALL_PARTS
from tests.soak.soak import Lost, Soak

from b2sdk.simulator import SimulatorServer


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    with SimulatorServer(policy=SMALL_PARTS) as server:
        soak = Soak(server, 1, tmp_path)
        yield soak
        soak.close()


def test_nothing_is_lost_in_a_short_soak(soak: Soak) -> None:
    soak.run(seconds=60, operations=200)
    assert sum(soak.done.values()) == 200
    assert len(soak.faults) >= 5
    assert len({what.split()[0] for what in soak.done}) == 9


def test_a_loss_is_noticed(soak: Soak) -> None:
    soak.upload("file-0")
    soak.observed.hide_file("file-0")
    with pytest.raises(Lost, match="file-0"):
        soak.check_everything()


def test_a_change_is_noticed(soak: Soak) -> None:
    soak.upload("file-0")
    soak.observed.upload_bytes(b"something else", "file-0")
    with pytest.raises(Lost, match="file-0"):
        soak.download("file-0")
