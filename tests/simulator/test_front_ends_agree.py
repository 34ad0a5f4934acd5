"""Both front ends give the same responses to any calls, and those that a simple model of the service expects.

``B2SDK_LONG_TESTS=1`` looks for a disagreement a hundred times as long.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from b2sdk.simulator.cloud.clock import DAY_MS

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, BothFrontEnds

EFFORT = 100 if os.environ.get("B2SDK_LONG_TESTS") else 1

NAMES = st.sampled_from(["a", "a/b", "a/c/d", "ab", "old/1", "old/é #?%41+", "\U0001f600"])
PREFIXES = st.sampled_from(["", "a", "a/", "a/c", "old/", "none"])
BODIES = st.builds(lambda seed, size: Random(seed).randbytes(size), st.integers(0, 9), st.integers(0, 300))
PARTS = st.builds(lambda seed, size: Random(seed).randbytes(size), st.integers(0, 9), st.integers(100, 150))
DIALECTS = st.integers(1, 4)
AGEING = {"fileNamePrefix": "old/", "daysFromUploadingToHiding": 2, "daysFromHidingToDeleting": 1}
RESTRICTED = "a/"
"""What the names begin with that the restricted key may see."""


@dataclass
class Version:
    name: str
    action: str
    file_id: str = ""
    body: bytes = b""
    timestamp: int = 0
    parts: dict[int, bytes] = field(default_factory=dict)


class Model:
    """What a bucket holds: the versions of each name, newest first."""

    def __init__(self) -> None:
        self.versions: dict[str, list[Version]] = {}

    def add(self, version: Version) -> None:
        self.versions.setdefault(version.name, []).insert(0, version)

    def remove(self, version: Version) -> None:
        self.versions[version.name].remove(version)

    def all(self, *actions: str) -> list[Version]:
        ordered = sorted(self.versions, key=str.encode)
        found = (version for name in ordered for version in self.versions[name])
        return [version for version in found if not actions or version.action in actions]

    def finished(self, name: str) -> list[Version]:
        return [version for version in self.versions.get(name, []) if version.action != "start"]

    def visible(self, name: str) -> Version | None:
        newest = next(iter(self.finished(name)), None)
        return newest if newest is not None and newest.action == "upload" else None

    def age(self, now: int) -> None:
        """Do what the lifecycle rule of the bucket says."""
        for name in [name for name in self.versions if name.startswith("old/")]:
            current = self.visible(name)
            if current is not None and current.timestamp + 2 * DAY_MS <= now:
                self.add(Version(name, "hide", timestamp=now))
            for newer, version in pairwise(self.finished(name)):
                if newer.timestamp + DAY_MS <= now:
                    self.remove(version)
            if [version.action for version in self.finished(name)] == ["hide"]:
                self.remove(self.finished(name)[0])


def folded(versions: list[Version], prefix: str, delimiter: str) -> list[tuple[str, str | None]]:
    """Return names and ids as a listing shows them; the id of a folder is ``None``."""
    shown: list[tuple[str, str | None]] = []
    for version in versions:
        if version.name.startswith(prefix):
            rest = version.name[len(prefix) :]
            head, found, _ = rest.partition(delimiter) if delimiter else (rest, "", "")
            entry = (prefix + head + found, None) if found else (version.name, version.file_id)
            if not found or entry not in shown:
                shown.append(entry)
    return shown


class Calls(RuleBasedStateMachine):
    """Calls in any order, compared with the model."""

    def __init__(self, make_front_ends: Callable[[], BothFrontEnds]) -> None:
        super().__init__()
        self.both = make_front_ends()
        self.model = Model()
        self.bucket_id = self.both.bucket(lifecycleRules=[AGEING])
        self.make_restricted_key()

    def make_restricted_key(self) -> None:
        self.token = self.both.restricted(["listFiles", "readFiles"], bucketIds=[self.bucket_id], namePrefix=RESTRICTED)

    def teardown(self) -> None:
        self.both.close()

    def call(self, name: str, dialect: int = 4, **params: Any) -> Any:
        answer = self.both.call(name, params, dialect=dialect)
        assert answer.status == 200, answer.body
        return answer.json

    def stored(self, name: str, shape: Any, body: bytes) -> None:
        """Record a new version that is in a response."""
        assert (shape["fileName"], shape["contentLength"]) == (name, len(body))
        self.model.add(Version(name, "upload", shape["fileId"], body, shape["uploadTimestamp"]))

    def one_of(self, data: st.DataObject, *actions: str) -> Version:
        return data.draw(st.sampled_from(self.model.all(*actions)))

    # --- versions ---

    @initialize(bodies=st.lists(BODIES, min_size=2, max_size=2), large=NAMES)
    def begin_with_a_few_files(self, bodies: list[bytes], large: str) -> None:
        for name, body in zip(("a/b", "old/1"), bodies, strict=True):
            self.upload(name, body)
        self.start(large, 4)

    @rule(name=NAMES, body=BODIES)
    def upload(self, name: str, body: bytes) -> None:
        shape = self.both.uploaded(self.bucket_id, name, body, x_bz_info_color="blue")
        assert shape["contentSha1"] == hashlib.sha1(body).hexdigest()
        self.stored(name, shape, body)

    @rule(name=NAMES, body=BODIES)
    def upload_what_was_damaged_on_the_way(self, name: str, body: bytes) -> None:
        answer = self.both.upload(self.bucket_id, name, body, x_bz_content_sha1=hashlib.sha1(body + b"x").hexdigest())
        assert answer.refusal == (400, "bad_request")

    @rule(name=NAMES, dialect=DIALECTS)
    def hide(self, name: str, dialect: int) -> None:
        answer = self.both.call("b2_hide_file", {"bucketId": self.bucket_id, "fileName": name}, dialect=dialect)
        if self.model.visible(name) is not None:
            shape = answer.json
            self.model.add(Version(name, "hide", shape["fileId"], timestamp=shape["uploadTimestamp"]))
        else:
            code = "already_hidden" if self.model.finished(name) else "no_such_file"
            assert answer.refusal == (400, code)

    @precondition(lambda self: self.model.all())
    @rule(data=st.data(), dialect=DIALECTS)
    def delete(self, data: st.DataObject, dialect: int) -> None:
        version = self.one_of(data)
        self.call("b2_delete_file_version", dialect, fileName=version.name, fileId=version.file_id)
        self.model.remove(version)
        again = self.both.call("b2_delete_file_version", {"fileName": version.name, "fileId": version.file_id})
        assert again.refusal == (400, "file_not_present")

    @precondition(lambda self: self.model.all("upload"))
    @rule(data=st.data(), name=NAMES, whole=st.booleans())
    def copy(self, data: st.DataObject, name: str, whole: bool) -> None:
        source = self.one_of(data, "upload")
        drawn = (0, len(source.body)) if whole else (data.draw(st.integers(0, 200)), data.draw(st.integers(0, 400)))
        first, last = sorted(drawn)
        params = {"sourceFileId": source.file_id, "fileName": name}
        answer = self.both.call("b2_copy_file", params if whole else {**params, "range": f"bytes={first}-{last}"})
        if not whole and first >= len(source.body):
            assert answer.status == 416
        else:
            assert answer.status == 200, answer.body
            self.stored(name, answer.json, source.body[first : last + 1])

    # --- large files ---

    @rule(name=NAMES, dialect=DIALECTS)
    def start(self, name: str, dialect: int) -> None:
        shape = self.call(
            "b2_start_large_file", dialect, bucketId=self.bucket_id, fileName=name, contentType="application/x-parts"
        )
        self.model.add(Version(name, "start", shape["fileId"], timestamp=shape["uploadTimestamp"]))

    @precondition(lambda self: self.model.all("start"))
    @rule(data=st.data(), numbers=st.permutations([1, 2, 3]), bodies=st.lists(PARTS, min_size=1, max_size=3))
    def upload_parts(self, data: st.DataObject, numbers: list[int], bodies: list[bytes]) -> None:
        large = self.one_of(data, "start")
        for number, body in zip(numbers, bodies, strict=False):
            assert self.both.upload_part(large.file_id, number, body).status == 200
            large.parts[number] = body

    @precondition(lambda self: self.model.all("start") and any(len(v.body) >= 100 for v in self.model.all("upload")))
    @rule(data=st.data(), number=st.integers(1, 3))
    def copy_part(self, data: st.DataObject, number: int) -> None:
        large = self.one_of(data, "start")
        source = data.draw(st.sampled_from([each for each in self.model.all("upload") if len(each.body) >= 100]))
        self.call(
            "b2_copy_part",
            sourceFileId=source.file_id,
            largeFileId=large.file_id,
            partNumber=number,
            range="bytes=0-99",
        )
        large.parts[number] = source.body[:100]

    @precondition(lambda self: self.model.all("start"))
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        large = self.one_of(data, "start")
        numbers = sorted(large.parts)
        sha1s = [hashlib.sha1(large.parts[number]).hexdigest() for number in numbers]
        answer = self.both.call("b2_finish_large_file", {"fileId": large.file_id, "partSha1Array": sha1s})
        if len(numbers) < 2 or numbers != list(range(1, len(numbers) + 1)):
            assert answer.status == 400
        else:
            assert answer.status == 200, answer.body
            large.action, large.body = "upload", b"".join(large.parts[number] for number in numbers)

    @precondition(lambda self: self.model.all("start"))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        large = self.one_of(data, "start")
        self.call("b2_cancel_large_file", fileId=large.file_id)
        self.model.remove(large)

    @precondition(lambda self: self.model.all("start"))
    @rule(data=st.data(), page=st.integers(1, 2))
    def list_parts(self, data: st.DataObject, page: int) -> None:
        large, start = self.one_of(data, "start"), 1
        found: list[tuple[int, str]] = []
        while start:
            answer = self.call("b2_list_parts", fileId=large.file_id, startPartNumber=start, maxPartCount=page)
            found += [(part["partNumber"], part["contentSha1"]) for part in answer["parts"]]
            start = answer["nextPartNumber"]
        assert found == [(number, hashlib.sha1(body).hexdigest()) for number, body in sorted(large.parts.items())]

    # --- listings ---

    def pages(self, name: str, **params: Any) -> Iterator[tuple[str, str | None]]:
        position: dict[str, Any] = {}
        while True:
            answer = self.call(name, bucketId=self.bucket_id, **position, **params)
            yield from ((file["fileName"], file["fileId"]) for file in answer["files"])
            position = {"startFileName": answer["nextFileName"]}
            if answer["nextFileName"] is None:
                return
            if answer.get("nextFileId") is not None:
                position["startFileId"] = answer["nextFileId"]

    @rule(prefix=PREFIXES, delimiter=st.sampled_from(["", "/"]), page=st.integers(1, 3), dialect=DIALECTS)
    def list_names(self, prefix: str, delimiter: str, page: int, dialect: int) -> None:
        visible = [version for version in self.model.all("upload") if version is self.model.visible(version.name)]
        params = {"prefix": prefix, "delimiter": delimiter or None, "maxFileCount": page, "dialect": dialect}
        assert list(self.pages("b2_list_file_names", **params)) == folded(visible, prefix, delimiter)

    @rule(prefix=PREFIXES, delimiter=st.sampled_from(["", "/"]), page=st.integers(1, 3), dialect=DIALECTS)
    def list_versions(self, prefix: str, delimiter: str, page: int, dialect: int) -> None:
        params = {"prefix": prefix, "delimiter": delimiter or None, "maxFileCount": page, "dialect": dialect}
        assert list(self.pages("b2_list_file_versions", **params)) == folded(self.model.all(), prefix, delimiter)

    # --- downloads ---

    def check_content(self, answer: Answer, body: bytes, first: int, last: int) -> None:
        if first >= len(body):
            assert answer.status == 416
        else:
            is_whole = first == 0 and last >= len(body) - 1
            assert answer.status == (200 if is_whole else 206)
            assert answer.body == body[first : last + 1]

    @rule(name=NAMES, first=st.integers(0, 400), length=st.integers(0, 400))
    def download_by_name(self, name: str, first: int, length: int) -> None:
        current, target = self.model.visible(name), f"/file/my-bucket/{quoted(name)}"
        if current is None:
            assert self.both.download(target).refusal == (404, "not_found")
        else:
            assert self.both.download(target).body == current.body
            answer = self.both.download(target, {"Range": f"bytes={first}-{first + length}"})
            self.check_content(answer, current.body, first, first + length)

    @precondition(lambda self: self.model.all("upload"))
    @rule(data=st.data(), method=st.sampled_from(["GET", "HEAD", "POST"]), dialect=DIALECTS)
    def download_by_id(self, data: st.DataObject, method: str, dialect: int) -> None:
        version = self.one_of(data, "upload")
        target = f"/b2api/v{dialect}/b2_download_file_by_id?fileId={version.file_id}"
        answer = self.both.download(target, method=method)
        assert answer.headers["content-length"] == str(len(version.body))
        assert answer.body == (b"" if method == "HEAD" else version.body)

    # --- keys, time ---

    @rule(name=NAMES, prefix=PREFIXES)
    def use_the_restricted_key(self, name: str, prefix: str) -> None:
        params = {"bucketId": self.bucket_id, "prefix": prefix}
        listing = self.both.call("b2_list_file_names", params, token=self.token)
        assert listing.status == (200 if prefix.startswith(RESTRICTED) else 401)
        answer = self.both.download(f"/file/my-bucket/{quoted(name)}", token=self.token)
        expected = 401 if not name.startswith(RESTRICTED) else 404 if self.model.visible(name) is None else 200
        assert answer.status == expected
        hiding = self.both.call("b2_hide_file", {"bucketId": self.bucket_id, "fileName": name}, token=self.token)
        assert hiding.refusal == (401, "unauthorized")

    @rule(milliseconds=st.sampled_from([0, 1000]), days=st.sampled_from([0, 1, 2, 3]))
    def wait(self, milliseconds: int, days: int) -> None:
        self.both.clock.advance(milliseconds + days * DAY_MS)
        if days:
            self.begin_the_day()

    def begin_the_day(self) -> None:
        """See tokens expire, and the lifecycle rule applied, once."""
        assert self.both.call("b2_list_buckets").refusal == (401, "expired_auth_token")
        self.model.age(self.both.clock.now())
        self.both._token = None
        self.make_restricted_key()
        shown = self.call("b2_list_file_versions", bucketId=self.bucket_id, maxFileCount=1000)["files"]
        expected = self.model.all()
        assert [(each["fileName"], each["action"]) for each in shown] == [(one.name, one.action) for one in expected]
        for version, shape in zip(expected, shown, strict=True):
            version.file_id = shape["fileId"]  # that of a new hide marker is not known yet

    @invariant()
    def the_journals_are_the_same(self) -> None:
        one, other = self.both.journals()
        assert one == other


def quoted(name: str) -> str:
    return "".join(f"%{byte:02X}" for byte in name.encode())


def test_the_front_ends_and_the_model_agree(both_front_ends: Callable[[], BothFrontEnds]) -> None:
    run_state_machine_as_test(
        lambda: Calls(both_front_ends),  # type: ignore[arg-type]  # anything that makes a machine will do
        settings=settings(
            max_examples=25 * EFFORT,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
