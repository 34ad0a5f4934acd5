"""Trouble that begins in the middle of something, or meets the way out of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.operations import LARGE
from tests.faults.world import PRECIOUS, World

from b2sdk.exception import MaxRetriesExceeded, ServiceError
from b2sdk.http import Timeouts
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.protocol.faults import ApiFault, WireFault

BY_NAME = "b2_download_file_by_name"


@pytest.fixture
def world(small_parts_service: SimulatorServer, tmp_path: Path) -> Iterator[World]:
    world = World(small_parts_service, tmp_path, Timeouts())
    yield world
    world.close()


def busy(endpoint: str, **about: Any) -> ApiFault:
    return ApiFault(endpoint=endpoint, status=503, code="busy", count=10**6, **about)


@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize("resume", [False, True])
def test_an_outage_during_a_download_is_borne_as_long_as_the_policy_says(
    world: World, streams: int, resume: bool
) -> None:
    world.observed.upload_bytes(LARGE, "file")
    world.service.journal.clear()
    strategies: Any = world.api.services.download_manager.strategies
    strategies[0].min_part_size = len(LARGE) // streams
    target = world.directory / "target"
    target.write_bytes(PRECIOUS)
    world.service.faults.add(WireFault(kind="truncate", endpoint=BY_NAME, after_bytes=10))
    world.service.faults.add(busy(BY_NAME, skip=1))

    with pytest.raises(ServiceError):
        world.bucket.download_file_by_name("file").save_to(target, resume=resume)

    assert target.read_bytes() == PRECIOUS
    assert len(world.calls(BY_NAME)) <= 1 + 20 * streams


def test_a_writer_that_fails_reports_why_though_its_file_cannot_be_dropped(world: World) -> None:
    for endpoint in ("b2_upload_part", "b2_cancel_large_file"):
        world.service.faults.add(busy(endpoint))
    with pytest.raises(MaxRetriesExceeded), world.bucket.open("file", "wb") as file:
        file.write(LARGE)
    world.service.faults.clear()
    assert [unfinished.file_name for unfinished in world.unfinished()] == ["file"]
    assert world.versions("file") == []


def test_a_large_file_that_is_refused_stays_to_be_resumed(world: World) -> None:
    refusal = ApiFault(endpoint="b2_finish_large_file", status=400, code="bad_request", message="no")
    world.service.faults.add(refusal)
    with pytest.raises(Exception, match="no \\(bad_request\\)"):
        world.bucket.upload_bytes(LARGE, "file")
    assert len(world.unfinished()) == 1
    world.service.journal.clear()
    world.bucket.upload_bytes(LARGE, "file")
    assert world.calls("b2_upload_part") == []
    world.assert_made("file", LARGE)


def test_a_key_that_may_not_look_is_reported_what_the_service_said(world: World) -> None:
    key = world.observer.create_key(["listBuckets", "writeFiles"], "writer")
    world.api.authorize_account(key.id_, key.application_key, realm=world.service.url)
    world.service.faults.add(WireFault(kind="reset-before-response", endpoint="b2_finish_large_file"))
    with pytest.raises(Exception, match="bad_request"):
        world.bucket.upload_unbound_stream(io.BytesIO(LARGE), "file")
    assert world.content("file") == LARGE


@pytest.mark.parametrize("since", ["written", "hidden"])
def test_what_is_uploaded_last_is_the_newest_though_it_was_started_before(world: World, since: str) -> None:
    world.observed.upload_bytes(b"older", "file")
    world.service.clock.advance(1000)
    world.service.faults.add(busy("b2_upload_part"))
    with pytest.raises(MaxRetriesExceeded):
        world.bucket.upload_bytes(LARGE, "file")
    world.service.faults.clear()
    world.service.clock.advance(1000)
    if since == "hidden":
        world.observed.hide_file("file")
    else:
        world.observed.upload_bytes(b"newer", "file")
    world.service.clock.advance(1000)
    world.bucket.upload_bytes(LARGE, "file")
    assert world.content("file") == LARGE


def test_other_content_does_not_continue_with_what_notes_the_sha1_of_the_first(world: World) -> None:
    world.service.faults.add(busy("b2_upload_part"))
    with pytest.raises(MaxRetriesExceeded):
        world.bucket.upload_bytes(LARGE, "file")
    world.service.faults.clear()
    world.bucket.upload_bytes(LARGE[::-1], "file")
    assert world.content("file") == LARGE[::-1]
    assert len(world.unfinished()) == 1
