from __future__ import annotations

from typing import Any

import pytest

from b2sdk.bulk.copying import check_prefixes, is_copy
from b2sdk.bulk.renaming import find_copies
from b2sdk.exception.bulk import OverlappingPrefixes
from b2sdk.file_version import FileVersion
from b2sdk.v3 import EncryptionMode, EncryptionSetting

SHA1 = "0a4d55a8d778e5022fab701977c5d840bbc486d0"
OTHER_SHA1 = "1a4d55a8d778e5022fab701977c5d840bbc486d0"
TIME = {"src_last_modified_millis": "1700000000000"}


def version(**changes: Any) -> FileVersion:
    described = {
        "id_": "id",
        "file_name": "name",
        "size": 5,
        "content_type": "text/plain",
        "content_sha1": SHA1,
        "file_info": {},
        "upload_timestamp": 1,
        "account_id": "account",
        "bucket_id": "bucket",
        "action": "upload",
        "content_md5": None,
        "server_side_encryption": EncryptionSetting(EncryptionMode.NONE),
    }
    return FileVersion(api=None, **{**described, **changes})  # type: ignore[arg-type]  # it makes no calls


@pytest.mark.parametrize(
    ("changes", "of"),
    [
        ({"id_": "other", "file_name": "copy", "bucket_id": "there", "upload_timestamp": 2}, {}),
        ({"file_info": TIME}, {"file_info": TIME}),
        ({"file_info": {"A": "1"}}, {"file_info": {"a": "1"}}),
        ({"content_sha1": f"unverified:{SHA1}"}, {}),
        ({"content_sha1": "none", "file_info": {"large_file_sha1": SHA1, "plan_id": "x"}}, {}),
        ({"file_info": {"sse_c_key_id": "new"}}, {"file_info": {"sse_c_key_id": "old"}}),
        ({"content_sha1": "none", "file_info": TIME}, {"content_sha1": "none", "file_info": TIME}),
        ({"file_info": TIME}, {"content_sha1": "none", "file_info": TIME}),
        ({"action": "hide", "size": 0}, {"action": "hide", "size": None}),
    ],
)
def test_a_copy_is_recognized(changes: dict[str, Any], of: dict[str, Any]) -> None:
    assert is_copy(version(**changes), version(**of))


@pytest.mark.parametrize(
    ("changes", "of"),
    [
        ({"size": 6}, {}),
        ({"content_sha1": OTHER_SHA1}, {}),
        ({"content_type": "text/css"}, {}),
        ({"file_info": TIME}, {}),
        ({"file_info": TIME}, {"file_info": {"src_last_modified_millis": "1700000000001"}}),
        ({"content_sha1": "none"}, {"content_sha1": "none"}),
        ({"content_sha1": "none"}, {}),
        ({"action": "hide"}, {}),
        ({}, {"action": "hide"}),
    ],
)
def test_what_is_no_copy_is_not(changes: dict[str, Any], of: dict[str, Any]) -> None:
    assert not is_copy(version(**changes), version(**of))


@pytest.mark.parametrize(
    ("versions", "existing", "copies"),
    [
        ([1, 2, 3], [], 0),
        ([1, 2, 3], [1, 2], 2),
        ([2, 3], [1, 2], 1),
        ([1], [1, 2, 3], 1),
        ([1, 2, 1], [1], 1),
        ([1, 2, 1], [1, 2, 1], 3),
        ([1, 2], [9, 1, 9], 1),
        ([1, 2], [2], 0),
    ],
)
def test_copies_are_found_in_the_order_of_the_versions(versions: list[int], existing: list[int], copies: int) -> None:
    found = find_copies([version(size=size) for size in versions], [version(size=size) for size in existing])
    assert [copy.size for copy in found] == versions[:copies]


@pytest.mark.parametrize(("prefix", "new_prefix"), [("a/", "b/"), ("a", "b"), ("a/b", "a/c"), ("ab", "ac")])
def test_prefixes_without_a_common_file_do_not_overlap(prefix: str, new_prefix: str) -> None:
    check_prefixes("bucket", prefix, "bucket", new_prefix)
    check_prefixes("bucket", prefix, "other", prefix)
    with pytest.raises(OverlappingPrefixes):
        check_prefixes("bucket", prefix, "bucket", prefix + new_prefix)
