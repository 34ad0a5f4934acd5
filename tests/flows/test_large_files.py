"""Files that are sent in parts, through both front ends and both surfaces."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import FrontEnd, authorize
from tests.flows.conftest import Calls

from b2sdk.exception import InvalidUserInput
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import (
    SSE_B2_AES,
    CopySource,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    ProgressListenerForTest,
    UploadSourceBytes,
    hex_sha1_of_bytes,
)
from b2sdk.v3.exception import (
    B2ConnectionError,
    B2RequestTimeout,
    BadRequest,
    FileNotPresent,
    InvalidAuthToken,
    ServiceError,
)

CONTENT = bytes(range(256)) * 4  # 1024 bytes: parts of 200, 200, 200, 200 and 224
PARTS = 5
SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"k" * 32, "my key"))


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def downloaded(bucket: Any, name: str, encryption: Any = None) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name(name, encryption=encryption).save(target)
    return target.getvalue()


# --- making one ---


def test_a_large_file_comes_back(bucket: Any, calls: Calls, path: Path) -> None:
    version = bucket.upload_local_file(path, "large")
    assert downloaded(bucket, "large") == CONTENT
    assert version.size == len(CONTENT)
    assert version.file_info == {"large_file_sha1": hex_sha1_of_bytes(CONTENT)}
    assert calls.done == [
        "list_unfinished_large_files",
        "start_large_file",
        *["upload_part"] * PARTS,
        "finish_large_file",
    ]


@pytest.mark.parametrize(("length", "parts"), [(399, 0), (400, 2), (401, 2), (599, 2), (600, 3)])
def test_parts_are_of_the_recommended_size_and_the_rest_goes_with_the_last(
    bucket: Any, calls: Calls, length: int, parts: int
) -> None:
    bucket.upload_bytes(CONTENT[:1] * length, "file")
    assert calls.done.count("upload_part") == parts


def test_everything_said_of_a_large_file_comes_back(bucket: Any) -> None:
    version = bucket.upload_bytes(
        CONTENT,
        "large",
        content_type="text/plain",
        file_info={"color": "blå"},
        encryption=SSE_B2_AES,
        custom_upload_timestamp=1_500_000_000_000,
        cache_control="private",
        content_language="de",
        large_file_sha1="1" * 40,
    )
    assert (version.content_type, version.upload_timestamp) == ("text/plain", 1_500_000_000_000)
    assert version.file_info == {
        "color": "blå",
        "b2-cache-control": "private",
        "b2-content-language": "de",
        "large_file_sha1": "1" * 40,
    }


def test_unfinished_files_are_listed_by_the_beginning_of_their_names(api: Any, bucket: Any) -> None:
    for name in ("aa/1", "ab/1"):
        api.services.large_file.start_large_file(bucket.id_, name, "text/plain", {})
    assert [file.file_name for file in bucket.list_unfinished_large_files(prefix="aa/")] == ["aa/1"]


def test_cancelling_reports_which_file_it_was(api: Any, bucket: Any) -> None:
    for cancel in (api.cancel_large_file, bucket.cancel_large_file):
        unfinished = api.services.large_file.start_large_file(bucket.id_, "large", "text/plain", {})
        cancelled = cancel(unfinished.file_id)
        assert (cancelled.file_id, cancelled.file_name) == (unfinished.file_id, "large")
        assert not list(bucket.list_unfinished_large_files())


def test_a_file_whose_info_has_names_in_capitals_is_resumed(bucket: Any, calls: Calls, path: Path) -> None:
    calls.refuse("upload_part")
    with pytest.raises(BadRequest):
        bucket.upload_local_file(path, "large", file_info={"Color": "red"})
    bucket.upload_local_file(path, "large", file_info={"Color": "red"})
    assert calls.done.count("start_large_file") == 1
    assert downloaded(bucket, "large") == CONTENT


def test_a_minimum_above_the_recommended_size_is_obeyed(bucket: Any, calls: Calls) -> None:
    bucket.concatenate([UploadSourceBytes(CONTENT)], "large", min_part_size=300)
    assert calls.done.count("upload_part") == 3
    with pytest.raises(InvalidUserInput):
        bucket.concatenate([UploadSourceBytes(CONTENT)], "large", min_part_size=100, max_part_size=50)


def test_each_kind_of_transfer_has_as_many_workers_as_are_asked_for(front_end: FrontEnd, surface: ModuleType) -> None:
    workers = {"max_upload_workers": 2, "max_copy_workers": 3, "max_download_workers": 4}
    with front_end.connect(surface, **workers, max_download_streams_per_file=5) as api:
        services = api.services
        managers = services.upload_manager, services.copy_manager, services.download_manager
        assert [manager.get_thread_pool_size() for manager in managers] == [2, 3, 4]
        assert services.download_manager.strategies[0].max_streams == 5


def test_the_sha1_of_the_whole_is_not_stored_with_a_file_of_one_request(bucket: Any) -> None:
    assert bucket.upload_bytes(b"small", "small", large_file_sha1="1" * 40).file_info == {}


def test_with_a_customer_key(bucket: Any) -> None:
    version = bucket.upload_bytes(CONTENT, "large", encryption=SSE_C)
    assert version.file_info["sse_c_key_id"] == "my key"
    assert downloaded(bucket, "large", SSE_C) == CONTENT


@pytest.mark.parametrize("length", [100, 1000], ids=["one request", "parts"])
def test_the_file_info_of_the_caller_is_not_changed(bucket: Any, length: int) -> None:
    info = {"a": "b"}
    bucket.upload_bytes(bytes(length), "file", file_info=info, encryption=SSE_C, cache_control="private")
    bucket.upload_bytes(bytes(length), "file", file_info=info, encryption=SSE_C)
    version = bucket.upload_unbound_stream(io.BytesIO(bytes(length)), "file", file_info=info, encryption=SSE_C)
    assert version.file_info == {"a": "b", "sse_c_key_id": "my key"}
    assert info == {"a": "b"}


def test_more_than_the_service_takes_is_refused_before_it_is_sent(bucket: Any) -> None:
    class Claims(UploadSourceBytes):
        def get_content_length(self) -> int:
            return 10**13 + 1

    with pytest.raises(Exception, match="Allowed file size of exceeded"):
        bucket.upload(Claims(b""), "large")


def test_progress_of_a_large_file(bucket: Any) -> None:
    listener = ProgressListenerForTest()
    bucket.upload_bytes(CONTENT, "large", progress_listener=listener)
    total, *completed = listener.get_calls()
    assert total == f"set_total_bytes({len(CONTENT)})"
    assert completed[-1] == f"bytes_completed({len(CONTENT)})"
    assert len(completed) >= PARTS
    assert all(call.startswith("bytes_completed") for call in completed), "neither closed nor given another total"


def test_no_upload_url_is_kept_for_a_finished_file(bucket: Any, api: Any) -> None:
    bucket.upload_bytes(CONTENT, "large")
    assert api.account_info._large_file_uploads._pairs == {}


def test_closing_leaves_no_thread(front_end: FrontEnd, surface: ModuleType) -> None:
    before = set(threading.enumerate())
    with front_end.connect(surface) as api:
        authorize(api, front_end)
        api.create_bucket("of-threads", "allPrivate").upload_bytes(CONTENT, "large")
    assert {thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool")} <= before


# --- failures ---


def test_after_a_failure_the_unfinished_file_stays_and_its_parts_with_it(bucket: Any, calls: Calls) -> None:
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    calls.refuse()
    with pytest.raises(BadRequest, match="no more"):
        bucket.upload_bytes(CONTENT, "large")
    (unfinished,) = bucket.list_unfinished_large_files()
    assert [part.part_number for part in bucket.list_parts(unfinished.file_id)] == [1, 2]
    assert "cancel_large_file" not in calls.done
    bucket.cancel_large_file(unfinished.file_id)
    assert list(bucket.list_unfinished_large_files()) == []


@pytest.mark.parametrize("threads", [1, 4])
def test_a_part_that_fails_now_and_then_is_sent_again(bucket: Any, calls: Calls, threads: int) -> None:
    bucket.api.services.upload_manager.set_thread_pool_size(threads)
    calls.fail("upload_part", ServiceError("busy"), B2ConnectionError(), B2RequestTimeout(), after=1)
    bucket.upload_bytes(CONTENT, "large")
    assert downloaded(bucket, "large") == CONTENT
    assert calls.failed == [ServiceError, B2ConnectionError, B2RequestTimeout]


def test_an_upload_url_that_failed_is_never_used_again(bucket: Any, calls: Calls) -> None:
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    calls.fail("upload_part", ServiceError("busy"), after=2)
    bucket.upload_bytes(CONTENT, "large")
    first, second = calls.urls[0], calls.urls[3]
    assert calls.urls == [first] * 3 + [second] * 3
    assert first != second


def test_a_token_that_expires_on_the_way_is_replaced(bucket: Any, calls: Calls) -> None:
    calls.fail("upload_part", InvalidAuthToken("expired", "expired_auth_token"), after=2)
    bucket.upload_bytes(CONTENT, "large")
    assert downloaded(bucket, "large") == CONTENT
    assert calls.done.count("upload_part") == PARTS


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_a_listener_raises_ends_the_transfer(bucket: Any, error: type[BaseException], calls: Calls) -> None:
    class Broken(ProgressListenerForTest):
        def bytes_completed(self, byte_count: int) -> None:
            if byte_count > 500:
                raise error

    with pytest.raises(error):
        bucket.upload_bytes(CONTENT, "large", progress_listener=Broken())
    assert calls.running == 0, "nothing is left running"
    bucket.upload_bytes(CONTENT, "large")
    assert downloaded(bucket, "large") == CONTENT


# --- going on ---


def test_only_the_missing_parts_of_a_local_file_are_sent(bucket: Any, calls: Calls, path: Path) -> None:
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    calls.refuse()
    with pytest.raises(BadRequest):
        bucket.upload_local_file(path, "large")
    (unfinished,) = bucket.list_unfinished_large_files()
    listener = ProgressListenerForTest()
    version = bucket.upload_local_file(path, "large", progress_listener=listener)
    assert version.id_ == unfinished.file_id
    assert calls.done.count("upload_part") == PARTS
    assert listener.get_calls()[1:3] == ["bytes_completed(200)", "bytes_completed(400)"]
    assert downloaded(bucket, "large") == CONTENT


@pytest.mark.parametrize(
    "about",
    [
        {"encryption": SSE_C},
        {"encryption": SSE_B2_AES},
        {"custom_upload_timestamp": 1_500_000_000_000},
        {"cache_control": "private", "content_type": "text/plain"},
        {"large_file_sha1": hex_sha1_of_bytes(CONTENT)},
    ],
    ids=lambda about: next(iter(about)),
)
def test_a_file_about_which_much_is_said_is_resumed(bucket: Any, calls: Calls, about: dict[str, Any]) -> None:
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    calls.refuse()
    with pytest.raises(BadRequest):
        bucket.upload_bytes(CONTENT, "large", **about)
    bucket.upload_bytes(CONTENT, "large", **about)
    assert calls.done.count("upload_part") == PARTS
    assert calls.done.count("start_large_file") == 1
    encryption = about.get("encryption")
    assert downloaded(bucket, "large", encryption if encryption is SSE_C else None) == CONTENT


def test_an_unfinished_file_without_parts_is_resumed(bucket: Any, calls: Calls) -> None:
    calls.refuse(after=0)
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    with pytest.raises(BadRequest):
        bucket.upload_bytes(CONTENT, "large")
    bucket.upload_bytes(CONTENT, "large")
    assert calls.done.count("start_large_file") == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"file_info": {"a": "b"}}),
        ({"encryption": SSE_C}, {}),
        ({}, {"encryption": SSE_C}),
        ({"custom_upload_timestamp": 1_500_000_000_000}, {"custom_upload_timestamp": 1_500_000_000_001}),
        ({"cache_control": "private"}, {"cache_control": "public"}),
        ({"content_type": "text/plain"}, {"content_type": "text/html"}),
    ],
    ids=["info", "no key", "a key", "timestamp", "cache control", "content type"],
)
def test_another_file_of_the_same_name_is_started_again(
    bucket: Any, calls: Calls, first: dict[str, Any], second: dict[str, Any]
) -> None:
    calls.refuse()
    with pytest.raises(BadRequest):
        bucket.upload_bytes(CONTENT, "large", **first)
    bucket.upload_bytes(CONTENT, "large", **second)
    assert calls.done.count("start_large_file") == 2
    assert len(list(bucket.list_unfinished_large_files())) == 1, "the other one is left alone"


def test_changed_content_is_started_again(bucket: Any, calls: Calls) -> None:
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    calls.refuse()
    with pytest.raises(BadRequest):
        bucket.upload_bytes(CONTENT, "large")
    bucket.upload_bytes(CONTENT[::-1], "large")
    assert downloaded(bucket, "large") == CONTENT[::-1]
    assert calls.done.count("start_large_file") == 2


def test_copies_that_are_there_are_not_copied_again(bucket: Any, calls: Calls) -> None:
    stored = bucket.upload_bytes(CONTENT[:390], "stored")
    sources = [CopySource(stored.id_, length=200), UploadSourceBytes(CONTENT[200:]), CopySource(stored.id_, 0, 150)]
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    raw_api, is_copied = bucket.api.session.raw_api, threading.Event()
    copying, sending = raw_api.copy_part, raw_api.upload_part

    def copy_part(*args: Any, **kwargs: Any) -> Any:
        answer = copying(*args, **kwargs)
        is_copied.set()
        return answer

    def upload_part(*args: Any, **kwargs: Any) -> Any:
        assert is_copied.wait(timeout=60)
        return sending(*args, **kwargs)

    raw_api.copy_part, raw_api.upload_part = copy_part, upload_part
    calls.refuse()
    with pytest.raises(BadRequest):
        bucket.concatenate(sources, "composed")
    copied, sent = (calls.done.count(name) for name in ("copy_part", "upload_part"))
    assert (copied, sent) == (1, 2)
    version = bucket.concatenate(sources, "composed")
    assert calls.done.count("copy_part") == 1
    assert calls.done.count("start_large_file") == 1
    assert downloaded(bucket, "composed") == CONTENT + CONTENT[:150]
    assert "plan_id" in version.file_info


def test_the_file_to_continue_with_can_be_named(bucket: Any, calls: Calls) -> None:
    bucket.api.services.upload_manager.set_thread_pool_size(1)
    sources = [UploadSourceBytes(CONTENT)]
    unfinished = []
    for _ in range(2):
        calls.refuse()
        with pytest.raises(BadRequest):
            bucket.concatenate_stream(sources, "large", encryption=SSE_C)
        unfinished = list(bucket.list_unfinished_large_files())
    chosen = unfinished[-1].file_id
    version = bucket.concatenate_stream(sources, "large", encryption=SSE_C, continue_large_file_id=chosen)
    assert version.id_ == chosen
    assert calls.done.count("upload_part") == 2 + PARTS
    assert downloaded(bucket, "large", SSE_C) == CONTENT
    assert len(list(bucket.list_unfinished_large_files())) == 1


def test_the_named_file_has_to_be_there_and_to_be_the_same(bucket: Any, calls: Calls) -> None:
    calls.refuse()
    with pytest.raises(BadRequest):
        bucket.upload_bytes(CONTENT, "large")
    (unfinished,) = bucket.list_unfinished_large_files()
    with pytest.raises(ValueError, match="different file_info"):
        bucket.concatenate(
            [UploadSourceBytes(CONTENT)], "large", file_info={"a": "b"}, continue_large_file_id=unfinished.file_id
        )
    bucket.cancel_large_file(unfinished.file_id)
    with pytest.raises(FileNotPresent):
        bucket.concatenate([UploadSourceBytes(CONTENT)], "large", continue_large_file_id=unfinished.file_id)


def test_a_file_of_one_request_cannot_be_resumed(bucket: Any) -> None:
    for concatenate in (bucket.concatenate, bucket.concatenate_stream):
        with pytest.raises(ValueError, match="single part"):
            concatenate([UploadSourceBytes(b"small")], "small", continue_large_file_id="id")


def test_without_the_right_to_list_files_a_file_is_started_again(
    bucket: Any, calls: Calls, api: Any, front_end: FrontEnd, surface: ModuleType
) -> None:
    calls.refuse()
    with pytest.raises(BadRequest):
        bucket.upload_bytes(CONTENT, "large")
    key = api.create_key(["writeFiles", "listBuckets"], "writer")
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        version = restricted.get_bucket_by_name(bucket.name).upload_bytes(CONTENT, "large")
    assert version.size == len(CONTENT)
    assert len(list(bucket.list_unfinished_large_files())) == 1
