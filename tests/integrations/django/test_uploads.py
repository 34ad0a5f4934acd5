"""Large content: in parts, from where it is, and without all of it in memory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile, TemporaryUploadedFile
from tests.integrations.django.conftest import BUCKET
from tests.integrations.django.test_storage import OnceReadable

from b2sdk.integrations.django import B2Storage
from b2sdk.integrations.pytest_plugin import CallJournal, SimulatedAccount
from b2sdk.v3 import B2Api, Bucket
from b2sdk.v3.exception import InvalidUploadSource

MIB = 1024 * 1024
CONTENT = bytes(range(251)) * (11 * MIB // 251)
PART = 5_000_000


@pytest.fixture
def over_http(b2_sim_account: SimulatedAccount) -> dict[str, Any]:
    return {"key_id": b2_sim_account.key_id, "key": b2_sim_account.key, "realm": b2_sim_account.realm}


@pytest.fixture
def bucket(b2_sim_api: B2Api) -> Bucket:
    return b2_sim_api.create_bucket(BUCKET, "allPrivate")


def temporary(content: bytes) -> TemporaryUploadedFile:
    """Return what a browser has uploaded, if it is large."""
    file = TemporaryUploadedFile("large.bin", "application/octet-stream", len(content), None)
    file.write(content)
    file.seek(0)
    return file


def local(content: bytes, folder: Path) -> File:
    path = folder / "local.bin"
    path.write_bytes(content)
    return File(path.open("rb"))


@pytest.mark.parametrize("kind", ["temporary", "in memory", "simple", "local", "bytes", "stream"])
def test_large_content_is_uploaded_in_parts(
    over_http: dict[str, Any], bucket: Bucket, b2_sim_journal: CallJournal, tmp_path: Path, kind: str
) -> None:
    storage = B2Storage(bucket_name=BUCKET, part_size=PART, **over_http)
    if kind == "temporary":
        content: Any = temporary(CONTENT)
    elif kind == "in memory":
        content = InMemoryUploadedFile(io.BytesIO(CONTENT), "file", "a.bin", None, len(CONTENT), None)
    elif kind == "simple":
        content = SimpleUploadedFile("a.bin", CONTENT)
    elif kind == "local":
        content = local(CONTENT, tmp_path)
    elif kind == "bytes":
        content = ContentFile(CONTENT)
    else:
        content = File(OnceReadable(CONTENT), "stream")

    storage.save("a.bin", content)

    assert len(b2_sim_journal.calls("b2_upload_part")) in {2, 3}  # the last one may be larger where the size is known
    with bucket.open("a.bin") as file:
        assert file.read() == CONTENT
    content.close()
    storage.close()


def test_a_local_file_that_is_moved_by_nobody_stays(over_http: dict[str, Any], bucket: Bucket, tmp_path: Path) -> None:
    storage = B2Storage(bucket_name=BUCKET, **over_http)
    with local(b"content", tmp_path) as content:
        storage.save("a.bin", content)
        assert content.read() == b"content"
    assert (tmp_path / "local.bin").read_bytes() == b"content"
    storage.close()


def test_a_file_whose_path_leads_to_another_one_is_read_itself(
    over_http: dict[str, Any], bucket: Bucket, tmp_path: Path
) -> None:
    storage = B2Storage(bucket_name=BUCKET, **over_http)
    with local(b"opened", tmp_path) as content:
        (tmp_path / "local.bin").unlink()
        (tmp_path / "local.bin").write_bytes(b"another")
        storage.save("a.bin", content)
    with storage.open("a.bin") as file:
        assert file.read() == b"opened"
    storage.close()


def test_content_that_shrinks_is_not_stored_in_part(over_http: dict[str, Any], bucket: Bucket) -> None:
    class Shrinking(io.BytesIO):
        """Has less than it says."""

        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size)[:0] if self.tell() > 3 else super().read(min(size or 0, 4))

    storage = B2Storage(bucket_name=BUCKET, **over_http)
    with pytest.raises(InvalidUploadSource):
        storage.save("a.bin", File(Shrinking(b"0123456789")))
    assert not storage.exists("a.bin")
    storage.close()
