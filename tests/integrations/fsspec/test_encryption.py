"""Files that are encrypted with a customer key (SSE-C), or by the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from tests.integrations.fsspec.conftest import rebuilt

from b2sdk.integrations.fsspec import B2FileSystem
from b2sdk.v3 import (
    SSE_B2_AES,
    B2Api,
    Bucket,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
)

CONTENT = bytes(range(256)) * 8


def customer_key(letter: bytes) -> EncryptionSetting:
    key = EncryptionKey(letter * 32, "name of the key")
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)


@pytest.fixture
def keyed(make_fs: Callable[..., Any]) -> Any:
    return make_fs(encryption=customer_key(b"k"))


def test_every_verb_uses_the_customer_key(
    keyed: Any, make_fs: Callable[..., Any], root: str, bucket: Bucket, tmp_path: Path
) -> None:
    path = f"{root}/a"
    keyed.pipe_file(path, CONTENT)
    (tmp_path / "local").write_bytes(CONTENT)
    keyed.put_file(tmp_path / "local", f"{root}/b")
    with keyed.open(f"{root}/c", "wb") as file:
        file.write(CONTENT)
    keyed.cp_file(path, f"{root}/d")
    with keyed.open(f"{root}/d", "ab") as file:
        file.write(b"more")
    modes = {version.server_side_encryption.mode for version in bucket.list_file_versions("d")}
    assert modes == {EncryptionMode.SSE_C}
    keyed.invalidate_cache()
    assert keyed.info(path)["size"] == len(CONTENT)
    assert [keyed.cat_file(f"{root}/{name}") for name in "abc"] == [CONTENT] * 3
    assert keyed.cat_file(f"{root}/d") == CONTENT + b"more"
    assert (keyed.cat_file(path, 5, 9), keyed.cat_file(path, -5)) == (CONTENT[5:9], CONTENT[-5:])
    assert keyed.cat_ranges([path], [3], [7]) == [CONTENT[3:7]]
    keyed.get_file(path, tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == CONTENT
    for options in ({}, {"cache_type": "none"}):
        keyed.invalidate_cache()
        with keyed.open(path, **options) as file:
            assert (file.read(10), rebuilt(file).read()) == (CONTENT[:10], CONTENT[10:])
    assert not keyed.exists(f"{root}/none")
    for wrong in (make_fs(), make_fs(encryption=customer_key(b"w"))):
        for verb in (wrong.cat_file, wrong.read_bytes, wrong.open):
            wrong.invalidate_cache()
            with pytest.raises(PermissionError) as caught:
                verb(path)
            assert caught.value.filename == path


def test_a_function_says_which_file_has_which_key(make_fs: Callable[..., Any], root: str) -> None:
    fs = make_fs(
        encryption=lambda path: customer_key(path[-1].encode()) if path.startswith(f"{root}/secret/") else None
    )
    fs.pipe({f"{root}/secret/a": b"a", f"{root}/secret/b": b"b", f"{root}/plain": b"c"})
    fs.invalidate_cache()
    assert list(fs.cat(fs.find(root)).values()) == [b"c", b"a", b"b"]
    fs.mv(f"{root}/secret/a", f"{root}/was-secret")
    fs.mv(f"{root}/plain", f"{root}/secret/c")
    assert (make_fs().cat_file(f"{root}/was-secret"), fs.cat_file(f"{root}/secret/c")) == (b"a", b"c")


def test_what_the_service_encrypts_needs_no_key_to_be_read(
    make_fs: Callable[..., Any], fs: Any, root: str, bucket: Bucket
) -> None:
    make_fs(encryption=SSE_B2_AES).pipe_file(f"{root}/a", CONTENT)
    assert next(iter(bucket.list_file_versions("a"))).server_side_encryption == SSE_B2_AES
    assert (fs.cat_file(f"{root}/a"), make_fs(encryption=SSE_B2_AES).cat_file(f"{root}/a")) == (CONTENT, CONTENT)


def test_customer_keys_tell_filesystems_apart_and_are_not_shown(access: dict[str, Any], root: str) -> None:
    first, second, again = (
        fsspec.filesystem("b2", encryption=customer_key(one), **access) for one in (b"1", b"2", b"1")
    )
    assert first is again
    assert first is not second
    assert first != second
    first.pipe_file(f"{root}/a", b"x")
    assert rebuilt(first).cat_file(f"{root}/a") == b"x"
    for text in (repr(first), repr(first.storage_options), first.to_json(include_password=False)):
        assert "1" * 32 not in text
    assert "encryption" not in first.to_dict(include_password=False)


def test_the_client_of_a_program_is_used_with_keys_too(b2_sim_api: B2Api, root: str) -> None:
    fs = B2FileSystem(skip_instance_cache=True, api=b2_sim_api, encryption=customer_key(b"k"))
    fs.pipe_file(f"{root}/a", CONTENT)
    assert fs.cat_file(f"{root}/a") == CONTENT
    fs.close()
