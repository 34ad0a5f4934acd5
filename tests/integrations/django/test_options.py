"""Options: which are refused before any request, what storages share, and what leaves the process."""

from __future__ import annotations

import copy
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage.handler import StorageHandler
from django.db.migrations.writer import MigrationWriter
from tests.integrations.django.conftest import BUCKET

from b2sdk.http import RetryPolicy, Timeouts
from b2sdk.integrations.django import B2ManifestStaticFilesStorage, B2StaticFilesStorage, B2Storage
from b2sdk.integrations.pytest_plugin import CallJournal, SimulatedAccount
from b2sdk.testing.children import Child
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo, SqliteAccountInfo
from b2sdk.v3.exception import InvalidAuthToken, NonExistentBucket, Unauthorized
from b2sdk.values.credentials import KEY_ID_VARIABLE, KEY_VARIABLE, REALM_VARIABLE

SECRET = "K001-the-secret-of-the-key"
info_of_tests = InMemoryAccountInfo()


def make_nothing() -> None:
    """Be what makes no account info."""


def options_of(account: SimulatedAccount) -> dict[str, Any]:
    return {"key_id": account.key_id, "key": account.key, "realm": account.realm}


@pytest.fixture
def options(b2_sim_account: SimulatedAccount) -> dict[str, Any]:
    return {"bucket_name": BUCKET, **options_of(b2_sim_account)}


# --- wrong options ---


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("bucket_name", "", "is missing"),
        ("bucket_name", None, "is str, not NoneType"),
        ("bucketname", "x", "does not exist; is it 'bucket_name'?"),
        ("querystring", True, "does not exist"),
        ("location", "../x", "without '..'"),
        ("location", 1, "is str, not int"),
        ("location", None, "is str, not NoneType"),
        ("file_overwrite", "yes", "is bool, not str"),
        ("file_overwrite", None, "is bool, not NoneType"),
        ("delete", "purge", "'all_versions', not 'purge'"),
        ("delete", True, "'all_versions', not True"),
        ("content_type", b"text/plain", "is str, not bytes"),
        ("cache_control", 60, "is str, not int"),
        ("file_info", {"a": 1}, "is not a string"),
        ("file_info", {"a b": "1"}, "cannot be stored"),
        ("file_info", "x", "cannot be stored"),
        ("encryption", "SSE-C", "is an EncryptionSetting, 'none' or 'SSE-B2'"),
        ("encryption", b"0" * 32, "is an EncryptionSetting"),
        ("signed_urls", 1, "is bool, not int"),
        ("url_expiry", 0, "is 1 to 604800, not 0"),
        ("url_expiry", 604801, "is 1 to 604800"),
        ("url_expiry", True, "is a whole number, not bool"),
        ("url_expiry", 1.5, "is a whole number, not float"),
        ("custom_domain", "", "is a host"),
        ("custom_domain", "ftp://example.com", "is a host"),
        ("custom_domain", "https://", "is a host"),
        ("custom_domain", "example.com?a=1", "is a host"),
        ("custom_domain", "https://[bad", "is a host"),
        ("part_size", 1_000_000, "is 5000000 or more"),
        ("parallel_uploads", 0, "is 1 or more, not 0"),
        ("key", SECRET, "'key_id' of a B2 storage is missing: an application key has two parts"),
        ("key_id", "K1", "'key' of a B2 storage is missing: an application key has two parts"),
    ],
)
def test_a_wrong_option_is_refused_when_the_storage_is_made(option: str, value: Any, problem: str) -> None:
    backend = {"BACKEND": "b2sdk.integrations.django.B2Storage", "OPTIONS": {"bucket_name": BUCKET, option: value}}
    with pytest.raises(ImproperlyConfigured) as caught:
        StorageHandler({"default": backend})["default"]
    assert problem in str(caught.value)
    assert f"the option {option!r}" in str(caught.value) or "two parts" in problem
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", [B2StaticFilesStorage, B2ManifestStaticFilesStorage])
def test_storages_for_static_files_refuse_the_same(kind: type[Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="bucket_name"):
        kind()


@pytest.mark.parametrize("present", [(), (KEY_ID_VARIABLE,), (KEY_VARIABLE,)])
def test_without_a_key_the_first_use_is_refused(monkeypatch: pytest.MonkeyPatch, present: tuple[str, ...]) -> None:
    for variable in (KEY_ID_VARIABLE, KEY_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    for variable in present:
        monkeypatch.setenv(variable, "value")
    storage = B2Storage(bucket_name=BUCKET)
    with pytest.raises(ImproperlyConfigured, match=KEY_VARIABLE):
        storage.exists("a.txt")


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("account_info", "no.such.module", "leads nowhere"),
        ("account_info", f"{__name__}.missing", "leads nowhere"),
        ("account_info", f"{__name__}.SECRET", "makes no AbstractAccountInfo, but str"),
        ("account_info", make_nothing, "makes no AbstractAccountInfo, but NoneType"),
        ("api", "b2sdk.v3.InMemoryAccountInfo", "makes no B2Api, but InMemoryAccountInfo"),
        ("api", 5, "makes no B2Api, but int"),
    ],
)
def test_what_leads_to_nothing_usable_is_refused_before_a_request(option: str, value: Any, problem: str) -> None:
    storage = B2Storage(bucket_name=BUCKET, key_id="id", key=SECRET, realm="http://127.0.0.1:1", **{option: value})
    with pytest.raises(ImproperlyConfigured, match=problem) as caught:
        storage.exists("a.txt")
    assert SECRET not in str(caught.value)


def test_errors_of_the_service_are_those_of_the_sdk(options: dict[str, Any]) -> None:
    with pytest.raises(NonExistentBucket):
        B2Storage(**options).exists("a.txt")
    with pytest.raises((InvalidAuthToken, Unauthorized)):
        B2Storage(**{**options, "key": SECRET}).exists("a.txt")


# --- nothing is sent before it is used ---


def test_making_storages_sends_nothing() -> None:
    unreachable: dict[str, Any] = {"key_id": "id", "key": SECRET, "realm": "http://127.0.0.1:1"}
    for kind in (B2Storage, B2StaticFilesStorage, B2ManifestStaticFilesStorage):
        assert kind(bucket_name=BUCKET, **unreachable).settings.bucket_name == BUCKET


def test_the_package_and_the_surface_do_not_import_django() -> None:
    from subprocess import run  # noqa: PLC0415
    from sys import executable  # noqa: PLC0415

    program = "import sys, b2sdk.v3; b2sdk.v3.B2Api; sys.exit('django' in sys.modules)"
    assert run([executable, "-c", program], check=False).returncode == 0


def test_the_storages_are_imported_without_settings() -> None:
    from subprocess import run  # noqa: PLC0415
    from sys import executable  # noqa: PLC0415

    program = "import b2sdk.integrations.django as d; d.B2ManifestStaticFilesStorage(bucket_name='b'); d.B2Storage"
    assert run([executable, "-W", "error", "-c", program], check=False).returncode == 0


# --- what is shared ---


def test_storages_of_one_account_share_one_authorization(
    options: dict[str, Any], b2_sim_bucket: Bucket, b2_sim_journal: CallJournal
) -> None:
    options["bucket_name"] = b2_sim_bucket.name
    before = len(b2_sim_journal.entries)

    first, second = B2Storage(**options), B2Storage(**options, location="media")
    first.save("a.txt", ContentFile(b"1"))
    second.save("a.txt", ContentFile(b"1"))

    assert [entry.endpoint for entry in b2_sim_journal.entries[before:]] == [
        "b2_authorize_account",
        "b2_list_buckets",
        "b2_download_file_by_name",
        "b2_get_upload_url",
        "b2_upload_file",
        "b2_download_file_by_name",
        "b2_upload_file",
    ]
    first.close()


def test_the_key_may_be_in_the_environment(
    options: dict[str, Any], b2_sim_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_ID_VARIABLE, options.pop("key_id"))
    monkeypatch.setenv(KEY_VARIABLE, options.pop("key"))
    monkeypatch.setenv(REALM_VARIABLE, options.pop("realm"))
    storage = B2Storage(**{**options, "bucket_name": b2_sim_bucket.name})
    assert not storage.exists("a.txt")
    storage.close()


@pytest.mark.parametrize("form", ["instance", "callable", "path"])
def test_an_account_info_is_taken_in_any_form(
    options: dict[str, Any],
    b2_sim_bucket: Bucket,
    b2_sim_journal: CallJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    options["bucket_name"] = b2_sim_bucket.name
    path = str(tmp_path / "account.sqlite")
    monkeypatch.setattr(f"{__name__}.info_of_tests", SqliteAccountInfo(path))
    forms: dict[str, Any] = {
        "instance": lambda: SqliteAccountInfo(path),
        "callable": lambda: lambda: SqliteAccountInfo(path),
        "path": lambda: f"{__name__}.info_of_tests",
    }
    before = len(b2_sim_journal.calls("b2_authorize_account"))
    for _ in range(2):
        storage = B2Storage(**options, account_info=forms[form]())
        assert not storage.exists("a.txt")
        storage.close()
        del storage
    assert len(b2_sim_journal.calls("b2_authorize_account")) == before + 1

    key = options.pop("key")
    storage = B2Storage(**{**options, "key_id": None}, account_info=SqliteAccountInfo(path))  # it has the key
    assert not storage.exists("a.txt")
    assert key not in repr(storage)
    storage.close()


def test_a_client_is_taken(b2_sim_api: B2Api, b2_sim_bucket: Bucket) -> None:
    for api in (b2_sim_api, lambda: b2_sim_api):
        storage = B2Storage(bucket_name=b2_sim_bucket.name or "", api=api)
        storage.save("a.txt", ContentFile(b"1"))
    assert len(list(b2_sim_bucket.ls())) == 2


def test_timeouts_and_retries_are_those_of_the_options(options: dict[str, Any]) -> None:
    policy, timeouts = RetryPolicy(attempts=1), Timeouts(connect=1, read=2, write=3)
    storage = B2Storage(**options, retry_policy=policy, timeouts=timeouts)
    config = storage._client.get_api().api_config
    assert (config.retry_policy, config.timeouts) == (policy, timeouts)
    storage.close()


def test_threads_use_one_storage(options: dict[str, Any], b2_sim_bucket: Bucket, b2_sim_journal: CallJournal) -> None:
    storage = B2Storage(**{**options, "bucket_name": b2_sim_bucket.name})
    start = threading.Barrier(8)
    before = len(b2_sim_journal.calls("b2_authorize_account"))

    def work(number: int) -> None:
        start.wait()
        name = storage.save(f"{number}.txt", ContentFile(str(number).encode()))
        with storage.open(name) as file:
            assert file.read() == str(number).encode()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(storage.listdir("")[1]) == [f"{number}.txt" for number in range(8)]
    assert len(b2_sim_journal.calls("b2_authorize_account")) == before + 1
    storage.close()


def test_a_forked_child_uses_a_storage(options: dict[str, Any], b2_sim_bucket: Bucket) -> None:
    storage = B2Storage(**{**options, "bucket_name": b2_sim_bucket.name})
    storage.save("a.txt", ContentFile(b"1"))

    assert Child(lambda: storage.save("b.txt", ContentFile(b"1"))).result() == "b.txt"

    assert storage.listdir("") == ([], ["a.txt", "b.txt"])
    storage.close()


# --- what leaves the process ---


@pytest.mark.parametrize("kind", [B2Storage, B2StaticFilesStorage, B2ManifestStaticFilesStorage])
def test_a_storage_is_pickled_and_copied(kind: type[Any], options: dict[str, Any]) -> None:
    storage = kind(**options, location="here", cache_control="max-age=1")
    for rebuilt in (pickle.loads(pickle.dumps(storage)), copy.copy(storage), copy.deepcopy(storage)):  # noqa: S301
        assert type(rebuilt) is kind
        assert rebuilt.settings == storage.settings
        assert rebuilt._client is storage._client


def test_a_migration_contains_no_secret() -> None:
    storage = B2Storage(
        bucket_name=BUCKET,
        key_id="the-key-id",
        key=SECRET,
        location="media",
        file_info={"a": "b"},
        account_info=SqliteAccountInfo,
        retry_policy=RetryPolicy(),
        url_expiry=60,
    )
    path, args, kwargs = storage.deconstruct()
    assert (path, args) == ("b2sdk.integrations.django.B2Storage", ())
    assert kwargs == {"bucket_name": BUCKET, "location": "media", "file_info": {"a": "b"}, "url_expiry": 60}
    source, imports = MigrationWriter.serialize(storage)
    assert imports == {"import b2sdk.integrations.django"}
    assert SECRET not in source
    rebuilt = eval(source, {"b2sdk": __import__("b2sdk.integrations.django")})  # noqa: S307  # our own
    assert rebuilt.deconstruct() == storage.deconstruct()


class OwnStorage(B2Storage):
    """A project's own."""

    DEFAULTS = {"bucket_name": BUCKET, "location": "own", "file_overwrite": True}  # noqa: RUF012


def test_a_subclass_has_its_own_defaults_and_its_own_path() -> None:
    storage = OwnStorage(file_overwrite=False)
    assert storage.settings.location == "own/"
    assert not storage.settings.file_overwrite
    assert storage.deconstruct() == (f"{__name__}.OwnStorage", (), {"file_overwrite": False})


def test_representations_show_no_secret(options: dict[str, Any]) -> None:
    storage = B2Storage(**options)
    shown = repr(storage) + repr(storage._client.access) + str(storage)
    assert options["key"] not in shown
    assert BUCKET in shown


def test_the_setting_leads_here() -> None:
    backend = {"BACKEND": "b2sdk.integrations.django.B2Storage", "OPTIONS": {"bucket_name": BUCKET}}
    assert isinstance(StorageHandler({"default": backend})["default"], B2Storage)
