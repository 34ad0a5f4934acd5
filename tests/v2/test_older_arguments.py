"""``file_infos`` and ``cache_control``, as programs for v2 give them, on every layer that takes them."""

from __future__ import annotations

import inspect
import io
from typing import Any

import pytest

import b2sdk.bucket
import b2sdk.session
import b2sdk.simulator.raw.raw_simulator
from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.v2 import (
    AbstractRawApi,
    B2Api,
    B2HttpApiConfig,
    B2RawHTTPApi,
    B2Session,
    Bucket,
    BucketSimulator,
    InMemoryAccountInfo,
    RawSimulator,
)
from b2sdk.v2.exception import B2Error

CONTENT = b"content"
OLD_NAME = (
    "'file_infos' is a deprecated argument for '{}' function/method - it was renamed to 'file_info'."
    " Support for the old name is going to be dropped in v3."
)


@pytest.fixture
def api() -> B2Api:
    api = B2Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=RawSimulator))
    key_id, key = api.session.raw_api.create_account()  # type: ignore[attr-defined]
    api.authorize_account("production", key_id, key)
    return api


@pytest.fixture
def bucket(api: B2Api) -> Any:
    return api.create_bucket("my-bucket", "allPublic")


def test_uploads_of_a_bucket_take_the_old_name(bucket: Any, tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    old_name: dict[str, Any] = {"file_infos": {"a": "b"}}
    with pytest.warns(DeprecationWarning, match="file_infos") as caught:
        versions = bucket.upload_bytes(CONTENT, "1", **old_name), bucket.upload_local_file(str(path), "2", **old_name)
    assert [str(warning.message) for warning in caught] == [
        OLD_NAME.format(n) for n in ("upload_bytes", "upload_local_file")
    ]
    assert {warning.filename for warning in caught} == {__file__}
    assert [version.file_info["a"] for version in versions] == ["b", "b"]


def test_uploads_of_a_bucket_take_the_other_headers_by_name(bucket: Any) -> None:
    version = bucket.upload_bytes(CONTENT, "file", cache_control="max-age=5", content_language="fr")
    assert (version.cache_control, version.content_language) == ("max-age=5", "fr")
    assert version.as_dict()["cacheControl"] == "max-age=5"
    assert "max-age=5" in repr(version)


def test_both_names_at_once_are_refused_before_anything_is_sent(bucket: Any) -> None:
    with pytest.raises(AssertionError, match="both argument names were provided"):
        bucket.upload_bytes(CONTENT, "file", file_infos={}, file_info={})
    assert not list(bucket.ls())


@pytest.mark.parametrize("by_position", [False, True])
@pytest.mark.parametrize("info", [None, {"a": "b"}])
def test_the_session_puts_cache_control_into_the_file_info(
    api: B2Api, bucket: Any, info: dict[str, str] | None, by_position: bool
) -> None:
    arguments = (bucket.id_, "file", len(CONTENT), "b2/x-auto", hex_sha1_of_bytes(CONTENT), info, io.BytesIO(CONTENT))
    if by_position:
        answer = api.session.upload_file(*arguments, None, None, None, None, "max-age=5")
    else:
        answer = api.session.upload_file(*arguments, custom_upload_timestamp=None, cache_control="max-age=5")
    assert answer["fileInfo"] == {**(info or {}), "b2-cache-control": "max-age=5"}
    assert info is None or info["b2-cache-control"] == "max-age=5", "the caller's own dictionary, as ever"


def test_the_session_takes_the_old_name_with_the_rest_in_any_order(api: B2Api, bucket: Any) -> None:
    with pytest.warns(DeprecationWarning, match="'upload_file'"):
        answer = api.session.upload_file(
            data_stream=io.BytesIO(CONTENT),
            file_infos={"a": "b"},
            bucket_id=bucket.id_,
            content_sha1=hex_sha1_of_bytes(CONTENT),
            content_type="b2/x-auto",
            file_name="file",
            content_length=len(CONTENT),
        )
    assert answer["fileInfo"] == {"a": "b"}


HEADERS = ("token", "file", 1, "b2/x-auto", "sha1")


@pytest.mark.parametrize("raw_api", [AbstractRawApi, B2RawHTTPApi, RawSimulator])
def test_headers_have_the_cache_control(raw_api: Any) -> None:
    given = raw_api.get_upload_file_headers(*HEADERS, {"a": "b"}, None, None, None, cache_control="max-age=5")
    same = raw_api.get_upload_file_headers(*HEADERS, {"a": "b", "b2-cache-control": "max-age=5"}, None, None, None)
    assert given == same
    with pytest.warns(DeprecationWarning, match="'get_upload_file_headers'"):
        old = raw_api.get_upload_file_headers(
            *HEADERS, file_infos={"a": "b"}, server_side_encryption=None, file_retention=None, legal_hold=None
        )
    assert old == raw_api.get_upload_file_headers(*HEADERS, {"a": "b"}, None, None, None)


@pytest.mark.parametrize(
    ("cls", "parent", "name"),
    [
        (Bucket, b2sdk.bucket.Bucket, "upload_bytes"),
        (Bucket, b2sdk.bucket.Bucket, "upload_local_file"),
        (B2Session, b2sdk.session.B2Session, "upload_file"),
        (RawSimulator, b2sdk.simulator.raw.raw_simulator.RawSimulator, "upload_file"),
        (RawSimulator, b2sdk.simulator.raw.raw_simulator.RawSimulator, "get_upload_file_headers"),
        (BucketSimulator, b2sdk.simulator.raw.raw_simulator.BucketSimulator, "upload_file"),
    ],
)
def test_the_method_of_the_parent_class_is_found_when_it_is_called(
    monkeypatch: pytest.MonkeyPatch, cls: Any, parent: Any, name: str
) -> None:
    seen: list[Any] = []

    def method(_self: Any, *args: Any, **kwargs: Any) -> str:
        seen.append((args, kwargs))
        return "answer"

    monkeypatch.setattr(parent, name, classmethod(method) if name == "get_upload_file_headers" else method)
    instance = object.__new__(cls)
    assert getattr(instance, name)("x", y=1) == "answer"
    assert seen == [(("x",), {"y": 1})]


@pytest.mark.parametrize("method", [B2Session.upload_file, Bucket.upload_bytes, BucketSimulator.upload_file])
def test_the_signature_shows_what_is_taken(method: Any) -> None:
    *_, cache_control, rest, named = inspect.signature(method).parameters.values()
    assert (cache_control.name, cache_control.default) == ("cache_control", None)
    assert (rest.kind, named.kind) == (rest.VAR_POSITIONAL, named.VAR_KEYWORD)
    assert method.__doc__


def test_a_wrong_call_is_a_plain_error(bucket: Any) -> None:
    with pytest.raises((TypeError, B2Error)):
        bucket.upload_bytes(CONTENT)
