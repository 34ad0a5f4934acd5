"""Deleting many files, with either client and through either front end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.conftest import STRICT_FRONT_ENDS, FrontEnd, authorize, restricted_to

from b2sdk.bulk import deletion, work
from b2sdk.bulk.events import Action, BulkReport, Outcome
from b2sdk.exception import AccessDenied, ServiceError, TransactionCapExceeded, Unauthorized
from b2sdk.exception.bulk import IncompleteBulkRun
from b2sdk.file_version import FileIdAndName
from b2sdk.v3 import FileRetentionSetting, RetentionMode

FAR = 4_000_000_000_000
"""A retention ends then, in milliseconds since the epoch."""


class Deletions:
    """Counts the calls of a raw API that delete and list, and lets some fail."""

    def __init__(self, raw_api: Any) -> None:
        self.deleted: list[str] = []
        """Ids, with those that were not there."""
        self.listings = 0
        self.failures: dict[str, list[Exception]] = {}
        """What calls for a name raise, one after the other, before they reach the service."""
        self.lost: dict[str, list[Exception]] = {}
        """What they raise when the service has deleted the version."""
        delete, list_versions = raw_api.delete_file_version, raw_api.list_file_versions

        def watched_delete(url: str, token: str, file_id: str, name: str, *args: Any, **kwargs: Any) -> Any:
            self.deleted.append(file_id)
            if self.failures.get(name):
                raise self.failures[name].pop(0)
            response = delete(url, token, file_id, name, *args, **kwargs)
            if self.lost.get(name):
                raise self.lost[name].pop(0)
            return response

        def watched_listing(*args: Any, **kwargs: Any) -> Any:
            self.listings += 1
            return list_versions(*args, **kwargs)

        raw_api.delete_file_version = watched_delete
        raw_api.list_file_versions = watched_listing


@pytest.fixture
def deletions(api: Any, bucket: Any) -> Deletions:
    return Deletions(api.session.raw_api)


def upload(bucket: Any, *names: str) -> list[Any]:
    return [bucket.upload_bytes(name.encode(), name) for name in names]


def left(bucket: Any) -> list[str]:
    return [version.id_ for version, _ in bucket.ls(latest_only=False, recursive=True)]


def outcomes(events: Iterator[Any] | list[Any]) -> dict[str, Outcome]:
    return {event.file_id or event.file_name: event.outcome for event in events}


def events_before(run: Any, error: type[Exception]) -> list[Any]:
    """Return the events before the error that ends a run."""
    events = iter(run)
    found = []

    def take() -> None:
        while True:
            found.append(next(events))

    with pytest.raises(error):
        take()
    return found


def test_versions_of_each_kind_and_names_are_deleted(bucket: Any, deletions: Deletions) -> None:
    a, b, c, d, kept = upload(bucket, "a", "b", "c", "d", "kept")
    first, second = upload(bucket, "name", "name")
    marker = bucket.hide_file("name")
    items = [a, FileIdAndName(b.id_, "b"), ("c", c.id_), "name", bucket.get_file_info_by_name("d")]
    run = bucket.delete_many(items, workers=2)
    assert deletions.deleted == []  # nothing happens before it is iterated over
    events = list(run)
    assert {event.file_id for event in events} == {v.id_ for v in (a, b, c, d, first, second, marker)}
    assert {(event.action, event.outcome) for event in events} == {(Action.DELETE, Outcome.DONE)}
    assert left(bucket) == [kept.id_]
    assert run.report.done == run.report.total == len(deletions.deleted) == 7
    assert run.report.size == sum(len(v.file_name) for v in (a, d, first, second))  # what is known
    run.raise_for_failures()


def test_what_is_gone_is_a_success(bucket: Any, deletions: Deletions) -> None:
    (there,) = upload(bucket, "there")
    items = [("there", there.id_), ("there", there.id_), "missing", "there"]
    report = bucket.delete_many(items, workers=1).complete()
    assert (report.done, report.already_done, report.total) == (1, 3, 4)
    report = bucket.delete_many(items[:3]).complete()
    assert (report.done, report.already_done) == (0, 3)


def test_one_call_is_made_for_each_version_and_one_for_each_name(bucket: Any, deletions: Deletions) -> None:
    versions = upload(bucket, *"abcdefgh")
    assert bucket.delete_many(versions[:4], workers=3).complete().done == 4
    assert (len(deletions.deleted), deletions.listings) == (4, 0)
    assert bucket.delete_many(["e", "f", "missing"], workers=3).complete().done == 2
    assert (len(deletions.deleted), deletions.listings) == (6, 3)


def test_a_prefix_is_deleted_as_it_is_with_one_listing(bucket: Any, deletions: Deletions) -> None:
    upload(bucket, "photos/2024/a", "photos/2024/a", "photos/2024-old/b", "photos/*", "photos/2025/c")
    bucket.hide_file("photos/2024/a")
    before = deletions.listings
    report = bucket.delete_prefix("photos/2024", workers=4).complete()
    assert (report.done, report.total, deletions.listings - before) == (4, 4, 1)
    assert bucket.delete_prefix("photos/*").complete().done == 1
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["photos/2025/c"]


def test_what_workers_request_is_counted_where_the_run_is_iterated_over(api: Any, bucket: Any) -> None:
    upload(bucket, *"abcde")
    run = bucket.delete_all(workers=3)
    with api.counting() as counted:
        run.complete()
    assert (counted.costs.class_a, counted.costs.class_c) == (5, 1)


def test_an_empty_prefix_is_refused(bucket: Any, deletions: Deletions) -> None:
    upload(bucket, "a")
    with pytest.raises(ValueError, match="delete_all"):
        bucket.delete_prefix("")
    assert deletions.listings == 0


def test_a_bucket_is_emptied(api: Any, bucket: Any) -> None:
    upload(bucket, "a", "b/c", "d")
    bucket.hide_file("d")
    unfinished = api.services.large_file.start_large_file(bucket.id_, "unfinished", "b2/x-auto", {})
    assert bucket.delete_all().complete().done == 4
    assert [file.file_id for file in bucket.list_unfinished_large_files()] == [unfinished.file_id]
    assert bucket.delete_all(unfinished=True).complete().done == 1
    assert list(bucket.list_unfinished_large_files()) == []
    api.delete_bucket(bucket)


def test_a_name_does_not_stand_for_its_unfinished_large_files(api: Any, bucket: Any) -> None:
    unfinished = api.services.large_file.start_large_file(bucket.id_, "name", "b2/x-auto", {})
    assert bucket.delete_many(["name"]).complete().already_done == 1
    assert [file.file_id for file in bucket.list_unfinished_large_files()] == [unfinished.file_id]


def test_a_dry_run_reports_the_same_and_deletes_nothing(bucket: Any, deletions: Deletions) -> None:
    (a, *_) = upload(bucket, "a", "b", "b")
    dry = list(bucket.delete_many([a, "b", "missing"], dry_run=True))
    assert deletions.deleted == []
    assert len(left(bucket)) == 3
    assert sorted(event.outcome.value for event in dry) == ["already done", *["would be done"] * 3]
    done = list(bucket.delete_many([a, "b", "missing"]))
    assert set(outcomes(dry)) == set(outcomes(done))
    assert bucket.delete_prefix("b", dry_run=True).complete() == BulkReport()


def test_a_name_with_more_versions_than_a_page_is_deleted(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "_VERSIONS_AT_ONCE", 2)
    upload(bucket, *["name"] * 5, "name2")
    report = bucket.delete_many(["name"], workers=3).complete()
    assert (report.done, report.total) == (5, 5)
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["name2"]


@STRICT_FRONT_ENDS
def test_what_is_locked_is_an_event_and_the_others_continue(api: Any, front_end: FrontEnd) -> None:
    bucket = api.create_bucket("locked-bucket", "allPrivate", is_file_lock_enabled=True)
    retention = FileRetentionSetting(RetentionMode.GOVERNANCE, FAR)
    locked = bucket.upload_bytes(b"locked", "locked", file_retention=retention)
    others = upload(bucket, "a", "z")
    run = bucket.delete_many([others[0], locked, others[1]])
    events = {event.file_name: event for event in run}
    assert {name: event.outcome for name, event in events.items()} == {
        "a": Outcome.DONE,
        "locked": Outcome.FAILED,
        "z": Outcome.DONE,
    }
    assert isinstance(events["locked"].error, (AccessDenied, Unauthorized))
    with pytest.raises(IncompleteBulkRun, match=r"1 of 3 failed.*\n.*delete locked: failed: ") as raised:
        run.raise_for_failures()
    assert raised.value.__cause__ is events["locked"].error
    assert bucket.delete_many(["locked"], bypass_governance=True).complete().done == 1


@STRICT_FRONT_ENDS
def test_what_the_key_does_not_allow_is_an_event_for_each(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType
) -> None:
    versions = upload(bucket, "a", "b")
    key = api.create_key(["listFiles", "listBuckets"], "reader", **restricted_to(surface, bucket))
    with front_end.connect(surface) as reader:
        authorize(reader, front_end, key.id_, key.application_key)
        of_reader = reader.get_bucket_by_name(bucket.name)
        events = list(of_reader.delete_many([(v.file_name, v.id_) for v in versions]))
    assert [type(event.error) for event in events] == [Unauthorized] * 2
    assert len(left(bucket)) == 2


def test_what_concerns_all_ends_the_run_after_the_events(bucket: Any, deletions: Deletions) -> None:
    versions = upload(bucket, *"abcdef")
    deletions.failures["c"] = [TransactionCapExceeded()]
    run = bucket.delete_many(versions, workers=1)
    found = list(outcomes(events_before(run, TransactionCapExceeded)).items())
    ids = [version.id_ for version in versions]
    assert found[:3] == list(zip(ids, [Outcome.DONE, Outcome.DONE, Outcome.FAILED], strict=False))
    # How many others were taken by then is up to the threads.
    assert found[3:] == [(id_, Outcome.NOT_SENT) for id_ in ids[3 : len(found)]]
    assert deletions.deleted == ids[:3]
    assert (run.report.done, run.report.failed, run.report.not_sent) == (2, 1, len(found) - 3)
    with pytest.raises(IncompleteBulkRun, match=f"1 of {len(found)} failed, {len(found) - 3} were not sent"):
        run.raise_for_failures()
    assert bucket.delete_many(versions).complete().already_done == 2


def test_a_key_that_is_gone_ends_the_run(api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType) -> None:
    versions = upload(bucket, *"abc")
    key = api.create_key(["listBuckets", "deleteFiles"], "gone", **restricted_to(surface, bucket))
    with front_end.connect(surface) as other:
        authorize(other, front_end, key.id_, key.application_key)
        of_other = other.get_bucket_by_name(bucket.name)
        api.delete_key_by_id(key.id_)
        calls = Deletions(other.session.raw_api)
        if front_end.is_forgiving:  # it does not look at keys
            return
        with pytest.raises(Unauthorized):
            of_other.delete_many([(v.file_name, v.id_) for v in versions], workers=1).complete()
        assert len(calls.deleted) == 1


def test_a_lost_response_is_a_success(
    bucket: Any, deletions: Deletions, front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that is made again, by the client or by the program, finds what the one before has done."""
    a, b = upload(bucket, "a", "b")
    deletions.lost["a"] = [ServiceError("lost")]
    report = bucket.delete_many([a, b]).complete()
    assert (report.failed, report.done) == (1, 1)
    report = bucket.delete_many([a, b]).complete()
    assert (report.already_done, report.total) == (2, 2)
    assert left(bucket) == []


def test_an_error_of_the_iterable_is_raised_after_what_was_taken(bucket: Any, deletions: Deletions) -> None:
    versions = upload(bucket, "a", "b")

    def items() -> Iterator[Any]:
        yield from versions
        raise ZeroDivisionError

    events = events_before(bucket.delete_many(items()), ZeroDivisionError)
    assert outcomes(events) == {version.id_: Outcome.DONE for version in versions}


@pytest.mark.parametrize("item", [1, None, ("a",), ("a", 1), b"a", ["a", "b"]])
def test_an_item_of_another_kind_is_refused(bucket: Any, deletions: Deletions, item: object) -> None:
    (version,) = upload(bucket, "a")
    with pytest.raises(TypeError, match="file version is deleted"):
        bucket.delete_many([version, item]).complete()
    assert deletions.deleted == [version.id_]


@pytest.mark.parametrize("items", ["name", b"name", 1, None])
def test_what_is_no_iterable_of_files_is_refused(bucket: Any, items: Any) -> None:
    with pytest.raises(TypeError, match="iterable"):
        bucket.delete_many(items)


@pytest.mark.parametrize(("workers", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_a_number_of_workers_that_makes_no_sense_is_refused(bucket: Any, workers: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="workers"):
        bucket.delete_many([], workers=workers)
    with pytest.raises(error, match="workers"):
        bucket.delete_all(workers=workers)


def test_a_version_in_another_bucket_is_refused(api: Any, bucket: Any, deletions: Deletions) -> None:
    other = api.create_bucket("other-bucket", "allPrivate")
    (version,) = upload(other, "a")
    with pytest.raises(ValueError, match="another bucket"):
        bucket.delete_many([version]).complete()
    assert deletions.deleted == []


def test_items_are_taken_no_further_ahead_than_the_limit(
    bucket: Any, deletions: Deletions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "LOOK_AHEAD", 3)
    versions = upload(bucket, *map(str, range(20)))
    taken, seen = 0, 0

    def items() -> Iterator[Any]:
        nonlocal taken
        for version in versions:
            taken += 1
            yield version.file_name, version.id_

    with closing(iter(bucket.delete_many(items(), workers=2))) as events:
        for _ in events:
            assert taken - seen <= 5
            seen += 1
    assert (taken, seen) == (20, 20)


def test_who_leaves_early_sends_no_more_and_has_counts_that_add_up(bucket: Any, deletions: Deletions) -> None:
    versions = upload(bucket, *map(str, range(20)))
    run = bucket.delete_many(versions, workers=1)
    with closing(iter(run)) as events:
        next(events)
    report = run.report
    assert report.done == len(deletions.deleted) == 20 - len(left(bucket))
    assert report.done + report.not_sent == report.total
    assert 1 <= report.total <= 20
    with pytest.raises((RuntimeError, StopIteration)):
        next(iter(run))
    assert bucket.delete_many(versions).complete().done == 20 - report.done


@settings(max_examples=25)
@given(data=st.data())
def test_any_mix_of_items_leaves_what_a_model_says(bucket: Any, data: st.DataObject) -> None:
    bucket.delete_all().complete()
    names = data.draw(st.lists(st.sampled_from(["a", "a/b", "ab", "ü", "b"]), max_size=8))
    versions = [
        bucket.hide_file(name)
        if name in names[:number] and data.draw(st.booleans()) and _is_visible(bucket, name)
        else bucket.upload_bytes(b"x", name)
        for number, name in enumerate(names)
    ]
    kinds: list[Any] = [st.sampled_from(["a", "b", "ü", "missing"])]
    if versions:
        one = st.sampled_from(versions)
        kinds += [one, one.map(lambda v: (v.file_name, v.id_)), one.map(lambda v: FileIdAndName(v.id_, v.file_name))]
    items = data.draw(st.lists(st.one_of(kinds), max_size=8))
    deleted = {
        version.id_
        for version in versions
        if version.file_name in items or any(version.id_ in (getattr(i, "id_", 0), *_parts(i)) for i in items)
    }
    run = bucket.delete_many(items, workers=data.draw(st.integers(1, 3)))
    events = list(run)
    assert set(left(bucket)) == {version.id_ for version in versions} - deleted
    assert run.report.total == len(events) == run.report.done + run.report.already_done
    assert run.report.done == len(deleted)


def _is_visible(bucket: Any, name: str) -> bool:
    return any(v.file_name == name for v, _ in bucket.ls(recursive=True))


def _parts(item: Any) -> tuple[str, ...]:
    return item if isinstance(item, tuple) else (item.file_id,) if isinstance(item, FileIdAndName) else ()
