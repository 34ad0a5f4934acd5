"""A stored file that is read in several threads and processes."""

from __future__ import annotations

import copy
import io
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, SupportsIndex

import pytest
from tests.conftest import HttpFrontEnd, authorize

import b2sdk.v3
from b2sdk.http import RetryPolicy, Timeouts, patience
from b2sdk.http.overrides import overrides_here
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.transfer import reader
from b2sdk.transfer.reader import Places
from b2sdk.v3.exception import ServiceError

CONTENT = bytes(number * number % 251 for number in range(20_000))


@pytest.fixture
def bucket(service: SimulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setattr(reader, "SMALLEST_WINDOW", 100)
    monkeypatch.setattr(reader, "LARGEST_WINDOW", 800)
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with b2sdk.v3.B2Api(b2sdk.v3.SqliteAccountInfo(tmp_path / "account")) as api:
        authorize(api, front_end)
        bucket = api.create_bucket("reader-bucket", "allPrivate")
        bucket.upload_bytes(CONTENT, "file")
        yield bucket


def unpickled(value: Any, protocol: int | None = None) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))  # noqa: S301  # our own bytes


def in_thread(call: Callable[..., Any], *args: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *args).result()


def test_threads_read_what_each_has_sought(bucket: Any) -> None:
    file, together = bucket.open("file"), threading.Barrier(4)
    wrong = []

    def read(number: int) -> None:
        together.wait()
        for step in range(30):
            place = (number * 5000 + step * 157) % 19_000
            together.wait()
            file.seek(place)
            together.wait()  # now each has sought, and none has read
            if file.read(50) != CONTENT[place : place + 50]:
                wrong.append(place)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))
    assert wrong == []


def test_a_file_that_is_handed_on_is_read_on(bucket: Any) -> None:
    file = bucket.open("file")
    file.seek(10)
    assert in_thread(file.read, 10) == CONTENT[10:20]
    assert file.read(10) == CONTENT[20:30]
    in_thread(file.seek, 50)
    assert in_thread(file.tell) == 50
    assert file.read(10) == CONTENT[50:60]
    assert in_thread(file.readline) == io.BytesIO(CONTENT[60:]).readline()


def test_threads_whose_reads_have_overlapped_each_read_on() -> None:
    places = Places()
    with places.waiting():

        def read_elsewhere() -> None:
            places.seek(500)
            with places.waiting():
                places.pass_by(510)
            assert places.find() == 510

        places.pass_by(10)
        in_thread(read_elsewhere)
    places.pass_by(20)
    in_thread(places.pass_by, 700)
    assert places.find() == 20


def test_a_copy_is_read_on_its_own(bucket: Any) -> None:
    file = bucket.open("file")
    file.seek(30)
    for copied in (copy.copy(file), copy.deepcopy(file)):
        bucket.upload_bytes(b"another version", "file")
        assert copied.read(10) == CONTENT[30:40]
        assert copied.version.api is file.version.api
        assert file.tell() == 30
        copied.close()
    assert file.read(10) == CONTENT[30:40]


def read_on(file: Any) -> bytes:
    content: bytes = file.read(10)
    return content


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_unpickled_file_is_the_same_version_at_the_same_place(bucket: Any, protocol: int) -> None:
    file = bucket.open("file")
    file.seek(7000)
    with unpickled(file, protocol) as found, found.version.api:
        bucket.upload_bytes(b"another version", "file")
        assert (found.size, found.name, found.tell()) == (len(CONTENT), "file", 7000)
        assert found.read(10) == CONTENT[7000:7010]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_file_is_read_on_in_another_process(bucket: Any, method: str) -> None:
    file = bucket.open("file")
    file.seek(7000)
    with get_context(method).Pool(1) as pool:
        assert pool.apply(read_on, (file,)) == CONTENT[7000:7010]


def test_a_file_is_read_on_after_a_fork(bucket: Any, in_child: Callable[[Callable[[], Any]], Any]) -> None:
    file = bucket.open("file")
    file.seek(7000)
    assert in_child(lambda: file.read(10).hex()) == CONTENT[7000:7010].hex()
    assert file.read(10) == CONTENT[7000:7010]


class CountedAccountInfo(b2sdk.v3.InMemoryAccountInfo):
    """One that counts how often it is pickled or copied."""

    count = 0

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        type(self).count += 1
        return super().__reduce_ex__(protocol)


def test_the_account_info_of_a_client_is_pickled_once_and_shared_by_its_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CountedAccountInfo, "count", 0)
    with b2sdk.v3.B2Api(CountedAccountInfo()) as api:
        assert copy.copy(api.session).account_info is api.account_info
        assert CountedAccountInfo.count == 0
        with unpickled(api) as found:
            assert CountedAccountInfo.count == 1
            assert found.cache.info is found.account_info


def test_what_cannot_be_pickled_says_why(bucket: Any) -> None:
    writer = bucket.open("new", "wb")
    for call in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="being written can be neither pickled nor copied"):
            call(writer)
    writer.abort()
    closed = bucket.open("file")
    closed.close()
    with pytest.raises(ValueError, match="closed file"):
        pickle.dumps(closed)


def test_a_pickled_client_works_like_the_first_one(bucket: Any) -> None:
    bucket.api.services.download_manager.set_thread_pool_size(3)
    found = unpickled(bucket)
    with found.api:
        assert found.get_file_info_by_name("file").size == len(CONTENT)
        assert found.api.services.download_manager.get_thread_pool_size() == 3
        assert found.api.session._b2_http.session is not bucket.api.session._b2_http.session


def test_a_session_that_a_program_has_set_is_pickled_with_its_client(bucket: Any) -> None:
    http = bucket.api.session._b2_http
    http.session.headers["X-Of-The-Program"] = "1"
    http.session = http.session
    found = unpickled(http)
    assert found.session.headers["X-Of-The-Program"] == "1"
    found.close()


def test_patience_of_where_a_file_was_opened_travels_with_it(bucket: Any, service: SimulatorServer) -> None:
    with patience(retry_policy=RetryPolicy(attempts=1), timeouts=Timeouts(read=5)):
        file = bucket.open("file")
    unavailable = ApiFault(endpoint="b2_download_file_by_id", status=503, code="service_unavailable")
    for found in (file, copy.copy(file), unpickled(file)):
        service.faults.add(unavailable)
        with pytest.raises(ServiceError):
            in_thread(found.read)
        assert found.read(5) == CONTENT[:5]
    service.faults.add(unavailable)
    with patience(retry_policy=RetryPolicy(attempts=2, first_wait=0.0)):
        assert file.read() == CONTENT[5:]


def test_patience_of_where_a_file_is_read_comes_first(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with patience(timeouts=Timeouts(connect=3, read=5)):
        file = bucket.open("file")
    seen = []
    download = bucket.api.session.raw_api.download_file_from_url

    def look(*args: Any, **kwargs: Any) -> Any:
        seen.append(overrides_here().timeouts)
        return download(*args, **kwargs)

    monkeypatch.setattr(bucket.api.session.raw_api, "download_file_from_url", look)
    with patience(timeouts=Timeouts(read=7)):
        file.read(1000)
    assert seen == [Timeouts(connect=3, read=7)]
    assert overrides_here().timeouts == Timeouts()
