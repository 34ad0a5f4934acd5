"""URLs: whom they let download, for how long, and how many requests they take."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile

from b2sdk.integrations.django import B2StaticFilesStorage, B2Storage, urls
from b2sdk.integrations.django.urls import REMEMBERED, Signatures
from b2sdk.integrations.pytest_plugin import CallJournal, SimulatedAccount
from b2sdk.v3 import B2Api

NAMES = ["a b+c.txt", "ä/ö€.txt", "100%25.txt", "q?a=1&b=2#c.txt", "quote'\".txt", "-._~!$&()*,;=:@.txt"]


class Buckets:
    """Storages on a public and on a private bucket."""

    def __init__(self, api: B2Api, account: SimulatedAccount) -> None:
        self.options: dict[str, Any] = {"key_id": account.key_id, "key": account.key, "realm": account.realm}
        self.made: list[Any] = []
        for name, kind in (("public-of-django", "allPublic"), ("private-of-django", "allPrivate")):
            api.create_bucket(name, kind)

    def storage(self, name: str, **options: Any) -> B2Storage:
        self.made.append(B2Storage(**{**self.options, "bucket_name": f"{name}-of-django", **options}))
        storage: B2Storage = self.made[-1]
        return storage


@pytest.fixture
def buckets(b2_sim_api: B2Api, b2_sim_account: SimulatedAccount) -> Iterator[Buckets]:
    buckets = Buckets(b2_sim_api, b2_sim_account)
    yield buckets
    for storage in buckets.made:
        storage.close()


class Clock:
    """What a process measures time with."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(urls, "now", clock)
    return clock


def get(url: str) -> requests.Response:
    with requests.Session() as session:
        return session.get(url, timeout=60)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bucket", ["public", "private"])
def test_a_url_leads_to_the_content_of_a_file_with_any_name(buckets: Buckets, bucket: str, name: str) -> None:
    storage = buckets.storage(bucket, location="a folder")
    storage._save(name, ContentFile(name.encode()))

    response = get(storage.url(name))

    assert (response.status_code, response.content) == (200, name.encode())
    assert ("?Authorization=" in storage.url(name)) == (bucket == "private")


def test_urls_of_a_public_bucket_take_no_request_each(buckets: Buckets, b2_sim_journal: CallJournal) -> None:
    storage = buckets.storage("public")
    storage.url("a.txt")
    before = len(b2_sim_journal.entries)

    assert len({storage.url(f"{number}.txt") for number in range(100)}) == 100

    assert b2_sim_journal.entries[before:] == []


def test_a_custom_domain_needs_no_service() -> None:
    unreachable: dict[str, Any] = {"key_id": "id", "key": "secret", "realm": "http://127.0.0.1:1", "location": "media"}
    for domain, url in {
        "cdn.example.com": "https://cdn.example.com/media/a%20b/%C3%A4.txt",
        "http://example.com:8080/file/bucket/": "http://example.com:8080/file/bucket/media/a%20b/%C3%A4.txt",
    }.items():
        assert B2Storage(bucket_name="any-bucket", custom_domain=domain, **unreachable).url("a b/ä.txt") == url
    static = B2StaticFilesStorage(bucket_name="any-bucket", custom_domain="cdn.example.com")
    assert static.url("admin/") == "https://cdn.example.com/static/admin/"


def test_urls_of_a_custom_domain_are_signed_if_they_are_to_be(buckets: Buckets) -> None:
    storage = buckets.storage("private", custom_domain="cdn.example.com", signed_urls=True)
    assert storage.url("a.txt").startswith("https://cdn.example.com/a.txt?Authorization=")


def test_a_signature_is_good_for_one_name(buckets: Buckets) -> None:
    storage = buckets.storage("private")
    for name in ("a.txt", "b.txt"):
        storage.save(name, ContentFile(b"1"))

    url = storage.url("a.txt")

    assert get(url.replace("a.txt", "b.txt")).status_code == 401
    assert get(url.partition("?")[0]).status_code == 401


def test_a_shared_signature_is_good_for_the_location_and_one_request(
    buckets: Buckets, b2_sim_journal: CallJournal
) -> None:
    storage = buckets.storage("private", location="media", shared_signature=True)
    outside = buckets.storage("private")
    outside.save("other.txt", ContentFile(b"1"))
    for number in range(3):
        storage.save(f"{number}.txt", ContentFile(b"1"))

    found = [storage.url(f"{number}.txt") for number in range(3)]

    assert [get(url).status_code for url in found] == [200] * 3
    assert get(found[0].replace("media/0.txt", "other.txt")).status_code == 401
    assert len(b2_sim_journal.calls("b2_get_download_authorization")) == 1


def test_a_signature_is_kept_until_three_quarters_of_its_time(
    buckets: Buckets, b2_sim_journal: CallJournal, clock: Clock
) -> None:
    storage = buckets.storage("private", url_expiry=100)
    first = storage.url("a.txt")
    clock.seconds += 74
    assert storage.url("a.txt") == first
    assert len(b2_sim_journal.calls("b2_get_download_authorization")) == 1
    clock.seconds += 2
    storage.url("a.txt")
    storage.url("b.txt")
    storage.url("b.txt", expires_in=10)
    assert len(b2_sim_journal.calls("b2_get_download_authorization")) == 4


def test_a_url_expires(buckets: Buckets, b2_sim_clock: Any) -> None:
    storage = buckets.storage("private", url_expiry=100)
    storage.save("a.txt", ContentFile(b"1"))
    url = storage.url("a.txt")
    assert get(url).status_code == 200
    b2_sim_clock.advance(101_000)
    assert get(url).status_code == 401


def test_the_signatures_that_are_kept_are_limited(clock: Clock) -> None:
    asked: list[str] = []

    def request(prefix: str, _seconds: int) -> str:
        asked.append(prefix)
        return prefix

    signatures = Signatures(request)
    for number in range(REMEMBERED + 1):
        signatures.find(str(number), 60)
    assert signatures.find(str(REMEMBERED), 60) == str(REMEMBERED)
    assert len(asked) == REMEMBERED + 1
    signatures.find("0", 60)
    assert len(asked) == REMEMBERED + 2


def test_threads_that_need_the_same_signature_wait_for_one_request() -> None:
    asked: list[str] = []
    are_waiting = threading.Event()

    def request(prefix: str, _seconds: int) -> str:
        asked.append(prefix)
        are_waiting.wait(60)
        return prefix

    signatures = Signatures(request)
    threads = [threading.Thread(target=signatures.find, args=("a", 60)) for _ in range(8)]
    for thread in threads:
        thread.start()
    are_waiting.set()
    for thread in threads:
        thread.join()
    assert asked == ["a"]


def test_a_key_that_may_not_list_buckets_needs_the_option(buckets: Buckets, b2_sim_api: B2Api) -> None:
    bucket = b2_sim_api.get_bucket_by_name("private-of-django")
    key = b2_sim_api.create_key(["readFiles", "writeFiles", "shareFiles"], "limited", bucket_ids=[bucket.id_])
    limited = {"key_id": key.id_, "key": key.application_key}
    storage = buckets.storage("private", **limited)

    storage.save("a.txt", ContentFile(b"1"))
    with pytest.raises(ImproperlyConfigured, match="signed_urls"):
        storage.url("a.txt")
    assert get(buckets.storage("private", **limited, signed_urls=True).url("a.txt")).status_code == 200
