"""What stands between client and service sends ranges as it likes: what was not asked for is not saved."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given, settings, strategies as st

from b2sdk.http import HttpCallback, Retry, RetryPolicy
from b2sdk.simulator import SimulatorServer
from b2sdk.transfer import reader
from b2sdk.transfer.range_stream import MAX_OTHER_RANGES
from b2sdk.transfer.reader import StoredFileReader
from b2sdk.v3 import CopySource, ParallelDownloader, SimpleDownloader, UploadSourceBytes
from b2sdk.v3.exception import B2Error, InvalidRange, UnexpectedCloudBehaviour

CONTENT = bytes(number * number % 251 for number in range(1500))
LAST = len(CONTENT) - 1


class Response:
    """What was received instead of a response: its headers, and its body."""

    def __init__(self, honest: Any, status: int, body: bytes, **headers: str | None) -> None:
        self._honest = honest
        self.status_code = status
        self.request = SimpleNamespace(url=honest.request.url)
        changed = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        kept = {name.lower(): value for name, value in honest.headers.items()}
        merged = {"content-length": str(len(body)), **changed}
        self.headers = requests.structures.CaseInsensitiveDict(
            {name: value for name, value in {**kept, "content-range": None, **merged}.items() if value is not None}
        )
        self._body = body
        self.breaks = False

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        for start in range(0, len(self._body), chunk_size):
            yield self._body[start : start + chunk_size]
        if self.breaks:
            raise requests.exceptions.ChunkedEncodingError("broken")

    def close(self) -> None:
        self._honest.close()


Answering = Callable[[Any, int, int], Any]
Operation = Callable[[Any, Path], bytes]


def named(start: int, end: int, total: int | str = len(CONTENT)) -> str:
    return f"bytes {start}-{end}/{total}"


def whole(honest: Any, _start: int, _end: int) -> Response:
    return Response(honest, 200, CONTENT)


def beginning_of_the_file(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 200, CONTENT[: end - start + 1])


def shifted(honest: Any, start: int, end: int) -> Response:
    by = start and -min(start, 100)
    start, end = start + by or 1, end + by
    return Response(honest, 206, CONTENT[start : end + 1], content_range=named(start, end))


def shorter(honest: Any, start: int, end: int) -> Response:
    end -= (end - start + 1) // 2 or -1
    return Response(honest, 206, CONTENT[start : end + 1], content_range=named(start, end))


def longer(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, CONTENT[start : end + 20], content_range=named(start, end + 19))


def of_a_longer_file(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, b"x" * (end - start + 1), content_range=named(start, end, len(CONTENT) + 1))


def of_another_file(honest: Any, start: int, end: int) -> Response:
    body = b"x" * (end - start + 1)
    return Response(honest, 206, body, content_range=named(start, end), x_bz_file_id="4_z0_f0_d0_m0_c0_v0_t0")


def of_no_file(honest: Any, start: int, end: int) -> Response:
    body = b"x" * (end - start + 1)
    return Response(honest, 206, body, content_range=named(start, end), x_bz_file_id=None)


def nameless(honest: Any, _start: int, _end: int) -> Response:
    return Response(honest, 206, b"x", content_length=None)


def contradictory(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, b"x" * (end - start + 5), content_range=named(start, end))


def several_ranges(honest: Any, start: int, end: int) -> Response:
    body = b"--x\r\n" + CONTENT[start : end + 1] + b"--x--\r\n"
    return Response(honest, 206, body, content_type="multipart/byteranges; boundary=x")


def encoded(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, b"x" * (end - start + 1), content_range=named(start, end), content_encoding="gzip")


def without_sense(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, b"x" * (end - start + 1), content_range="bytes */*")


def overlong_without_length(honest: Any, start: int, end: int) -> Response:
    body = CONTENT[start : end + 1] + b"x"
    return Response(honest, 206, body, content_range=named(start, end), content_length=None)


def right_without_length(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, CONTENT[start : end + 1], content_range=named(start, end), content_length=None)


def right_without_name(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, CONTENT[start : end + 1])


def right_without_total(honest: Any, start: int, end: int) -> Response:
    return Response(honest, 206, CONTENT[start : end + 1], content_range=named(start, end, "*"))


def broken(honest: Any, start: int, end: int) -> Response:
    response = Response(honest, 206, CONTENT[start : (start + end) // 2], content_range=named(start, end))
    response.headers["content-length"] = str(end - start + 1)
    response.breaks = True
    return response


def early(honest: Any, start: int, end: int) -> Response:
    response = broken(honest, start, end)
    response.breaks = False
    return response


def honest_one(honest: Any, _start: int, _end: int) -> Any:
    return honest


WRONG: list[Answering] = [
    whole,
    beginning_of_the_file,
    shifted,
    shorter,
    longer,
    of_a_longer_file,
    of_another_file,
    of_no_file,
    nameless,
    contradictory,
    several_ranges,
    encoded,
    without_sense,
    overlong_without_length,
]
CURABLE = [whole, shifted, shorter, longer, of_a_longer_file, contradictory, several_ranges, encoded]
RIGHT: list[Answering] = [honest_one, right_without_length, right_without_name, right_without_total, broken, early]


class Between:
    """Responds to requests for ranges by a script, and correctly after its end."""

    def __init__(self, raw_api: Any) -> None:
        self.script: list[Answering] = []
        self.then: Answering = honest_one
        self.asked = 0
        self._download = raw_api.download_file_from_url
        raw_api.download_file_from_url = self._answer

    @contextmanager
    def _answer(self, token: Any, url: str, range_: Any = None, encryption: Any = None) -> Iterator[Any]:
        with self._download(token, url, range_=range_, encryption=encryption) as honest:
            if range_ is None:
                yield honest
                return
            self.asked += 1
            answering = self.script.pop(0) if self.script else self.then
            yield answering(honest, *range_)

    def will(self, *script: Answering, then: Answering = honest_one) -> None:
        self.script, self.then, self.asked = list(script), then, 0


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


@pytest.fixture
def bucket(api: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(reader, "SMALLEST_WINDOW", 400)
    monkeypatch.setattr(reader, "LARGEST_WINDOW", 400)
    api.session._b2_http.RETRY_POLICY = RetryPolicy(first_wait=0.0)
    bucket = api.create_bucket("test-bucket", "allPrivate")
    bucket.upload_unbound_stream(io.BytesIO(CONTENT), "file")  # nobody knows the SHA-1 of the whole
    manager = api.services.download_manager
    manager.strategies = [
        ParallelDownloader(min_part_size=400, force_chunk_size=64, thread_pool=manager._thread_pool),
        SimpleDownloader(force_chunk_size=64),
    ]
    assert bucket.get_file_info_by_name("file").get_content_sha1() is None
    return bucket


@pytest.fixture
def between(bucket: Any) -> Between:
    return Between(bucket.api.session.raw_api)


def in_several_streams(bucket: Any, path: Path) -> bytes:
    bucket.download_file_by_name("file").save_to(path)
    return path.read_bytes()


def a_range(bucket: Any, path: Path) -> bytes:
    bucket.download_file_by_name("file", range_=(300, 1399)).save_to(path)
    return path.read_bytes()


def as_a_file_object(bucket: Any, _path: Path) -> bytes:
    with StoredFileReader(bucket.api, bucket.get_file_info_by_name("file")) as file:
        file.seek(700)
        content: bytes = file.read()
    return content


def as_an_opened_file(bucket: Any, _path: Path) -> bytes:
    with bucket.open("file") as file:
        file.seek(10)
        content: bytes = file.read()
    return content


def as_a_piece_of_another_file(bucket: Any, _path: Path) -> bytes:
    file_id = bucket.get_file_info_by_name("file").id_
    version = bucket.concatenate([CopySource(file_id, offset=7, length=50), UploadSourceBytes(b"end")], "made")
    content: bytes = _stored(bucket, version.id_)
    bucket.delete_file_version(version.id_, "made")
    return content


def _stored(bucket: Any, file_id: str) -> bytes:
    target = io.BytesIO()
    bucket.api.download_file_by_id(file_id).save(target)
    return target.getvalue()


EXPECTED: dict[Operation, bytes] = {
    in_several_streams: CONTENT,
    a_range: CONTENT[300:1400],
    as_a_file_object: CONTENT[700:],
    as_an_opened_file: CONTENT[10:],
    as_a_piece_of_another_file: CONTENT[7:57] + b"end",
}
NOT_TO_BE_KNOWN: dict[Operation, list[Answering]] = {
    # Nothing is known of the file before.
    a_range: [of_a_longer_file, of_another_file, encoded],
    as_an_opened_file: [of_a_longer_file, of_another_file],
    as_a_piece_of_another_file: [of_a_longer_file, encoded],
}
NOT_ENOUGH: dict[Operation, list[Answering]] = {a_range: [right_without_total]}
"""What does not describe the file, as the first response has to."""
operations = pytest.mark.parametrize("operation", EXPECTED)


def cases(answering: Sequence[Answering], but: Mapping[Operation, Sequence[Answering]]) -> pytest.MarkDecorator:
    chosen = [(one, each) for one in EXPECTED for each in answering if each not in but.get(one, [])]
    return pytest.mark.parametrize(("operation", "answering"), chosen)


@operations
@given(script=st.lists(st.sampled_from(WRONG + RIGHT), max_size=9))
@settings(max_examples=30)
def test_what_is_saved_is_what_was_asked_for_or_nothing(
    bucket: Any, between: Between, tmp_path: Path, operation: Operation, script: list[Answering]
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"good")
    between.will(*(each for each in script if each not in NOT_TO_BE_KNOWN.get(operation, [])))
    try:
        content = operation(bucket, target)
    except B2Error:
        assert target.read_bytes() == b"good"
    else:
        assert content == EXPECTED[operation]
    assert list(tmp_path.iterdir()) == [target]


@cases(WRONG, NOT_TO_BE_KNOWN)
def test_what_keeps_coming_wrong_is_given_up_soon(
    bucket: Any, between: Between, tmp_path: Path, operation: Operation, answering: Answering
) -> None:
    between.will(then=answering)
    with pytest.raises((InvalidRange, UnexpectedCloudBehaviour)):
        operation(bucket, tmp_path / "target")
    assert list(tmp_path.iterdir()) == []
    assert between.asked <= 3 * MAX_OTHER_RANGES


class Retries(HttpCallback):
    def __init__(self) -> None:
        self.told: list[Retry] = []

    def on_retry(self, retry: Retry) -> None:
        self.told.append(retry)


@pytest.mark.parametrize("range_", [None, (300, 1399)], ids=["the whole", "a range"])
def test_what_comes_wrong_is_asked_for_again_as_the_policy_says(bucket: Any, range_: tuple[int, int] | None) -> None:
    http, raw_api, retries = bucket.api.session._b2_http, bucket.api.session.raw_api, Retries()
    http.add_callback(retries)
    download, asked = raw_api.download_file_from_url, 0

    @contextmanager
    def wrong(*args: Any, **kwargs: Any) -> Iterator[Any]:
        nonlocal asked
        asked += 1
        with download(*args, **kwargs) as honest:
            yield Response(honest, 206, CONTENT[1:9], content_range=named(1, 8))

    raw_api.download_file_from_url = wrong
    for policy, attempts in (
        (RetryPolicy(first_wait=0.002, factor=2), MAX_OTHER_RANGES),
        (RetryPolicy(attempts=3, first_wait=0.002, factor=2), 3),
        (RetryPolicy(first_wait=9, deadline=8), 1),
        (RetryPolicy(attempts=1), 1),
    ):
        http.RETRY_POLICY, asked, retries.told = policy, 0, []
        with pytest.raises(InvalidRange) as raised:
            bucket.download_file_by_name("file", range_=range_)
        assert (asked, raised.value.attempts) == (attempts, attempts)
        assert [retry.seconds for retry in retries.told] == [0.002, 0.004, 0.008, 0.016][: attempts - 1]
        assert all(type(retry.error) is InvalidRange for retry in retries.told)


@cases(CURABLE, NOT_TO_BE_KNOWN)
def test_what_comes_wrong_once_is_asked_for_again(
    bucket: Any, between: Between, tmp_path: Path, operation: Operation, answering: Answering
) -> None:
    between.will(*[answering] * 2)
    assert operation(bucket, tmp_path / "target") == EXPECTED[operation]


@cases(RIGHT, NOT_ENOUGH)
def test_what_is_right_is_taken_however_it_is_reported(
    bucket: Any, between: Between, tmp_path: Path, operation: Operation, answering: Answering
) -> None:
    between.will(then=answering)
    if answering is early or answering is broken:
        between.will(answering)
    assert operation(bucket, tmp_path / "target") == EXPECTED[operation]


@pytest.mark.parametrize("wrong", [whole, shifted, of_another_file])
def test_what_a_resumed_download_has_kept_is_not_mixed_with_something_else(
    bucket: Any, between: Between, tmp_path: Path, wrong: Answering
) -> None:
    target = tmp_path / "target"
    file = bucket.download_file_by_name("file")
    file.response = broken(file.response, 0, LAST)
    between.will(then=wrong)
    with pytest.raises((InvalidRange, UnexpectedCloudBehaviour)):
        file.save_to(target, resume=True)
    between.will()
    again = bucket.download_file_by_name("file")
    again.save_to(target, resume=True)
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]


def test_what_was_kept_of_a_file_that_is_shorter_now_is_dropped(bucket: Any, tmp_path: Path) -> None:
    target = tmp_path / "target"
    file = bucket.download_file_by_name("file")
    file.response = broken(file.response, 0, LAST)
    bucket.api.session.download_file_from_url = _refusing
    with pytest.raises(B2Error, match="no more"):
        file.save_to(target, resume=True)
    del bucket.api.session.download_file_from_url
    shorter = bucket.download_file_by_name("file")
    shorter.download_version.content_length = 100
    with pytest.raises(UnexpectedCloudBehaviour, match="and now 100"):
        shorter.save_to(target, resume=True)
    assert list(tmp_path.iterdir()) == []


def _refusing(*_args: Any, **_kwargs: Any) -> Any:
    raise B2Error("no more")


@pytest.mark.parametrize(
    ("status", "content_range", "body"),
    [
        (206, named(100, 199), CONTENT[100:200]),
        (206, named(0, 199), CONTENT[:200]),
        (206, None, CONTENT[:200]),
        (200, named(0, 199), CONTENT[:200]),
        (206, named(0, LAST, LAST + 2), CONTENT),
    ],
)
def test_a_part_is_not_taken_for_the_whole(
    bucket: Any, tmp_path: Path, status: int, content_range: str | None, body: bytes
) -> None:
    raw_api = bucket.api.session.raw_api
    download = raw_api.download_file_from_url
    asked: list[Any] = []

    @contextmanager
    def cut(*args: Any, **kwargs: Any) -> Iterator[Any]:
        asked.append(kwargs.get("range_"))
        with download(*args, **kwargs) as honest:
            yield Response(honest, status, body, content_range=content_range)

    raw_api.download_file_from_url = cut
    with pytest.raises(InvalidRange):
        bucket.download_file_by_name("file").save_to(tmp_path / "target")
    assert asked == [None] * MAX_OTHER_RANGES
    assert list(tmp_path.iterdir()) == []


def test_the_whole_may_be_called_a_range(bucket: Any) -> None:
    raw_api = bucket.api.session.raw_api
    download = raw_api.download_file_from_url

    @contextmanager
    def named_whole(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with download(*args, **kwargs) as honest:
            yield Response(honest, 206, CONTENT, content_range=named(0, LAST))

    raw_api.download_file_from_url = named_whole
    target = io.BytesIO()
    bucket.download_file_by_name("file").save(target, allow_seeking=False)
    assert target.getvalue() == CONTENT


@pytest.fixture
def another(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A file that comes whatever is asked for."""
    version = bucket.upload_bytes(b"something else", "another")
    raw_api = bucket.api.session.raw_api
    download, look_up = raw_api.download_file_from_url, raw_api.get_file_info_by_name
    url = bucket.api.session.get_download_url_by_id(version.id_)
    monkeypatch.setattr(raw_api, "download_file_from_url", lambda token, _url, **kwargs: download(token, url, **kwargs))
    monkeypatch.setattr(
        raw_api, "get_file_info_by_name", lambda url, token, bucket, _name: look_up(url, token, bucket, "another")
    )
    return version


def test_another_file_is_not_taken_for_the_one_that_was_asked_for(bucket: Any, another: Any) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="'file' was asked for, but 'another' came"):
        bucket.download_file_by_name("file")
    with pytest.raises(UnexpectedCloudBehaviour, match="'file' was asked for, but 'another' came"):
        bucket.get_file_info_by_name("file")
    with pytest.raises(UnexpectedCloudBehaviour, match="'file' was asked for, but 'another' came"):
        bucket.open("file")
    with pytest.raises(UnexpectedCloudBehaviour, match=f"'4_z' was asked for, but '{another.id_}' came"):
        bucket.api.download_file_by_id("4_z")


def test_a_length_that_is_not_told_is_looked_up(bucket: Any, tmp_path: Path) -> None:
    raw_api = bucket.api.session.raw_api
    download = raw_api.download_file_from_url

    @contextmanager
    def without_length(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with download(*args, **kwargs) as honest:
            yield honest if kwargs.get("range_") else Response(honest, 200, CONTENT, content_length=None)

    raw_api.download_file_from_url = without_length
    file = bucket.download_file_by_name("file")
    assert (file.download_version.size, file.download_version.content_length) == (len(CONTENT), len(CONTENT))
    file.save_to(tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == CONTENT
