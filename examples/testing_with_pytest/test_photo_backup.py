"""The application tested against a B2 service on this machine.

Run it with ``pytest`` in this directory. No ``conftest.py`` is needed: the fixtures come with
``pip install 'b2sdk-ng[simulator]'``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import photo_backup
import pytest

from b2sdk.simulator import ApiFault, Clock, Faults, WireFault
from b2sdk.v3 import Bucket

if TYPE_CHECKING:
    from b2sdk.integrations.pytest_plugin import CallJournal

DAY_MS = 86_400_000


@pytest.fixture
def album(tmp_path: Path) -> Path:
    album = tmp_path / "album"
    album.mkdir()
    (album / "cat.jpg").write_bytes(b"a cat")
    (album / "dog.jpg").write_bytes(b"a dog")
    return album


def test_photos_come_back(album: Path, tmp_path: Path, b2_sim_bucket: Bucket) -> None:
    photo_backup.back_up(album, b2_sim_bucket)

    assert photo_backup.restore(b2_sim_bucket, tmp_path) == 2
    assert (tmp_path / "cat.jpg").read_bytes() == b"a cat"


def test_only_new_photos_are_uploaded(album: Path, b2_sim_bucket: Bucket, b2_sim_journal: CallJournal) -> None:
    photo_backup.back_up(album, b2_sim_bucket)
    (album / "eel.jpg").write_bytes(b"an eel")

    assert photo_backup.back_up(album, b2_sim_bucket) == ["eel.jpg"]
    assert len(b2_sim_journal.calls("b2_upload_file")) == 3


def test_a_busy_service_is_asked_again(
    album: Path, b2_sim_bucket: Bucket, b2_sim_faults: Faults, b2_sim_journal: CallJournal
) -> None:
    b2_sim_faults.add(ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable"))

    assert photo_backup.back_up(album, b2_sim_bucket) == ["cat.jpg", "dog.jpg"]
    assert [call.status for call in b2_sim_journal.calls("b2_upload_file")].count(503) == 1


def test_a_connection_that_breaks_does_no_harm(album: Path, b2_sim_bucket: Bucket, b2_sim_faults: Faults) -> None:
    b2_sim_faults.add(WireFault(endpoint="b2_upload_file", kind="reset-mid-request"))

    assert photo_backup.back_up(album, b2_sim_bucket) == ["cat.jpg", "dog.jpg"]


def test_the_next_day_needs_a_new_token(album: Path, b2_sim_bucket: Bucket, b2_sim_clock: Clock) -> None:
    b2_sim_clock.advance(2 * DAY_MS)

    assert photo_backup.back_up(album, b2_sim_bucket) == ["cat.jpg", "dog.jpg"]
