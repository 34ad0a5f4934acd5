"""Account infos, third-party ones included, whose storage fails when upload URLs are returned to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.flows.conftest import Calls

from b2sdk.account_info.offering import offer
from b2sdk.simulator import SimulatorServer
from b2sdk.v3.exception import B2Error, InvalidAuthToken, MissingAccountData, ServiceError, Unauthorized

CONTENT = bytes(range(256)) * 4  # 1024 bytes: parts of 200, 200, 200, 200 and 224
TELLING = (
    "put_bucket_upload_url",
    "put_large_file_upload_url",
    "clear_bucket_upload_data",
    "clear_large_file_upload_urls",
)
FAILURES: list[Exception] = [
    RuntimeError("of another program"),
    OSError(28, "No space left on device"),
    sqlite3.OperationalError("database is locked"),
    MissingAccountData("account_auth_token"),
    InvalidAuthToken("would send it again", "bad_auth_token"),
    Unauthorized("would send it again", ""),
    ServiceError("would send it again"),
    StopIteration("would end a generator"),
]


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


def break_storage(info: Any, failure: BaseException) -> None:
    """Let all methods of the account info about upload URLs fail."""

    def fail(*_about: str) -> NoReturn:
        raise failure

    for name in TELLING:
        setattr(info, name, fail)


def kind_of(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("failure", FAILURES, ids=kind_of)
def test_a_small_upload_succeeds_and_is_sent_once(bucket: Any, calls: Calls, failure: Exception) -> None:
    break_storage(bucket.api.account_info, failure)
    for number in range(2):
        assert bucket.upload_bytes(b"content", f"file-{number}").size == 7
    assert calls.done.count("upload_file") == 2
    assert len(set(calls.urls)) == 2, "what could not be given back is not used again"


@pytest.mark.parametrize("failure", FAILURES, ids=kind_of)
def test_a_large_upload_succeeds_and_each_part_is_sent_once(
    bucket: Any, calls: Calls, failure: Exception, tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    break_storage(bucket.api.account_info, failure)
    bucket.upload_local_file(tmp_path / "source", "file")
    assert calls.done.count("upload_part") == 5
    assert [version.file_name for version, _ in bucket.ls()] == ["file"]


def test_an_upload_that_is_tried_again_succeeds(bucket: Any, calls: Calls) -> None:
    break_storage(bucket.api.account_info, RuntimeError())
    calls.fail("upload_file", ServiceError("busy"))
    assert bucket.upload_bytes(b"content", "file").size == 7


def test_an_upload_that_fails_reports_why_and_not_what_became_of_its_urls(
    bucket: Any, calls: Calls, tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    break_storage(bucket.api.account_info, RuntimeError())
    calls.refuse()
    with pytest.raises(B2Error):
        bucket.upload_local_file(tmp_path / "source", "file")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), SystemExit(1)], ids=kind_of)
def test_an_interrupt_is_none_of_the_storage(bucket: Any, interrupt: BaseException) -> None:
    break_storage(bucket.api.account_info, interrupt)
    with pytest.raises(type(interrupt)):
        bucket.upload_bytes(b"content", "file")
    assert [version.file_name for version, _ in bucket.ls()] == ["file"]


def test_it_is_logged_without_what_was_to_be_stored(bucket: Any, caplog: pytest.LogCaptureFixture) -> None:
    def fail(bucket_id: str, url: str, token: str) -> NoReturn:
        told.append(token)
        raise ValueError(f"INSERT {bucket_id!r}, {url!r}, {token!r}")

    told: list[str] = []
    bucket.api.account_info.put_bucket_upload_url = fail
    bucket.upload_bytes(b"content", "file")
    assert "fail failed (builtins.ValueError)" in caplog.text
    assert told[0] not in caplog.text


def test_what_has_no_name_may_fail_too(caplog: pytest.LogCaptureFixture) -> None:
    class Telling:
        def __call__(self) -> NoReturn:
            raise LookupError

    offer(Telling())
    assert "an account info failed (builtins.LookupError)" in caplog.text
