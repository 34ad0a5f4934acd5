from __future__ import annotations

import io
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import b2sdk.raw_api
from b2sdk.costs import ClientMeter, Costs, counting, endpoint_of, transactions_of_page
from b2sdk.exception import ServiceError
from b2sdk.lazy_page import Entries
from b2sdk.protocol_constants import ENTRIES_OF_PAGE, TRANSACTION_CLASS

UPLOAD = {"X-Bz-Content-Sha1": "0" * 40, "Content-Length": "100"}
HASHED_ON_THE_WAY = {"X-Bz-Content-Sha1": "hex_digits_at_end", "Content-Length": "140"}
PART = UPLOAD | {"X-Bz-Part-Number": "1"}

NUMBERS = st.integers(min_value=0, max_value=10**12)
COSTS = st.builds(
    Costs, st.dictionaries(st.sampled_from(sorted(TRANSACTION_CLASS)), st.integers(1, 10**6)), *[NUMBERS] * 4
)


def test_every_endpoint_has_a_class() -> None:
    # The documentation has no class for the calls for partners.
    files = [Path(b2sdk.raw_api.__file__).with_name(name) for name in ("endpoints.py", "account_endpoints.py")]
    called = set(re.findall(r'"(b2_\w+)"', "".join(file.read_text() for file in files)))
    assert called <= set(TRANSACTION_CLASS)
    assert len(called) > 25


@given(COSTS, COSTS)
def test_costs_are_added_and_subtracted(one: Costs, other: Costs) -> None:
    both = one + other
    assert both == other + one
    assert both - other == one == both.since(other)
    assert both - both == Costs()
    for name in ("class_a", "class_b", "class_c", "failed", "bytes_up", "bytes_down", "bytes_copied"):
        assert getattr(both, name) == getattr(one, name) + getattr(other, name)
    assert one.class_a + one.class_b + one.class_c == sum(one.transactions.values())
    assert hash(one + Costs()) == hash(one)


@pytest.mark.parametrize(
    ("url", "headers", "endpoint"),
    [
        ("https://api/b2api/v4/b2_list_buckets", {}, "b2_list_buckets"),
        ("https://api/b2api/v1/b2_get_upload_url?bucketId=b2api", {}, "b2_get_upload_url"),
        ("https://pod/b2api/v3/b2_upload_file?cvt=1&bucket=x", UPLOAD, "b2_upload_file"),
        ("https://pod/elsewhere", UPLOAD, "b2_upload_file"),
        ("https://pod/elsewhere", PART, "b2_upload_part"),
        ("https://f/b2api/v4/b2_download_file_by_id?fileId=1", {}, "b2_download_file_by_id"),
        ("https://f/file/bucket/name", {}, "b2_download_file_by_name"),
        ("https://f/file/bucket/b2api/v4/b2_list_buckets", {}, "b2_download_file_by_name"),
        ("https://cdn/any", {}, "b2_download_file_by_name"),
        ("https://api/b2api/", {}, "b2_download_file_by_name"),
    ],
)
def test_the_endpoint_is_told_by_the_request(url: str, headers: dict[str, str], endpoint: str) -> None:
    assert endpoint_of(url, headers) == endpoint


@pytest.mark.parametrize(("entries", "transactions"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (3123, 4), (10_000, 10)])
def test_a_page_is_a_transaction_for_each_thousand_begun(entries: int, transactions: int) -> None:
    assert transactions_of_page(entries) == transactions
    for endpoint, field in ENTRIES_OF_PAGE.items():
        meter, url = ClientMeter(), f"https://api/b2api/v4/{endpoint}"
        meter.add_success(url, {})
        meter.add_response(url, {field: [{}] * entries})
        assert meter.costs == Costs({endpoint: transactions})


def test_entries_that_are_not_decoded_are_counted() -> None:
    meter, content = ClientMeter(), b",".join([b'{"fileId":"1"}'] * 2500)
    meter.add_response("b2_list_file_names", {"files": Entries.of_json(content, 0, len(content))})
    assert meter.costs == Costs({"b2_list_file_names": 2})


@pytest.mark.parametrize("value", [None, "1", -1, 1.5, {}, [], {"a": "b"}])
def test_responses_that_make_no_sense_say_nothing(value: object) -> None:
    meter = ClientMeter()
    for endpoint in (*ENTRIES_OF_PAGE, "b2_copy_file", "b2_copy_part"):
        meter.add_response(endpoint, value)
        meter.add_response(endpoint, {"contentLength": value, "files": value, "keys": value, "parts": value})
    assert meter.costs == Costs()


def test_the_sha1_behind_the_content_is_none_of_it() -> None:
    meter = ClientMeter()
    meter.add_success("https://pod/", UPLOAD)
    meter.add_success("https://pod/", HASHED_ON_THE_WAY)
    assert meter.costs == Costs({"b2_upload_file": 2}, bytes_up=200)


def test_of_an_upload_that_failed_what_was_read_is_counted() -> None:
    meter, body, closed = ClientMeter(), io.BytesIO(bytes(100)), io.BytesIO()
    body.seek(30)
    closed.close()
    meter.add_failure("https://pod/", UPLOAD, body, ServiceError("503"))
    assert meter.costs == Costs({"b2_upload_file": 1}, 1, bytes_up=30)
    meter.add_failure("https://pod/", HASHED_ON_THE_WAY, bytes(140), OSError("it broke"))
    assert meter.costs == Costs({"b2_upload_file": 1}, 1, bytes_up=130)
    meter.add_failure("https://pod/", UPLOAD, closed, OSError("it broke"))
    assert meter.costs == Costs({"b2_upload_file": 1}, 1, bytes_up=230)


def test_a_block_counts_its_client_or_all() -> None:
    one, other = ClientMeter(), ClientMeter()
    one.add_received(1)
    with counting() as of_all, counting(one) as of_one:
        one.add_received(2)
        with counting(other) as of_other:
            other.add_received(3)
        one.add_received(0)
    other.add_received(4)
    assert [meter.costs.bytes_down for meter in (one, other, of_all, of_one, of_other)] == [3, 7, 5, 2, 3]


def test_threads_lose_nothing() -> None:
    meter = ClientMeter()

    def request() -> None:
        for _ in range(2000):
            meter.add_success("https://api/b2api/v4/b2_hide_file", {})

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert meter.costs.class_a <= 8000
    assert meter.costs == Costs({"b2_hide_file": 8000})
