from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest
from tests.conftest import FrontEnd, HttpFrontEnd, authorize

import b2sdk.v2
import b2sdk.v3
from b2sdk.account_info.abstract import SharedRenewal
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import (
    AbstractRawApi,
    B2HttpApiConfig,
    B2Session,
    DummyCache,
    InMemoryAccountInfo,
    InMemoryCache,
    RawSimulator,
    UploadSourceBytes,
)
from b2sdk.v3.exception import (
    InvalidAuthToken,
    MaxRetriesExceeded,
    ServiceError,
    Unauthorized,
    UnexpectedCloudBehaviour,
)

THREADS = 32


class CountingRawApi(RawSimulator):
    """Counts authorizations, and holds each one until the others have had time to ask for one too."""

    def __init__(self, b2_http: Any = None) -> None:
        super().__init__(b2_http)
        self.authorizations = 0
        self.rejected = threading.Barrier(THREADS, timeout=10)

    def authorize_account(self, realm_url: str, application_key_id: str, application_key: str) -> dict[str, Any]:
        self.authorizations += 1
        return super().authorize_account(realm_url, application_key_id, application_key)

    def list_buckets(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return super().list_buckets(*args, **kwargs)
        except InvalidAuthToken:
            self.rejected.wait()  # the token of every thread has been rejected
            raise


@pytest.fixture
def session() -> B2Session:
    """Return an authorized session on a simulator."""
    session = B2Session(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=CountingRawApi))
    key_id, key = simulator_of(session).create_account()
    session.authorize_account("http://realm", key_id, key)
    return session


def simulator_of(session: B2Session) -> CountingRawApi:
    assert isinstance(session.raw_api, CountingRawApi)
    return session.raw_api


def expire_token(session: B2Session) -> None:
    simulator_of(session).expire_auth_token(session.account_info.get_account_auth_token())


# --- one renewal per expiry ---


def test_one_expiry_noticed_by_many_threads_is_one_authorization(session: B2Session) -> None:
    simulator = simulator_of(session)
    account_ids = [session.account_info.get_account_id()] * THREADS
    for expiry in range(1, 4):
        expire_token(session)
        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(session.list_buckets, account_ids))
        assert answers == [{"buckets": []}] * THREADS
        assert simulator.authorizations == 1 + expiry


def test_over_http_too(service: SimulatorServer) -> None:
    with HttpFrontEnd(service.key_id, service.key, service.url).connect(b2sdk.v3) as api:
        authorize(api, HttpFrontEnd(service.key_id, service.key, service.url))
        api.create_bucket("some-bucket", "allPrivate")
        service.clock.advance(24 * 3600 * 1000)
        api.list_buckets()
        service.clock.advance(24 * 3600 * 1000)
        with ThreadPoolExecutor(THREADS) as pool:
            names = list(pool.map(lambda _: [bucket.name for bucket in api.list_buckets()], range(THREADS)))
        assert names == [["some-bucket"]] * THREADS
    endpoints = [entry.endpoint for entry in service.journal.entries]
    assert endpoints.count("b2_authorize_account") == 3, "the first one, and one for each expiry"


def test_a_token_renewed_by_another_program_is_used_without_another_authorization(session: B2Session) -> None:
    simulator = simulator_of(session)
    simulator.rejected = threading.Barrier(1)
    other = B2Session(session.account_info, api_config=B2HttpApiConfig(_raw_api_class=lambda _: simulator))
    expire_token(session)
    other.list_buckets(session.account_info.get_account_id())
    assert simulator.authorizations == 2
    session.list_buckets(session.account_info.get_account_id())
    assert simulator.authorizations == 2


class AccountInfoOfMany(InMemoryAccountInfo, SharedRenewal):
    """Records who enters to authorize, and lets another process have been faster."""

    faster: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.entered: list[str | None] = []

    @contextmanager
    def renewing(self, rejected_token: str | None = None) -> Iterator[None]:
        self.entered.append(rejected_token)
        if self.faster is not None:
            self._store_auth_data(self._load_stored("auth_token")._replace(auth_token=self.faster))
        yield
        self.entered.append("left")


@pytest.mark.parametrize("is_faster", [False, True])
def test_an_account_info_that_others_share_decides_who_authorizes(is_faster: bool) -> None:
    info = AccountInfoOfMany()
    session = B2Session(info, api_config=B2HttpApiConfig(_raw_api_class=CountingRawApi))
    simulator = simulator_of(session)
    simulator.rejected = threading.Barrier(1)
    key_id, key = simulator.create_account()
    session.authorize_account("http://realm", key_id, key)
    first = info.get_account_auth_token()
    if is_faster:
        session.authorize_account("http://realm", key_id, key)
        info.faster = info.get_account_auth_token()
        info._store_auth_data(info._load_stored("auth_token")._replace(auth_token=first))
    before = simulator.authorizations
    simulator.expire_auth_token(first)
    session.list_buckets(info.get_account_id())
    assert info.entered == [first, "left"]
    assert simulator.authorizations - before == (0 if is_faster else 1)


def test_a_head_request_that_is_refused_without_a_body_renews_the_token(service: SimulatorServer) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        bucket = api.create_bucket("some-bucket", "allPrivate")
        bucket.upload_bytes(b"x", "file")
        service.clock.advance(24 * 3600 * 1000)
        assert bucket.get_file_info_by_name("file").size == 1
    endpoints = [entry.endpoint for entry in service.journal.entries]
    assert endpoints.count("b2_authorize_account") == 2


def test_a_token_that_is_rejected_twice_is_an_error(session: B2Session) -> None:
    refusal = InvalidAuthToken("no", "bad_auth_token")
    session.raw_api.hide_file = Mock(side_effect=refusal)  # type: ignore[method-assign]
    with pytest.raises(InvalidAuthToken) as caught:
        session.hide_file("bucket", "file")
    assert caught.value is refusal
    assert session.raw_api.hide_file.call_count == 2
    assert simulator_of(session).authorizations == 2


def test_without_a_stored_key_the_refusal_is_passed_on(session: B2Session) -> None:
    token = session.account_info.get_account_auth_token()
    session.account_info = Mock(spec=InMemoryAccountInfo)
    session.account_info.get_account_auth_token.return_value = token
    session.account_info.get_application_key.side_effect = b2sdk.v3.exception.MissingAccountData("application_key")
    session.raw_api.hide_file = Mock(side_effect=InvalidAuthToken("no", None))  # type: ignore[method-assign]
    with pytest.raises(InvalidAuthToken):
        session.hide_file("bucket", "file")
    assert session.raw_api.hide_file.call_count == 1


def test_a_refusal_with_a_code_does_not_renew_the_token(session: B2Session) -> None:
    session.raw_api.hide_file = Mock(side_effect=Unauthorized("", "unauthorized"))  # type: ignore[method-assign]
    with pytest.raises(Unauthorized) as caught:
        session.hide_file("bucket", "file")
    assert str(caught.value) == "unauthorized for application key with no restrictions (unauthorized)"
    assert simulator_of(session).authorizations == 1


# --- upload URLs ---


def upload(session: B2Session, bucket_id: str, name: str = "file") -> dict[str, Any]:
    source = UploadSourceBytes(b"content")
    return session.upload_file(
        bucket_id, name, source.get_content_length(), "text/plain", source.get_content_sha1(), {}, source.open()
    )


@pytest.fixture
def bucket_id(session: B2Session) -> str:
    answer = session.create_bucket(session.account_info.get_account_id(), "some-bucket", "allPrivate")
    bucket_id: str = answer["bucketId"]
    return bucket_id


def test_an_upload_url_goes_back_to_the_pool_after_a_success_and_is_used_again(
    session: B2Session, bucket_id: str
) -> None:
    minted = Mock(wraps=session.raw_api.get_upload_url)
    session.raw_api.get_upload_url = minted  # type: ignore[method-assign]
    for _ in range(3):
        upload(session, bucket_id)
    assert minted.call_count == 1


def test_the_target_of_an_upload_may_be_named(session: B2Session, bucket_id: str) -> None:
    source = UploadSourceBytes(b"content")
    answer = session.upload_file(
        file_name="file",
        bucket_id=bucket_id,  # type: ignore[call-arg]  # the type system knows no keyword before a ParamSpec
        content_length=7,
        content_type="text/plain",
        content_sha1=source.get_content_sha1(),
        file_info=None,
        data_stream=source.open(),
    )
    assert answer["fileName"] == "file"


def test_an_upload_url_is_dropped_after_any_failure(session: B2Session, bucket_id: str) -> None:
    simulator_of(session).set_upload_errors([ServiceError("503")])
    with pytest.raises(ServiceError):
        upload(session, bucket_id)
    assert session.account_info.take_bucket_upload_url(bucket_id) == (None, None)


def test_a_rejected_upload_token_is_replaced_by_a_fresh_one_never_by_a_pooled_one(
    session: B2Session, bucket_id: str
) -> None:
    for number in range(3):
        session.account_info.put_bucket_upload_url(bucket_id, f"https://stale/{number}", f"stale-{number}")
    used: list[str] = []
    real = session.raw_api.upload_file

    def recording(url: str, token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        used.append(token)
        if token.startswith("stale"):
            raise InvalidAuthToken("expired", "expired_auth_token")
        return real(url, token, *args, **kwargs)

    session.raw_api.upload_file = recording  # type: ignore[method-assign,assignment]
    upload(session, bucket_id)
    assert used[0] == "stale-2"
    assert len(used) == 2
    assert not used[1].startswith("stale")


def test_an_upload_url_that_is_refused_though_it_is_new_is_not_blamed_on_the_token(
    session: B2Session, bucket_id: str
) -> None:
    refusal = InvalidAuthToken("expired", "expired_auth_token")
    session.raw_api.upload_file = Mock(side_effect=refusal)  # type: ignore[method-assign]
    with pytest.raises(InvalidAuthToken):
        upload(session, bucket_id)
    assert (session.raw_api.upload_file.call_count, simulator_of(session).authorizations) == (1, 1)


def test_an_upload_url_without_a_url_is_reported(session: B2Session, bucket_id: str) -> None:
    session.raw_api.get_upload_url = Mock(return_value={})  # type: ignore[method-assign]
    with pytest.raises(UnexpectedCloudBehaviour, match="uploadUrl"):
        upload(session, bucket_id)


# --- what callers replace ---


def test_methods_of_the_raw_api_are_looked_up_at_each_call(session: B2Session) -> None:
    session.raw_api.hide_file = Mock(return_value="answer")  # type: ignore[method-assign]
    assert session.hide_file("bucket", file_name="file") == "answer"  # type: ignore[comparison-overlap]
    info = session.account_info
    session.raw_api.hide_file.assert_called_once_with(
        info.get_api_url(), info.get_account_auth_token(), "bucket", file_name="file"
    )
    session.raw_api = Mock(spec=AbstractRawApi)
    session.list_buckets("account")
    assert session.raw_api.list_buckets.call_count == 1


def test_a_download_passes_range_and_encryption_by_keyword(session: B2Session) -> None:
    session.raw_api.download_file_from_url = Mock()  # type: ignore[method-assign]
    session.download_file_from_url("url", (1, 2))
    session.raw_api.download_file_from_url.assert_called_once_with(
        session.account_info.get_account_auth_token(), "url", range_=(1, 2), encryption=None
    )


def test_an_authorization_touches_what_it_must_and_nothing_else() -> None:
    info, cache = Mock(), Mock()
    info.is_same_account.return_value = False
    session = B2Session(info, cache, B2HttpApiConfig(_raw_api_class=RawSimulator))
    assert info.mock_calls == []
    assert cache.mock_calls == []
    assert isinstance(session.raw_api, RawSimulator)
    key_id, key = session.raw_api.create_account()
    session.authorize_account("http://realm", key_id, key)
    info.is_same_account.assert_called_once_with(key_id, "http://realm")
    cache.clear.assert_called_once_with()
    (stored,) = info.set_auth_data.mock_calls
    assert stored.args == ()
    assert set(stored.kwargs) == set(inspect.signature(InMemoryAccountInfo.set_auth_data).parameters) - {"self"}


@pytest.mark.parametrize("missing", ["accountId", "authorizationToken", "apiInfo", "storageApi", "apiUrl", "allowed"])
def test_a_response_without_a_field_is_reported_and_nothing_is_stored(session: B2Session, missing: str) -> None:
    answer = session.raw_api.authorize_account("http://realm", *session_key(session))
    for level in (answer, answer["apiInfo"], answer["apiInfo"]["storageApi"]):
        level.pop(missing, None)
    before = session.account_info.get_account_auth_token()
    session.raw_api.authorize_account = Mock(return_value=answer)  # type: ignore[method-assign]
    with pytest.raises(UnexpectedCloudBehaviour, match=missing):
        session.authorize_account("http://realm", "id", "key")
    assert session.account_info.get_account_auth_token() == before


@pytest.mark.parametrize("answer", [{"apiInfo": None}, {"accountId": 1, "apiInfo": {"storageApi": []}}, {}])
def test_a_response_of_another_shape_is_reported(session: B2Session, answer: Any) -> None:
    session.raw_api.authorize_account = Mock(return_value=answer)  # type: ignore[method-assign]
    with pytest.raises(UnexpectedCloudBehaviour):
        session.authorize_account("http://realm", "id", "key")


def session_key(session: B2Session) -> tuple[str, str]:
    return session.account_info.get_application_key_id(), session.account_info.get_application_key()


# --- the two surfaces ---


def test_the_cache_of_a_session() -> None:
    own = InMemoryCache()
    info = InMemoryAccountInfo()
    config = B2HttpApiConfig(_raw_api_class=RawSimulator)
    assert isinstance(B2Session(info, api_config=config).cache, b2sdk.v3.AuthInfoCache)
    assert isinstance(b2sdk.v2.B2Session(b2sdk.v2.InMemoryAccountInfo(), api_config=config).cache, DummyCache)
    assert B2Session(info, own, config).cache is own


def test_the_restrictions_of_a_key_are_reported_in_the_words_of_the_surface(
    front_end: FrontEnd, surface: ModuleType
) -> None:
    with front_end.connect(surface) as api:
        authorize(api, front_end)
        bucket = api.create_bucket("my-bucket", "allPrivate")
        on_v2 = surface is b2sdk.v2
        restriction = {"bucket_id": bucket.id_} if on_v2 else {"bucket_ids": [bucket.id_]}
        key = api.create_key(["readFiles", "listBuckets"], "key", name_prefix="p", **restriction)
        authorize(api, front_end, key.id_, key.application_key)
        with pytest.raises(Unauthorized) as caught:
            bucket.hide_file("p")
    buckets = "bucket 'my-bucket'" if on_v2 else "buckets ['my-bucket']"
    assert str(caught.value).endswith(
        "for application key with capabilities 'readFiles,listBuckets', "
        f"restricted to {buckets}, restricted to files that start with 'p' (unauthorized)"
    )


def test_bound_endpoints_show_the_signature_without_url_and_token() -> None:
    assert list(inspect.signature(B2Session.hide_file).parameters) == ["self", "bucket_id", "file_name"]
    assert list(inspect.signature(B2Session.upload_part).parameters)[:3] == ["self", "file_id", "part_number"]
    assert "bucket_id" in inspect.signature(b2sdk.v2.B2Session.create_key).parameters
    assert B2Session.copy_file.__doc__ == AbstractRawApi.copy_file.__doc__


# --- uploads that fail ---


def test_an_upload_is_tried_again_with_another_url(session: B2Session) -> None:
    api = b2sdk.v3.B2Api(
        session.account_info, api_config=B2HttpApiConfig(_raw_api_class=lambda _: simulator_of(session))
    )
    bucket = api.create_bucket("some-bucket", "allPrivate")
    simulator_of(session).set_upload_errors([ServiceError("503"), ServiceError("503")])
    assert bucket.upload_bytes(b"content", "file").size == 7
    assert len(list(bucket.list_file_versions("file"))) == 1


def test_an_upload_that_keeps_failing_reports_every_failure(session: B2Session) -> None:
    api = b2sdk.v3.B2Api(
        session.account_info, api_config=B2HttpApiConfig(_raw_api_class=lambda _: simulator_of(session))
    )
    bucket = api.create_bucket("some-bucket", "allPrivate")
    simulator_of(session).set_upload_errors([ServiceError(f"failure {number}") for number in range(5)])
    with pytest.raises(MaxRetriesExceeded) as caught:
        bucket.upload_bytes(b"content", "file")
    assert [str(error) for error in caught.value.exception_info_list] == [f"failure {number}" for number in range(5)]
    assert list(bucket.ls()) == []
