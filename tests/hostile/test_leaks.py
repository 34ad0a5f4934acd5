"""The eye of :mod:`tests.hostile.leaks` sees what it is there for, and what the package shows of itself is harmless."""

from __future__ import annotations

import base64
import gc
import logging
import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import LEAKS

import b2sdk.v3 as b2
from b2sdk.exception import B2Error, MaxRetriesExceeded, UploadTokenUsedConcurrently
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.cloud.ids import CountingIds, ServiceIds
from b2sdk.values.new_file import NewFile

IDS = ServiceIds()
SECRETS = {
    "account token": IDS.account_token("001"),
    "upload token": IDS.upload_lease("b2_upload_file", "bucket", "")[1],
    "part upload token": IDS.upload_lease("b2_upload_part", "file", "")[1],
    "download authorization": IDS.download_token("bucket", "", 60),
    "key": IDS.key("account")[1],
    "master key": SimulatorServer().key,
    "token in process": CountingIds("").account_token("x"),
    "key in process": CountingIds("").key("x")[1],
    "master key in process": CountingIds("").account()[1],
}


def log(secret: str) -> None:
    logging.getLogger("b2sdk.any").debug("calling with %s", secret)


def warn(secret: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn(secret, stacklevel=1)


def fail(secret: str) -> None:
    error = B2Error("no")
    error.__cause__ = ValueError(secret)
    del error


@pytest.mark.parametrize("tell", [log, warn, fail])
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_that_is_reported_is_seen(tell: Callable[[str], None], secret: str) -> None:
    tell(f"before {secret} after")
    assert LEAKS.take()


@pytest.mark.parametrize("form", [lambda key: repr(key)[2:-1], bytes.hex, lambda key: base64.b64encode(key).decode()])
def test_a_customer_key_is_known_in_all_its_forms(form: Callable[[bytes], str]) -> None:
    secret = bytes(range(32))
    assert LEAKS.take() == []
    b2.EncryptionKey(secret, "id")
    log(form(secret))
    assert LEAKS.take()


@pytest.mark.parametrize("harmless", ["test-key-id", "my-test-key", "001b2b2b2b2b2b20000000001", "appKeyId0"])
def test_ids_are_no_secrets(harmless: str) -> None:
    for tell in (log, warn, fail):
        tell(harmless)
    assert LEAKS.take() == []


def shown(value: Any) -> str:
    return "\n".join((repr(value), str(value), f"{value}"))


def test_no_object_shows_the_secrets_that_it_holds(service: SimulatorServer, tmp_path: Path) -> None:
    key = b2.EncryptionKey(os.urandom(32), "the-id")
    setting = b2.EncryptionSetting(b2.EncryptionMode.SSE_C, b2.EncryptionAlgorithm.AES256, key)
    infos: list[Any] = [b2.InMemoryAccountInfo(), b2.SqliteAccountInfo(tmp_path / "info"), b2.StubAccountInfo()]
    for info in infos:
        with b2.B2Api(info) as api:
            api.authorize_account(service.key_id, service.key, realm=service.url)
            name = f"bucket-{infos.index(info)}"
            bucket = api.create_bucket(name, "allPrivate")
            version = bucket.upload_bytes(b"content", "file", encryption=setting)
            made = api.create_key(["listFiles"], "name")
            bucket.get_download_authorization("", 60)
            answer = bucket.download_file_by_name("file", encryption=setting)
            held: list[Any] = [
                key,
                setting,
                info,
                api,
                api.session,
                api.session.raw_api,
                api.session.authorization,
                bucket,
                version,
                made,
                *api.list_keys(),
                answer,
                answer.download_version,
                answer.download_version.as_dict(),
                NewFile("bucket", "name", encryption=setting),
                b2.CopySource(version.id_, encryption=setting),
                b2.UploadSourceBytes(b"content"),
                getattr(info, "_bucket_uploads", None),
                vars(api.services.upload_manager),
            ]
            answer.response.close()
            for value in held:
                LEAKS.look(shown(value), type(value).__name__)
            assert made.application_key not in "".join(map(shown, held))
            assert info.get_account_auth_token() not in "".join(map(shown, held))
        if hasattr(info, "close"):
            info.close()


@pytest.mark.parametrize(
    "make",
    [
        UploadTokenUsedConcurrently,
        lambda secret: MaxRetriesExceeded(1, [UploadTokenUsedConcurrently(secret)]),
    ],
)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_no_error_shows_a_token(make: Callable[[str], B2Error], secret: str) -> None:
    error = make(secret)
    assert secret not in f"{error}{error!r}{error.args}"


def test_a_header_that_cannot_be_sent_is_not_quoted(service: SimulatorServer) -> None:
    for secret in ("K001 with\nbreak", "Kön\u2603"):
        with b2.B2Api(b2.InMemoryAccountInfo()) as api, pytest.raises(B2Error) as caught:
            api.authorize_account(service.key_id, secret, realm=service.url)
        error: BaseException | None = caught.value
        while error is not None:
            assert secret not in f"{error}{error!r}"
            error = error.__cause__


@pytest.mark.skipif(os.name == "nt", reason="there are no modes")
def test_files_with_secrets_are_for_their_owner_alone(
    service: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = os.umask(0)
    try:
        info = b2.SqliteAccountInfo(tmp_path / "info")
        with b2.B2Api(info) as api:
            api.authorize_account(service.key_id, service.key, realm=service.url)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        info.close()
    finally:
        os.umask(previous)
    assert modes
    assert set(modes.values()) == {0o600}
    gc.collect()
