from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator import ApiFault, RawSimulator, WireFault
from b2sdk.simulator.protocol.faults import Faults

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


def api_fault(endpoint: str = "b2_list_buckets", **changes: Any) -> ApiFault:
    return ApiFault(endpoint=endpoint, status=503, code="service_unavailable", message="busy", **changes)


def test_a_fault_is_for_the_next_calls_and_no_more(service: Service) -> None:
    service.faults.add(api_fault(count=2, retry_after=7))
    params = {"accountId": service.account_id}
    answers = [service.call("b2_list_buckets", params) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].json == {"status": 503, "code": "service_unavailable", "message": "busy"}
    assert answers[0].headers["retry-after"] == "7"
    assert [entry.fault for entry in service.journal.entries[-3:]] == ["injected"] * 2 + [None]


def test_a_fault_may_let_some_calls_pass_first(service: Service) -> None:
    service.faults.add(api_fault(skip=1))
    params = {"accountId": service.account_id}
    assert [service.call("b2_list_buckets", params).status for _ in range(3)] == [200, 503, 200]


def test_a_fault_of_every_endpoint_meets_whatever_comes(service: Service) -> None:
    service.faults.add(api_fault("*"))
    assert service.authorize().status == 503


def test_faults_come_in_the_order_in_which_they_were_added() -> None:
    faults = Faults()
    first, second = api_fault(), api_fault("*")
    for fault in (first, second):
        faults.add(fault)
    assert [faults.take("b2_list_buckets")[0] for _ in range(3)] == [first, second, None]


def test_what_is_cleared_does_not_happen() -> None:
    faults = Faults()
    faults.add(api_fault())
    faults.add(WireFault(kind="stall", endpoint="*"))
    faults.clear()
    assert faults.take("b2_list_buckets") == (None, None)


@pytest.mark.parametrize(("status", "dead"), [(401, True), (408, True), (503, True), (429, False), (403, False)])
def test_an_upload_that_fails_leaves_nothing_and_may_end_its_url(service: Service, status: int, dead: bool) -> None:
    bucket_id = service.bucket()
    url = service.ok("b2_get_upload_url", bucketId=bucket_id)
    headers = {"X-Bz-File-Name": "name", "Content-Type": "a/b"}
    service.faults.add(ApiFault(endpoint="b2_upload_file", status=status, code="made_up"))
    assert service.post(url, headers, b"x" * 5000).refusal == (status, "made_up")
    assert service.names(bucket_id) == []
    assert (service.post(url, headers, b"x").status == 401) == dead


def test_a_fault_that_has_not_happened_once_is_unused() -> None:
    faults = Faults()
    never, once, twice, skipped = (
        api_fault("b2_hide_file"),
        api_fault("b2_list_keys"),
        api_fault("*", count=2, skip=1),
        WireFault(kind="stall", endpoint="b2_list_keys", skip=1),
    )
    for added in (never, once, twice, skipped):
        faults.add(added)
    assert faults.unused == [never, once, twice, skipped]
    faults.take("b2_list_keys")
    assert faults.unused == [never, twice, skipped]
    faults.take("b2_list_keys")
    assert faults.unused == [never, twice]
    faults.take("b2_list_keys")
    assert faults.unused == [never]
    faults.clear()
    assert faults.unused == []


def test_equal_faults_are_counted_one_by_one() -> None:
    faults = Faults()
    for _ in range(2):
        faults.add(api_fault("b2_list_keys"))
    faults.take("b2_list_keys")
    assert len(faults.unused) == 1
    faults.take("b2_list_keys")
    assert faults.unused == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"endpoint": "b2_uplod_file"}, "endpoint must be .* not 'b2_uplod_file'"),
        ({"endpoint": "unknown"}, "endpoint must be"),
        ({"status": 200}, "status must be from 400 to 599, not 200"),
        ({"status": 600}, "status must be"),
        ({"count": 0}, "count must be at least 1"),
        ({"skip": -1}, "skip must be at least 0"),
        ({"retry_after": -1}, "retry_after must be at least 0"),
    ],
)
def test_an_impossible_api_fault_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ApiFault(**{"endpoint": "*", "status": 503, "code": "busy", **wrong})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "corupt"}, "kind must be one of .*corrupt.* not 'corupt'"),
        ({"endpoint": "b2_uplod_file"}, "endpoint must be"),
        ({"count": 0}, "count must be at least 1"),
        ({"skip": -1}, "skip must be at least 0"),
        ({"after_bytes": -1}, "after_bytes must be at least 0"),
        ({"seconds": -0.5}, "seconds must be at least 0"),
    ],
)
def test_an_impossible_wire_fault_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        WireFault(**{"endpoint": "*", "kind": "stall", **wrong})


def test_where_there_is_no_connection_none_can_go_wrong() -> None:
    faults = RawSimulator().faults
    with pytest.raises(ValueError, match="SimulatorServer"):
        faults.add(WireFault(kind="stall", endpoint="*"))
    assert faults.unused == []
