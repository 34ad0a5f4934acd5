from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator.cloud.clock import DAY_MS

if TYPE_CHECKING:
    from tests.simulator.conftest import Service

DAYS = ("daysFromUploadingToHiding", "daysFromHidingToDeleting", "daysFromStartingToCancelingUnfinishedLargeFiles")


def rule(prefix: str = "", hide: int | None = None, delete: int | None = None, cancel: int | None = None) -> Any:
    return {"fileNamePrefix": prefix, **dict(zip(DAYS, (hide, delete, cancel), strict=True))}


def after(service: Service, days: int) -> None:
    """Let days pass, and begin them with a call."""
    for _ in range(days):
        service.clock.advance(DAY_MS)
        service._token = None
        assert service.token


def test_rules_are_stored_with_every_field(service: Service) -> None:
    params = {"accountId": service.account_id, "bucketName": "my-bucket", "bucketType": "allPrivate"}
    given = [{"fileNamePrefix": "a/", "daysFromHidingToDeleting": 3}]
    assert service.call("b2_create_bucket", {**params, "lifecycleRules": given}).json["lifecycleRules"] == [
        rule("a/", delete=3)
    ]


@pytest.mark.parametrize(
    "rules",
    [
        [rule()],
        [rule(hide=0)],
        [rule(delete=-1)],
        [{"daysFromHidingToDeleting": 1}],
        [rule("a", hide=1), rule("ab", hide=2)],
        [rule(str(number) + "/", hide=1) for number in range(101)],
        "rule",
    ],
)
def test_impossible_rules_are_a_bad_request(service: Service, rules: Any) -> None:
    params = {"accountId": service.account_id, "bucketName": "my-bucket", "bucketType": "allPrivate"}
    assert service.call("b2_create_bucket", {**params, "lifecycleRules": rules}).refusal == (400, "bad_request")


def test_rules_of_different_kinds_may_overlap(service: Service) -> None:
    assert service.bucket(lifecycleRules=[rule("", cancel=1), rule("tmp/", hide=1, delete=1)])


def test_a_file_is_hidden_when_its_days_are_over(service: Service) -> None:
    bucket_id = service.bucket(lifecycleRules=[rule("old/", hide=2)])
    for name in ("old/1", "other"):
        service.uploaded(bucket_id, name)
    after(service, 1)
    assert service.names(bucket_id) == ["old/1", "other"]
    after(service, 1)
    assert service.names(bucket_id) == ["other"]
    assert service.versions(bucket_id) == [("old/1", "hide"), ("old/1", "upload"), ("other", "upload")]


def test_what_is_hidden_long_enough_is_deleted_with_its_marker(service: Service) -> None:
    bucket_id = service.bucket(lifecycleRules=[rule(delete=1)])
    for name in ("hidden", "kept"):
        service.uploaded(bucket_id, name)
    service.ok("b2_hide_file", bucketId=bucket_id, fileName="hidden")
    after(service, 2)
    assert service.versions(bucket_id) == [("kept", "upload")]


def test_superseded_versions_are_deleted_and_the_current_is_kept(service: Service) -> None:
    bucket_id = service.bucket(lifecycleRules=[rule(delete=1)])
    for body in (b"1", b"2", b"3"):
        service.uploaded(bucket_id, "name", body)
    after(service, 2)
    assert service.versions(bucket_id) == [("name", "upload")]
    assert service.download("/file/my-bucket/name").body == b"3"


def test_a_locked_version_outlives_its_rule(service: Service) -> None:
    bucket_id = service.bucket(lifecycleRules=[rule(delete=1)], fileLockEnabled=True)
    service.uploaded(bucket_id, "name", x_bz_file_legal_hold="on")
    service.uploaded(bucket_id, "name")
    after(service, 3)
    assert service.versions(bucket_id) == [("name", "upload"), ("name", "upload")]


def test_unfinished_large_files_are_cancelled(service: Service) -> None:
    bucket_id = service.bucket(lifecycleRules=[rule(cancel=1)])
    service.ok("b2_start_large_file", bucketId=bucket_id, fileName="large", contentType="a/b")
    after(service, 2)
    assert service.versions(bucket_id) == []
