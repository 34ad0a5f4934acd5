"""URLs that programs without a key download from, and paths of universal-pathlib."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.v3 import B2Api, Bucket


def test_a_signed_url_is_downloaded_without_a_key(fs: Any, root: str, bucket: Bucket) -> None:
    bucket.upload_bytes(b"content", "folder/a b")
    url = fs.url(f"b2://{root}/folder/a b")
    assert requests.get(url, timeout=60).status_code == 401
    signed = fs.sign(f"{root}/folder/a b", 60)
    assert signed.startswith(f"{url}?")
    assert requests.get(signed, timeout=60).content == b"content"
    for expiration in (0, 604_801):
        with pytest.raises(ValueError, match="604800"):
            fs.sign(f"{root}/folder/a b", expiration)
    with pytest.raises(IsADirectoryError):
        fs.sign(root)


def test_a_public_url_is_not_signed(fs: Any, root: str, b2_sim_api: B2Api, b2_sim_journal: CallJournal) -> None:
    public = b2_sim_api.create_bucket(f"{root}-public", "allPublic")
    public.upload_bytes(b"content", "a")
    url = fs.sign(f"{public.name}/a")
    assert url == fs.url(f"{public.name}/a")
    assert requests.get(url, timeout=60).content == b"content"
    assert b2_sim_journal.calls("b2_get_download_authorization") == []


def test_a_key_that_does_not_see_buckets_signs(make_fs: Any, root: str, bucket: Bucket, b2_sim_api: B2Api) -> None:
    bucket.upload_bytes(b"content", "a")
    key = b2_sim_api.create_key(["shareFiles", "readFiles"], "sharer", bucket_ids=[bucket.id_])
    url = make_fs(key_id=key.id_, key=key.application_key).sign(f"{root}/a")
    assert requests.get(url, timeout=60).content == b"content"


def test_paths_of_universal_pathlib(access: dict[str, Any], root: str) -> None:
    upath = pytest.importorskip("upath")
    from b2sdk.integrations.fsspec.upath import B2Path  # noqa: PLC0415  # where the library is

    path = upath.UPath(f"b2://{root}/folder", **access)
    assert type(path) is B2Path
    (path / "a.txt").write_text("one")
    (path / "below" / "b.txt").write_text("two")
    assert [str(one) for one in sorted(path.glob("**/*.txt"))] == [
        f"b2://{root}/folder/a.txt", f"b2://{root}/folder/below/b.txt",
    ]  # fmt: skip
    assert [(str(top), folders, files) for top, folders, files in path.walk()] == [
        (f"b2://{root}/folder", ["below"], ["a.txt"]), (f"b2://{root}/folder/below", [], ["b.txt"]),
    ]  # fmt: skip
    stat = (path / "a.txt").stat()
    assert (stat.st_size, stat.st_mtime > 0, (path / "a.txt").is_file(), path.is_dir()) == (3, True, True, True)
    moved = (path / "a.txt").rename(f"b2://{root}/folder/c.txt")
    assert (moved.read_text(), (path / "a.txt").exists()) == ("one", False)
    assert sorted(one.name for one in path.iterdir()) == ["below", "c.txt"]
    (path / "c.txt").unlink()
    with pytest.raises(FileNotFoundError):
        (path / "c.txt").read_bytes()
    assert path.parent.joinpath("folder") == path
