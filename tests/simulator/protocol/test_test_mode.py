from __future__ import annotations

import json
from typing import TYPE_CHECKING

from b2sdk.simulator.protocol.test_mode import CALLS_OF_EXPIRING_TOKEN

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


def test_some_uploads_fail_and_end_their_url(service: Service) -> None:
    bucket_id = service.bucket()
    url = service.ok("b2_get_upload_url", bucketId=bucket_id)
    headers = {"X-Bz-File-Name": "name", "Content-Type": "a/b", "X-Bz-Test-Mode": "fail_some_uploads"}
    assert [service.post(url, headers, b"x").status for _ in range(4)] == [200, 200, 503, 401]
    assert len(service.versions(bucket_id)) == 2


def test_a_forced_cap_stops_what_stores(service: Service) -> None:
    bucket_id = service.bucket()
    headers = {"Authorization": service.token, "X-Bz-Test-Mode": "force_cap_exceeded"}
    body = json.dumps({"bucketId": bucket_id}).encode()
    answer = service.send("POST", "/b2api/v4/b2_get_upload_url", headers, body)
    assert answer.refusal == (403, "storage_cap_exceeded")
    assert service.send("POST", "/b2api/v4/b2_list_file_names", headers, body).status == 200


def test_a_token_given_out_to_expire_early_does(service: Service) -> None:
    with service.cloud.lock:
        token = service.cloud.keys.authorize(service.key_id, service.key, 4)
    token.calls_left = CALLS_OF_EXPIRING_TOKEN
    params = {"accountId": service.account_id}
    statuses = [service.call("b2_list_buckets", params, token=token.text).status for _ in range(12)]
    assert statuses == [200] * CALLS_OF_EXPIRING_TOKEN + [401, 401]


def test_the_header_is_what_makes_a_token_expire_early(service: Service) -> None:
    headers = {"X-Bz-Test-Mode": "expire_some_account_authorization_tokens"}
    wanted = service.gateway.test_mode.calls_of_new_token({name.lower(): value for name, value in headers.items()})
    assert wanted == CALLS_OF_EXPIRING_TOKEN
    assert service.gateway.test_mode.calls_of_new_token({}) is None
