from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator import ApiFault, WireFault
from b2sdk.simulator.faults import Faults

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


def api_fault(endpoint: str = "b2_list_buckets", **changes: Any) -> ApiFault:
    return ApiFault(endpoint=endpoint, status=503, code="service_unavailable", message="busy", **changes)


def test_a_fault_answers_the_next_calls_and_no_more(service: Service) -> None:
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
