from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.protocol_constants import ALL_CAPABILITIES
from b2sdk.simulator.cloud.clock import DAY_MS

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, Service


@pytest.fixture
def locked(service: Service) -> str:
    return service.bucket("locked-bucket", fileLockEnabled=True)


def soon(service: Service, days: int = 1) -> int:
    return service.clock.now() + days * DAY_MS


def retained(service: Service, bucket_id: str, mode: str, days: int = 2) -> Any:
    return service.uploaded(
        bucket_id,
        "name",
        x_bz_file_retention_mode=mode,
        x_bz_file_retention_retain_until_timestamp=str(soon(service, days)),
    )


def set_retention(service: Service, file: Any, mode: str | None, until: int | None, **params: Any) -> Answer:
    retention = {"mode": mode, "retainUntilTimestamp": until}
    return service.call(
        "b2_update_file_retention",
        {"fileName": file["fileName"], "fileId": file["fileId"], "fileRetention": retention, **params},
    )


def delete(service: Service, file: Any, **params: Any) -> Answer:
    return service.call("b2_delete_file_version", {"fileName": file["fileName"], "fileId": file["fileId"], **params})


def update_bucket(service: Service, bucket_id: str, **changes: Any) -> Answer:
    return service.call("b2_update_bucket", {"accountId": service.account_id, "bucketId": bucket_id, **changes})


# --- buckets ---


def test_the_lock_of_a_bucket_continues_once_and_never_off(service: Service) -> None:
    bucket_id = service.bucket()
    for _ in range(2):
        changed = update_bucket(service, bucket_id, fileLockEnabled=True).json
        assert changed["fileLockConfiguration"]["value"]["isFileLockEnabled"] is True
    assert update_bucket(service, bucket_id, fileLockEnabled=False).refusal == (400, "file_lock_conflict")


def test_a_default_retention_needs_the_lock_which_the_same_call_may_set(service: Service) -> None:
    bucket_id = service.bucket()
    default = {"mode": "governance", "period": {"duration": 7, "unit": "days"}}
    refused = update_bucket(service, bucket_id, defaultRetention=default)
    assert refused.refusal == (400, "bucket_missing_file_lock")
    changed = update_bucket(service, bucket_id, defaultRetention=default, fileLockEnabled=True).json
    assert changed["fileLockConfiguration"]["value"]["defaultRetention"] == default
    cleared = update_bucket(service, bucket_id, defaultRetention={"mode": None}).json
    assert cleared["fileLockConfiguration"]["value"]["defaultRetention"] == {"mode": None, "period": None}


@pytest.mark.parametrize(
    "default",
    [
        {"mode": "governance"},
        {"mode": "nonsense", "period": {"duration": 1, "unit": "days"}},
        {"mode": "governance", "period": {"duration": 0, "unit": "days"}},
        {"mode": "governance", "period": {"duration": 3001, "unit": "days"}},
        {"mode": "governance", "period": {"duration": 1, "unit": "weeks"}},
    ],
)
def test_an_impossible_default_retention_is_a_bad_request(service: Service, locked: str, default: Any) -> None:
    assert update_bucket(service, locked, defaultRetention=default).refusal == (400, "bad_request")


@pytest.mark.parametrize(("unit", "days"), [("days", 1), ("years", 365)])
def test_the_default_applies_to_what_comes_without_retention(
    service: Service, locked: str, unit: str, days: int
) -> None:
    update_bucket(service, locked, defaultRetention={"mode": "compliance", "period": {"duration": 1, "unit": unit}})
    before = service.clock.now()
    retention = service.uploaded(locked, "name")["fileRetention"]["value"]
    assert retention["mode"] == "compliance"
    assert days * DAY_MS <= retention["retainUntilTimestamp"] - before < days * DAY_MS + 60_000


# --- new versions ---


def test_a_lock_set_with_the_upload_is_shown_everywhere(service: Service, locked: str) -> None:
    until = soon(service)
    file = service.uploaded(
        locked,
        "name",
        x_bz_file_retention_mode="governance",
        x_bz_file_retention_retain_until_timestamp=str(until),
        x_bz_file_legal_hold="on",
    )
    assert file["fileRetention"]["value"] == {"mode": "governance", "retainUntilTimestamp": until}
    assert file["legalHold"]["value"] == "on"
    headers = service.download("/file/locked-bucket/name").headers
    assert headers["x-bz-file-retention-mode"] == "governance"
    assert headers["x-bz-file-retention-retain-until-timestamp"] == str(until)
    assert headers["x-bz-file-legal-hold"] == "on"


def test_a_lock_needs_a_bucket_with_lock(service: Service) -> None:
    bucket_id = service.bucket()
    assert service.upload(bucket_id, "name", x_bz_file_legal_hold="on").refusal == (400, "bucket_missing_file_lock")
    retention = {"mode": "governance", "retainUntilTimestamp": soon(service)}
    params = {"bucketId": bucket_id, "fileName": "large", "contentType": "a/b", "fileRetention": retention}
    assert service.call("b2_start_large_file", params).refusal == (400, "bucket_missing_file_lock")


def test_a_retention_in_the_past_is_refused(service: Service, locked: str) -> None:
    code = "retain_until_timestamp_must_be_in_future"
    headers = {"x_bz_file_retention_mode": "governance", "x_bz_file_retention_retain_until_timestamp": "1000"}
    assert service.upload(locked, "name", **headers).refusal == (400, code)
    assert set_retention(service, service.uploaded(locked, "name"), "governance", 1000).refusal == (400, code)


def test_locking_with_the_upload_needs_the_capability_even_without_lock(service: Service) -> None:
    bucket_id = service.bucket()
    token = service.restricted(["writeFiles"])
    url = service.call("b2_get_upload_url", {"bucketId": bucket_id}, token=token).json
    headers = {"X-Bz-File-Name": "name", "Content-Type": "a/b", "X-Bz-File-Legal-Hold": "on"}
    assert service.post(url, headers, b"x").refusal == (401, "unauthorized")


def test_a_copy_does_not_take_the_lock_along(service: Service, locked: str) -> None:
    file = retained(service, locked, "governance")
    copy = service.ok("b2_copy_file", sourceFileId=file["fileId"], fileName="copy")
    assert copy["fileRetention"]["value"]["mode"] is None


# --- changes ---


@pytest.mark.parametrize(
    ("old", "new", "days", "bypass", "status"),
    [
        (None, "governance", 1, False, 200),
        (None, "compliance", 1, False, 200),
        ("governance", "governance", 3, False, 200),
        ("governance", "compliance", 3, False, 200),
        ("governance", "governance", 1, False, 403),
        ("governance", "governance", 1, True, 200),
        ("governance", None, None, False, 403),
        ("governance", None, None, True, 200),
        ("compliance", "compliance", 3, False, 200),
        ("compliance", "compliance", 1, True, 403),
        ("compliance", "governance", 3, True, 403),
        ("compliance", None, None, True, 403),
    ],
)
def test_a_retention_may_grow_and_only_governance_may_shrink(
    service: Service, locked: str, old: str | None, new: str | None, days: int | None, bypass: bool, status: int
) -> None:
    file = service.uploaded(locked, "name") if old is None else retained(service, locked, old)
    until = None if days is None else soon(service, days)
    answer = set_retention(service, file, new, until, bypassGovernance=bypass)
    assert answer.status == status
    if status == 200:
        expected = {"mode": new, "retainUntilTimestamp": until}
        assert answer.json == {"fileId": file["fileId"], "fileName": "name", "fileRetention": expected}
    else:
        assert answer.refusal == (403, "access_denied")


def test_a_retention_that_has_run_out_binds_nobody(service: Service, locked: str) -> None:
    file = retained(service, locked, "compliance", days=1)
    service.clock.advance(DAY_MS - 60_000)
    assert delete(service, file).status == 401
    service.clock.advance(120_000)
    service._token = None
    assert delete(service, file).status == 200


@pytest.mark.parametrize("call", ["b2_update_file_retention", "b2_update_file_legal_hold"])
@pytest.mark.parametrize("with_lock", [True, False])
def test_changing_a_lock_without_capability_is_denied(service: Service, call: str, with_lock: bool) -> None:
    file = service.uploaded(service.bucket(fileLockEnabled=with_lock), "name")
    token = service.restricted([name for name in ALL_CAPABILITIES if not name.startswith("writeFile")])
    retention = {"mode": "governance", "retainUntilTimestamp": soon(service)}
    params = {"fileName": "name", "fileId": file["fileId"], "legalHold": "on", "fileRetention": retention}
    assert service.call(call, params, token=token).refusal == (403, "access_denied")


def test_changing_a_lock_needs_a_bucket_with_lock(service: Service, locked: str) -> None:
    file = service.uploaded(service.bucket(), "name")
    assert set_retention(service, file, None, None).refusal == (400, "bucket_missing_file_lock")
    service.uploaded(locked, "name")
    marker = service.ok("b2_hide_file", bucketId=locked, fileName="name")
    params = {"fileName": "name", "fileId": marker["fileId"], "legalHold": "on"}
    assert service.call("b2_update_file_legal_hold", params).refusal == (400, "bucket_missing_file_lock")


def test_a_timestamp_may_be_given_as_text(service: Service, locked: str) -> None:
    file, until = service.uploaded(locked, "name"), soon(service)
    params = {"fileName": "name", "fileId": file["fileId"]}
    retention = {"mode": "governance", "retainUntilTimestamp": str(until)}
    changed = service.ok("b2_update_file_retention", **params, fileRetention=retention)
    assert changed["fileRetention"]["retainUntilTimestamp"] == until


# --- deletion ---


def test_a_retained_version_cannot_be_deleted_without_bypass(service: Service, locked: str) -> None:
    file = retained(service, locked, "governance")
    answer = delete(service, file)
    assert answer.json == {"status": 401, "code": "access_denied", "message": "Access Denied"}
    assert delete(service, file, bypassGovernance=True).status == 200


def test_compliance_cannot_be_bypassed(service: Service, locked: str) -> None:
    assert delete(service, retained(service, locked, "compliance"), bypassGovernance=True).status == 401


def test_bypassing_needs_the_capability(service: Service, locked: str) -> None:
    file = retained(service, locked, "governance")
    token = service.restricted(["deleteFiles"])
    params = {"fileName": "name", "fileId": file["fileId"], "bypassGovernance": True}
    answer = service.call("b2_delete_file_version", params, token=token)
    assert answer.json == {"status": 401, "code": "unauthorized", "message": ""}


def test_a_legal_hold_prevents_deletion_until_it_is_lifted(service: Service, locked: str) -> None:
    file = service.uploaded(locked, "name")
    params = {"fileName": "name", "fileId": file["fileId"]}
    held = service.ok("b2_update_file_legal_hold", **params, legalHold="on")
    assert held == {**params, "legalHold": "on"}
    assert delete(service, file, bypassGovernance=True).status == 401
    service.ok("b2_update_file_legal_hold", **params, legalHold="off")
    assert delete(service, file).status == 200


def test_a_locked_name_may_be_hidden_and_uploaded_again(service: Service, locked: str) -> None:
    retained(service, locked, "compliance")
    service.ok("b2_hide_file", bucketId=locked, fileName="name")
    assert service.upload(locked, "name").status == 200
