"""Copying and renaming many files, with either client and through either front end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.conftest import FrontEnd
from tests.flows.test_copies import sse_c

from b2sdk.bulk.events import Action, Outcome
from b2sdk.exception import FileNotPresent, ServiceError
from b2sdk.exception.bulk import OverlappingPrefixes
from b2sdk.file_version import FileIdAndName
from b2sdk.v3 import FileRetentionSetting, RetentionMode

INFO = {"src_last_modified_millis": "1700000000000", "color": "red"}
FAR = 4_000_000_000_000


class Copies:
    """Counts the calls of a raw API that copy, delete and list, and lets some fail."""

    NAMES = (
        "copy_file",
        "delete_file_version",
        "list_file_names",
        "list_file_versions",
        "hide_file",
        "start_large_file",
    )

    def __init__(self, raw_api: Any) -> None:
        self.count: Counter[str] = Counter()
        self.failures: dict[str, list[tuple[int, bool]]] = {}
        """For each call, after how many more one fails, and whether it has reached the service by then."""
        for name in self.NAMES:
            setattr(raw_api, name, self._watched(name, getattr(raw_api, name)))

    def fail(self, name: str, *, after: int = 0, is_lost: bool = False) -> None:
        self.failures.setdefault(name, []).append((self.count[name] + after, is_lost))

    def _watched(self, name: str, call: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            number, failing = self.count[name], self.failures.get(name, [])
            self.count[name] += 1
            if (number, False) in failing:
                raise ServiceError("failed")
            response = call(*args, **kwargs)
            if (number, True) in failing:
                raise ServiceError("lost")
            return response

        return watched


@pytest.fixture
def copies(api: Any, bucket: Any) -> Copies:
    return Copies(api.session.raw_api)


def contents(bucket: Any, prefix: str = "") -> dict[str, list[bytes | None]]:
    """Return the content of all versions of each name, newest first; ``None`` for a hide marker."""
    found: dict[str, list[bytes | None]] = {}
    for version, _ in bucket.ls(latest_only=False, recursive=True):
        if version.file_name.startswith(prefix):
            found.setdefault(version.file_name, []).append(_content(version))
    return found


def _content(version: Any) -> bytes | None:
    """Return what a test has put into the file info, too; a download of each version would take long."""
    return None if version.action == "hide" else version.file_info["content"].encode()


def put(bucket: Any, name: str, content: bytes = b"x") -> Any:
    return bucket.upload_bytes(content, name, content_type="text/css", file_info={**INFO, "content": content.decode()})


def test_sources_of_each_kind_are_copied_with_their_metadata(bucket: Any, copies: Copies) -> None:
    a, b, c = (put(bucket, name, name.encode()) for name in "abc")
    put(bucket, "d", b"old")
    put(bucket, "d", b"new")
    pairs = [(a, "to/a"), (FileIdAndName(b.id_, "b"), "to/b"), (("c", c.id_), "to/c"), ("d", "to/d")]
    run = bucket.copy_many(pairs, workers=2)
    assert copies.count["copy_file"] == 0
    events = list(run)
    assert {event.new_name: (event.action, event.outcome, event.file_name) for event in events} == {
        f"to/{name}": (Action.COPY, Outcome.DONE, name) for name in "abcd"
    }
    assert contents(bucket, "to/") == {"to/a": [b"a"], "to/b": [b"b"], "to/c": [b"c"], "to/d": [b"new"]}
    copied = bucket.get_file_info_by_name("to/a")
    assert (copied.content_type, copied.file_info) == ("text/css", {**INFO, "content": "a"})
    assert copied.id_ in {event.new_file_id for event in events}
    assert copies.count["copy_file"] == 4


def test_a_repeated_run_copies_nothing_twice(bucket: Any, copies: Copies) -> None:
    a, b = put(bucket, "a"), put(bucket, "b")
    pairs = [(a, "to/a"), ("b", "to/b"), (("a", a.id_), "to/c")]
    assert bucket.copy_many(pairs).complete().done == 3
    report = bucket.copy_many(pairs).complete()
    assert (report.already_done, report.total, copies.count["copy_file"]) == (3, 3, 3)
    put(bucket, "b", b"other")
    assert bucket.copy_many(pairs).complete().done == 1
    assert bucket.copy_many([(b, "to/b")], skip_copied=False).complete().done == 1


def test_what_is_not_there_is_an_event_and_the_others_continue(bucket: Any, copies: Copies) -> None:
    put(bucket, "a")
    put(bucket, "hidden")
    bucket.hide_file("hidden")
    events = {
        event.file_name: event for event in bucket.copy_many([(n, f"to/{n}") for n in ("missing", "hidden", "a")])
    }
    assert [events[name].outcome for name in ("missing", "hidden", "a")] == [
        Outcome.FAILED,
        Outcome.FAILED,
        Outcome.DONE,
    ]
    assert isinstance(events["missing"].error, FileNotPresent)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_name_that_no_file_may_have_is_an_event(bucket: Any, dry_run: bool) -> None:
    a = put(bucket, "a")
    events = list(bucket.copy_many([(a, "/a"), (a, "to/a")], workers=1, dry_run=dry_run))
    assert [event.outcome for event in events] == [Outcome.FAILED, Outcome.WOULD_DO if dry_run else Outcome.DONE]
    assert isinstance(events[0].error, ValueError)


@pytest.mark.parametrize("pair", ["a", ("a",), ("a", 1), (1, "a"), ("a", "b", "c"), None])
def test_a_pair_of_another_kind_is_refused(bucket: Any, copies: Copies, pair: object) -> None:
    with pytest.raises(TypeError, match="is copied"):
        bucket.copy_many([pair]).complete()
    assert copies.count["copy_file"] == 0


def test_files_are_copied_to_another_bucket(api: Any, bucket: Any) -> None:
    other = api.create_bucket("other-bucket", "allPrivate")
    put(bucket, "a/b", b"1")
    put(bucket, "c", b"2")
    assert bucket.copy_prefix("", "", destination=other).complete().done == 2
    assert contents(other) == {"a/b": [b"1"], "c": [b"2"]}
    assert bucket.copy_many([("c", "d")], destination=other).complete().done == 1
    assert contents(other)["d"] == [b"2"]


@pytest.mark.parametrize("destination", ["bucket", object()])
def test_a_destination_that_is_no_bucket_is_refused(bucket: Any, destination: object) -> None:
    with pytest.raises(TypeError, match="destination"):
        bucket.copy_prefix("a/", "b/", destination=destination)


def test_a_prefix_is_copied_with_one_listing_of_each_side(bucket: Any, copies: Copies) -> None:
    for name in ("from/a", "from/b/c", "from/d", "from-not", "to/b/c", "to/zz"):
        put(bucket, name, name.encode())
    bucket.hide_file("from/d")
    put(bucket, "from/é", b"kept")
    put(bucket, "to/é", b"kept")
    listed = copies.count["list_file_names"]
    events = {event.file_name: event.outcome for event in bucket.copy_prefix("from/", "to/", workers=3)}
    assert events == {"from/a": Outcome.DONE, "from/b/c": Outcome.DONE, "from/é": Outcome.ALREADY_DONE}
    assert copies.count["list_file_names"] - listed == 2
    assert (copies.count["list_file_versions"], copies.count["copy_file"]) == (0, 2)
    assert contents(bucket, "to/") == {
        "to/a": [b"from/a"],
        "to/b/c": [b"from/b/c", b"to/b/c"],
        "to/zz": [b"to/zz"],
        "to/é": [b"kept"],
    }


@pytest.mark.parametrize(("prefix", "new_prefix"), [("a/", "a/b/"), ("a/b/", "a/"), ("a", "a"), ("", "a/"), ("a/", "")])
def test_prefixes_that_overlap_are_refused_before_anything_is_sent(
    bucket: Any, copies: Copies, prefix: str, new_prefix: str
) -> None:
    put(bucket, "a/b/c")
    with pytest.raises(OverlappingPrefixes):
        bucket.rename_prefix(prefix, new_prefix)
    with pytest.raises(OverlappingPrefixes):
        bucket.copy_prefix(prefix, new_prefix)
    assert copies.count == {}


def test_a_prefix_is_renamed_with_all_versions(bucket: Any, copies: Copies) -> None:
    put(bucket, "old/a", b"1")
    put(bucket, "old/a", b"2")
    put(bucket, "old/hidden", b"3")
    bucket.hide_file("old/hidden")
    put(bucket, "older", b"4")
    hides = copies.count["hide_file"]
    report = bucket.rename_prefix("old/", "new/", workers=2).complete()
    assert contents(bucket) == {"new/a": [b"2", b"1"], "new/hidden": [None, b"3"], "older": [b"4"]}
    assert report.count(Action.COPY, Outcome.DONE) == copies.count["copy_file"] == 3
    assert report.count(Action.HIDE, Outcome.DONE) == copies.count["hide_file"] - hides == 1
    assert report.count(Action.DELETE, Outcome.DONE) == copies.count["delete_file_version"] == 4
    assert report.total == 8
    assert bucket.rename_prefix("old/", "new/").complete().total == 0


def test_a_dry_run_of_a_rename_changes_nothing(bucket: Any, copies: Copies) -> None:
    put(bucket, "old/a")
    bucket.hide_file("old/a")
    before = contents(bucket)
    report = bucket.rename_prefix("old/", "new/", dry_run=True).complete()
    assert (report.would_do, report.total) == (4, 4)
    assert contents(bucket) == before


def test_nothing_is_deleted_before_all_its_versions_are_copied(bucket: Any, copies: Copies) -> None:
    put(bucket, "old/a", b"1")
    put(bucket, "old/a", b"2")
    copies.fail("copy_file", after=1)
    events = list(bucket.rename_prefix("old/", "new/", workers=1))
    assert Counter(event.outcome for event in events) == {Outcome.DONE: 1, Outcome.FAILED: 1, Outcome.NOT_SENT: 2}
    assert contents(bucket) == {"new/a": [b"1"], "old/a": [b"2", b"1"]}
    report = bucket.rename_prefix("old/", "new/").complete()
    assert (report.count(Action.COPY, Outcome.ALREADY_DONE), report.count(Action.COPY, Outcome.DONE)) == (1, 1)
    assert contents(bucket) == {"new/a": [b"2", b"1"]}


def test_a_locked_version_stays_with_those_behind_it(api: Any, front_end: FrontEnd) -> None:
    bucket = api.create_bucket("locked-bucket", "allPrivate", is_file_lock_enabled=True)
    retention = FileRetentionSetting(RetentionMode.GOVERNANCE, FAR)
    bucket.upload_bytes(b"x", "old/a", file_info={"content": "1"}, file_retention=retention)
    put(bucket, "old/a", b"2")
    for copied in (2, 0):
        report = bucket.rename_prefix("old/", "new/").complete()
        assert report.count(Action.COPY, Outcome.DONE) == copied
        assert (report.failed, report.not_sent) == (1, 1)
        assert contents(bucket) == {"new/a": [b"2", b"1"], "old/a": [b"2", b"1"]}
    assert bucket.rename_prefix("old/", "new/", bypass_governance=True).complete().failed == 0
    assert contents(bucket) == {"new/a": [b"2", b"1"]}


@settings(max_examples=20)
@given(data=st.data())
def test_a_rename_that_fails_anywhere_is_completed_by_another(bucket: Any, copies: Copies, data: st.DataObject) -> None:
    copies.failures.clear()
    bucket.delete_all().complete()
    for name in data.draw(st.lists(st.sampled_from(["a", "b", "ü"]), min_size=1, max_size=5)):
        content = data.draw(st.sampled_from([b"1", b"2"]))  # versions of a name may be the same
        if data.draw(st.booleans()):
            put(bucket, f"old/{name}", content)
        elif any(version.file_name == f"old/{name}" for version, _ in bucket.ls(recursive=True)):
            bucket.hide_file(f"old/{name}")
    expected = {name.replace("old/", "new/"): versions for name, versions in contents(bucket).items()}
    for call in ("copy_file", "delete_file_version", "hide_file"):
        for after in data.draw(st.sets(st.integers(0, 3), max_size=2)):
            copies.fail(call, after=after, is_lost=call == "delete_file_version" and data.draw(st.booleans()))
    for _ in range(8):  # no more calls fail than that
        bucket.rename_prefix("old/", "new/", workers=data.draw(st.integers(1, 3))).complete()
    assert bucket.rename_prefix("old/", "new/").complete().total == 0
    assert contents(bucket) == expected


def test_a_copy_whose_response_was_lost_is_recognized(bucket: Any, copies: Copies) -> None:
    put(bucket, "old/a")
    copies.fail("copy_file", is_lost=True)
    assert bucket.rename_prefix("old/", "new/").complete().failed == 1
    report = bucket.rename_prefix("old/", "new/").complete()
    assert report.count(Action.COPY, Outcome.ALREADY_DONE) == 1
    assert contents(bucket) == {"new/a": [b"x"]}


def test_files_with_a_customer_key_get_another_one_and_are_recognized(bucket: Any) -> None:
    old, new = sse_c(b"a"), sse_c(b"b")
    bucket.upload_bytes(b"secret", "old/a", file_info=INFO, encryption=old)
    keys = {"source_encryption": old, "destination_encryption": new}
    assert bucket.copy_prefix("old/", "copy/", **keys).complete().done == 1
    assert bucket.copy_many([("old/a", "copy/a")], **keys).complete().already_done == 1
    events = list(bucket.rename_prefix("old/", "copy/", **keys))
    assert [event.outcome for event in events] == [Outcome.ALREADY_DONE, Outcome.DONE]
    (copy,) = (version for version, _ in bucket.ls("copy/"))
    assert copy.file_info == {**INFO, "sse_c_key_id": "key b"}
    assert bucket.copy_many([("copy/a", "b")]).complete().failed == 1  # without the key
