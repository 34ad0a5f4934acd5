"""Instances: what they share, in threads, children, event loops and pickles, and what they keep to themselves."""

from __future__ import annotations

import asyncio
import errno
import importlib.metadata
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import fsspec
import pytest
from tests.integrations.fsspec.conftest import rebuilt

from b2sdk.exception import (
    AccessDenied,
    B2Error,
    BadFileInfo,
    BucketIdNotFound,
    ConnectionReset,
    DuplicateBucketName,
    FileNotPresent,
    InvalidAuthToken,
    NonExistentBucket,
    RequestTimeout,
    RestrictedBucket,
    ServiceError,
    SSECKeyError,
    StorageCapExceeded,
)
from b2sdk.integrations.fsspec import B2FileSystem
from b2sdk.integrations.fsspec.errors import translated
from b2sdk.integrations.pytest_plugin import CallJournal, SimulatedAccount
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo
from b2sdk.values.credentials import KEY_ID_VARIABLE, KEY_VARIABLE, REALM_VARIABLE


@pytest.fixture
def options(b2_sim_account: SimulatedAccount) -> dict[str, Any]:
    return {"key_id": b2_sim_account.key_id, "key": b2_sim_account.key, "realm": b2_sim_account.realm}


# --- registration ---


def test_the_entry_point_leads_here() -> None:
    assert fsspec.get_filesystem_class("b2") is B2FileSystem
    found = [point.value for point in importlib.metadata.entry_points(group="fsspec.specs") if point.name == "b2"]
    assert found == ["b2sdk.integrations.fsspec:B2FileSystem"]


def test_the_package_does_not_import_fsspec() -> None:
    program = "import sys, b2sdk.v3; b2sdk.v3.B2Api; sys.exit('fsspec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_fsspec_imports_the_package_only_when_a_url_is_used() -> None:
    program = (
        "import sys, fsspec; fsspec.available_protocols(); fsspec.open('memory://a', 'wb').open().close();"
        "before = 'b2sdk' in sys.modules; fsspec.open('b2://bucket/a', key_id='id', key='key');"
        "print(before, 'b2sdk' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed.split() == ["False", "True"]


# --- threads and keys ---


def test_threads_authorize_once(options: dict[str, Any], root: str, b2_sim_journal: CallJournal) -> None:
    before = len(b2_sim_journal.calls("b2_authorize_account"))
    barrier = threading.Barrier(16, timeout=60)
    made = []

    def use() -> None:
        barrier.wait()
        fs = B2FileSystem(asynchronous=True, **options)
        made.append(fs)
        fs.exists(f"{root}/a")

    threads = [threading.Thread(target=use) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(b2_sim_journal.calls("b2_authorize_account")) == before + 1
    assert len({id(fs.account) for fs in made}) == 1
    for fs in made:
        fs.close()
    B2FileSystem.clear_instance_cache()


def test_another_key_is_another_account(make_fs: Callable[..., Any], root: str, fs: Any) -> None:
    fs.ls(root)
    wrong = make_fs(key="wrong")
    with pytest.raises(PermissionError):
        wrong.ls(root)
    assert fs.ls(root) == []


def test_a_closed_filesystem_can_be_used_again(fs: Any, root: str) -> None:
    fs.pipe_file(f"{root}/a", b"x")
    fs.close()
    assert fs.cat_file(f"{root}/a") == b"x"


def test_a_key_may_come_from_the_environment(
    make_fs: Callable[..., Any], root: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_ID_VARIABLE, options["key_id"])
    monkeypatch.setenv(KEY_VARIABLE, options["key"])
    monkeypatch.setenv(REALM_VARIABLE, options["realm"])
    for given in ({"key_id": None, "key": None}, {"key_id": None, "key": None, "realm": None}, {"key": None}):
        fs = make_fs(**given)
        assert fs.ls(root) == []
        assert options["key"].encode() not in pickle.dumps(fs)
        assert rebuilt(fs).ls(root) == []


def test_half_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_ID_VARIABLE, raising=False)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(ValueError, match="missing"):
        B2FileSystem(key_id="one")
    with pytest.raises(ValueError, match="missing"):
        B2FileSystem(key="one")


@pytest.mark.parametrize("wrong", [{"delete": "never"}, {"batch_size": 0}, {"max_concurrency": 0}])
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        B2FileSystem(**options, **wrong)


def test_a_client_or_an_account_info_may_be_given(b2_sim_api: B2Api, root: str) -> None:
    all_given: list[dict[str, Any]] = [{"api": b2_sim_api}, {"account_info": b2_sim_api.account_info}]
    for given in all_given:
        fs = B2FileSystem(skip_instance_cache=True, **given)
        assert fs.ls("", detail=False) == [root]
        assert fs.account is B2FileSystem(skip_instance_cache=True, **given).account
        fs.close()


def test_an_account_that_was_never_authorized_is_refused() -> None:
    with pytest.raises(PermissionError):
        B2FileSystem(skip_instance_cache=True, account_info=InMemoryAccountInfo()).ls("")


# --- secrets ---


def test_no_secret_is_shown(fs: Any, options: dict[str, Any]) -> None:
    key = options["key"]
    for text in (repr(fs), str(fs), repr(fs.account.access), fs.to_json(include_password=False)):
        assert key not in text
    assert "key" not in fs.to_dict(include_password=False)
    assert fs.to_dict()["key"] == key


# --- pickles and children ---


def test_a_pickled_filesystem_works(fs: Any, root: str) -> None:
    fs.pipe_file(f"{root}/a", b"x")
    assert rebuilt(fs).cat_file(f"{root}/a") == b"x"


def test_what_cannot_be_pickled_says_so(b2_sim_api: B2Api) -> None:
    class Api(B2Api):
        def __reduce__(self) -> Any:
            raise RuntimeError("no")

    fs = B2FileSystem(skip_instance_cache=True, api=Api(b2_sim_api.account_info))
    with pytest.raises(TypeError, match="its api can"):
        pickle.dumps(fs)


def test_a_child_uses_what_its_parent_made(fs: Any, root: str, in_child: Callable[[Callable[[], Any]], Any]) -> None:
    content = bytes(400_000)
    fs.pipe({f"{root}/{number}": content for number in range(3)})
    fs.ls(root)
    file = fs.open(f"{root}/0")

    def use() -> list[int]:
        file.seek(300_000)
        contents = fs.cat([f"{root}/{number}" for number in range(3)])
        fs.pipe_file(f"{root}/of-child", b"x")
        return [len(file.read()), *map(len, contents.values()), len(fs.ls(root))]

    assert in_child(use) == [100_000, 400_000, 400_000, 400_000, 4]
    assert len(fs.ls(root, refresh=True)) == 4
    file.close()


# --- event loops ---


def test_verbs_can_be_awaited(make_fs: Callable[..., Any], root: str, tmp_path: Any) -> None:
    async def use() -> None:
        fs = make_fs(asynchronous=True)
        assert fs.async_impl
        await asyncio.gather(*(fs._pipe_file(f"{root}/a/{number}", b"%d" % number) for number in range(5)))
        paths = [f"{root}/a/{number}" for number in range(5)]
        assert await fs._find(root) == paths
        assert await fs._ls(f"{root}/a", detail=False) == paths
        assert await fs._cat_ranges(paths, 0, 1) == [b"0", b"1", b"2", b"3", b"4"]
        assert await fs._cat_file(paths[3]) == b"3"
        assert await fs._cat(paths[:2]) == {paths[0]: b"0", paths[1]: b"1"}
        assert (await fs._info(paths[0]))["size"] == await fs._size(paths[0]) == 1
        assert [await fs._exists(paths[0]), await fs._isdir(paths[0]), await fs._isfile(root)] == [True, False, False]
        assert await fs._glob(f"{root}/a/[12]") == paths[1:3]
        assert [step async for step in fs._walk(root)] == list(fs.walk(root))
        await fs._cp_file(paths[0], f"{root}/b")
        await fs._get_file(f"{root}/b", str(tmp_path / "b"))
        await fs._put_file(str(tmp_path / "b"), f"{root}/c")
        await fs._rm(f"{root}/a", recursive=True)
        assert await fs._find(root) == [f"{root}/b", f"{root}/c"]
        with pytest.raises(FileNotFoundError):
            await fs._rm_file(paths[0])

    asyncio.run(use())


def test_blocking_verbs_work_in_an_event_loop_and_start_none(fs: Any, root: str) -> None:
    async def use() -> list[str]:
        fs.pipe({f"{root}/a": b"1", f"{root}/b": b"2"})
        found: list[str] = fs.find(root)
        return found

    assert asyncio.run(use()) == [f"{root}/a", f"{root}/b"]
    assert "fsspecIO" not in {thread.name for thread in threading.enumerate()}


# --- errors ---


@pytest.mark.parametrize(
    ("error", "kind", "number"),
    [
        (FileNotPresent(), FileNotFoundError, errno.ENOENT),
        (NonExistentBucket("b"), FileNotFoundError, errno.ENOENT),
        (BucketIdNotFound("b"), FileNotFoundError, errno.ENOENT),
        (AccessDenied(), PermissionError, errno.EACCES),
        (SSECKeyError(), PermissionError, errno.EACCES),
        (InvalidAuthToken("m", "c"), PermissionError, errno.EACCES),
        (RestrictedBucket("b"), PermissionError, errno.EACCES),
        (DuplicateBucketName(), FileExistsError, errno.EEXIST),
        (StorageCapExceeded(), OSError, errno.EDQUOT),
        (RequestTimeout(), TimeoutError, errno.EIO),
        (ConnectionReset(), ConnectionError, errno.EIO),
        (ServiceError(), OSError, errno.EIO),
    ],
)
def test_errors_are_those_of_a_filesystem(error: B2Error, kind: type[OSError], number: int) -> None:
    with pytest.raises(kind) as caught, translated("bucket/name"):
        raise error
    assert type(caught.value) is kind
    assert (caught.value.errno, caught.value.filename, caught.value.__cause__) == (number, "bucket/name", error)
    copy = rebuilt(caught.value)
    assert (type(copy), copy.errno, copy.filename) == (kind, number, "bucket/name")


def test_a_wrong_value_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="name"), translated("bucket/name"):
        raise BadFileInfo("x")


def test_a_read_only_key_may_not_write(make_fs: Callable[..., Any], b2_sim_api: B2Api, bucket: Bucket) -> None:
    key = b2_sim_api.create_key(["readFiles", "listFiles"], "reader", bucket_ids=[bucket.id_])
    fs = make_fs(key_id=key.id_, key=key.application_key)
    bucket.upload_bytes(b"x", "a")
    path = f"{bucket.name}/a"
    assert fs.cat_file(path) == b"x"
    with pytest.raises(PermissionError):
        fs.pipe_file(path, b"")
    with pytest.raises(PermissionError):
        fs.rm_file(path)
    with pytest.raises(PermissionError):
        fs.mkdir("another-bucket")
