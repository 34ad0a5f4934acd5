"""What account infos promise that several processes share, as tests. Needs pytest.

They are used as those of :mod:`b2sdk.testing.account_info`, which they contain.
"""

from __future__ import annotations

from typing import Any

import pytest

from b2sdk.account_info.abstract import AbstractAccountInfo, SharedRenewal
from b2sdk.testing.account_info import AccountInfoContract
from b2sdk.testing.account_state import (
    GETTERS,
    PAIRS,
    PROCESSES,
    THREADS,
    VERSIONS,
    MakeAccountInfo,
    NamedBucket,
    Pair,
    missing,
    read,
    take_all,
)
from b2sdk.testing.children import Child, results
from b2sdk.threads import ThreadPool


class SharedAuthorizationContract(AccountInfoContract):
    """What an account info promises whose authorization and names of buckets are shared among processes."""

    def test_another_object_sees_the_same(self, make_account_info: MakeAccountInfo) -> None:
        first, second = make_account_info(), make_account_info()
        assert missing(second) == set(GETTERS.values())
        for version in (1, 2):
            first.set_auth_data(**self.auth(version))
            assert read(second) == self.auth(version)
        second.save_bucket(NamedBucket("photos", "1"))
        assert first.get_bucket_id_or_none_from_bucket_name("photos") == "1"
        first.clear()
        assert missing(second) == set(GETTERS.values())
        assert second.list_bucket_names_ids() == []

    def test_another_process_sees_the_same(self, make_account_info: MakeAccountInfo) -> None:
        first = make_account_info()
        first.set_auth_data(**self.auth(1))
        assert Child(lambda: read(first)).result() == self.auth(1)
        assert Child(lambda: read(make_account_info())).result() == self.auth(1)
        Child(lambda: make_account_info().set_auth_data(**self.auth(2))).result()
        assert read(first) == self.auth(2)

    def test_other_processes_never_see_an_authorization_in_part(self, make_account_info: MakeAccountInfo) -> None:
        info = make_account_info()
        info.set_auth_data(**self.auth(0))

        def look() -> None:
            seen = make_account_info()
            self.watch(seen, lambda: seen.get_account_auth_token() == f"token-{VERSIONS - 1}")

        children = [Child(look) for _ in range(PROCESSES)]
        for version in range(1, VERSIONS):
            info.set_auth_data(**self.auth(version))
        results(children)

    def test_names_of_buckets_that_several_processes_save_are_all_there(
        self, make_account_info: MakeAccountInfo
    ) -> None:
        def save(worker: int) -> None:
            info = make_account_info()
            for number in range(10):
                info.save_bucket(NamedBucket("everybody's", "0"))
                info.save_bucket(NamedBucket(f"bucket-{worker}-{number}", f"{worker}-{number}"))

        children = [Child(lambda worker=worker: save(worker)) for worker in range(PROCESSES)]  # type: ignore[misc]  # bound now
        results(children)
        expected = {
            (f"bucket-{worker}-{number}", f"{worker}-{number}") for worker in range(PROCESSES) for number in range(10)
        }
        assert set(make_account_info().list_bucket_names_ids()) == {("everybody's", "0"), *expected}


class SharedUploadUrlsContract(SharedAuthorizationContract):
    """What an account info promises that shares its upload URLs, too."""

    def test_another_process_takes_what_this_one_has_put(self, make_account_info: MakeAccountInfo) -> None:
        first = make_account_info()
        first.set_auth_data(**self.auth())
        first.put_bucket_upload_url("1", "url", "token")
        first.put_large_file_upload_url("file", "url of parts", "token")

        def take() -> list[Any]:
            second = make_account_info()
            return [second.take_bucket_upload_url("1"), second.take_large_file_upload_url("file")]

        assert Child(take).result() == [["url", "token"], ["url of parts", "token"]]
        assert first.take_bucket_upload_url("1") == (None, None)
        assert first.take_large_file_upload_url("file") == (None, None)

    def test_processes_that_pass_upload_urls_around_never_get_the_same(
        self, make_account_info: MakeAccountInfo
    ) -> None:
        info = make_account_info()
        info.set_auth_data(**self.auth())
        pairs = [(f"url-{number}", f"token-{number}") for number in range(PAIRS)]

        def put_and_take(worker: int) -> list[Pair]:
            other = make_account_info()
            for url, token in pairs[worker::PROCESSES]:
                other.put_bucket_upload_url("1", url, token)
            return take_all(lambda: other.take_bucket_upload_url("1"))

        children = [Child(lambda worker=worker: put_and_take(worker)) for worker in range(PROCESSES)]  # type: ignore[misc]  # bound now
        taken = [tuple(pair) for result in results(children) for pair in result]
        taken += take_all(lambda: info.take_bucket_upload_url("1"))
        assert sorted(taken) == sorted(pairs)

    def test_upload_urls_end_with_their_authorization(self, make_account_info: MakeAccountInfo) -> None:
        info = make_account_info()
        info.set_auth_data(**self.auth(1))
        info.put_bucket_upload_url("1", "url", "token")
        make_account_info().set_auth_data(**self.auth(2))
        assert info.take_bucket_upload_url("1") == (None, None)


class SharedRenewalContract(AccountInfoContract):
    """What an account info promises that lets one session authorize for all, as :class:`SharedRenewal` says."""

    def renewal(self, info: AbstractAccountInfo) -> SharedRenewal:
        """Return the account info as what can be renewed by one session for all."""
        assert isinstance(info, SharedRenewal)
        return info

    def test_one_at_a_time_is_inside(self, make_account_info: MakeAccountInfo) -> None:
        inside: list[int] = []
        most: list[int] = []

        def enter(worker: int) -> None:
            with self.renewal(make_account_info()).renewing():
                inside.append(worker)
                most.append(len(inside))
                inside.remove(worker)

        with ThreadPool(THREADS) as threads:
            list(threads.map(enter, range(THREADS)))
        assert most == [1] * THREADS

    def test_one_process_of_several_replaces_a_token(self, make_account_info: MakeAccountInfo) -> None:
        make_account_info().set_auth_data(**self.auth(1))

        def renew() -> int:
            info = make_account_info()
            with self.renewal(info).renewing("token-1"):
                if info.get_account_auth_token() != "token-1":
                    return 0
                info.set_auth_data(**self.auth(2))
                return 1

        children = [Child(renew) for _ in range(PROCESSES)]
        assert sum(results(children)) == 1

    def test_a_failure_inside_lets_the_next_one_in(self, make_account_info: MakeAccountInfo) -> None:
        with pytest.raises(ZeroDivisionError), self.renewal(make_account_info()).renewing():
            raise ZeroDivisionError
        with self.renewal(make_account_info()).renewing():
            pass
