from __future__ import annotations

import copy
import inspect
from typing import Any

import pytest

import b2sdk.v2
import b2sdk.v3
from b2sdk.file_version import FileVersion
from b2sdk.suggestions import Misnamed
from b2sdk.v3 import DownloadVersion

CLASSES: list[type[Misnamed]] = [b2sdk.v2.B2Api, b2sdk.v3.B2Api, b2sdk.v2.Bucket, b2sdk.v3.Bucket, FileVersion]


@pytest.mark.parametrize("cls", CLASSES)
def test_what_is_meant_exists_and_what_is_not_meant_does_not(cls: Any) -> None:
    api = b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo())
    known: dict[type, set[str]] = {
        b2sdk.v3.Bucket: set(dir(b2sdk.v3.Bucket(api, "id", "name"))),
        b2sdk.v3.B2Api: set(dir(api)),
        FileVersion: set(dir(FileVersion)),
    }
    names = next(names for base, names in known.items() if issubclass(cls, base))
    elsewhere = known[b2sdk.v3.Bucket] | known[b2sdk.v3.B2Api]
    for wrong, right in cls.MEANT.items():
        assert wrong not in names
        assert right in names or right.rpartition(".")[2].partition("(")[0] in elsewhere


def test_a_known_mistake_has_a_suggestion() -> None:
    bucket = b2sdk.v3.Bucket(b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo()), "id")
    with pytest.raises(
        AttributeError, match=r"^'Bucket' object has no attribute 'upload_file'. Did you mean: 'upload_loc"
    ):
        bucket.upload_file("path", "name")  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"Did you mean: 'get_bucket_by_name\(\.\.\.\)\.ls'"):
        bucket.api.list_files()  # type: ignore[attr-defined]


def test_other_names_are_plain_errors_that_python_can_complete() -> None:
    bucket = b2sdk.v3.Bucket(b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo()), "id")
    with pytest.raises(AttributeError, match=r"^'Bucket' object has no attribute 'upload_byte'$") as caught:
        bucket.upload_byte(b"")  # type: ignore[attr-defined]
    assert (caught.value.name, caught.value.obj) == ("upload_byte", bucket)
    assert not hasattr(bucket, "upload_file")
    assert copy.copy(bucket).id_ == "id"


def test_versions_still_have_slots_only() -> None:
    for cls in (FileVersion, DownloadVersion):
        assert "__dict__" not in {name for base in inspect.getmro(cls) for name in vars(base) if base is not object}
