"""The verbs that look: shapes, and what they cost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from b2sdk.bucket import list_below
from b2sdk.integrations.pytest_plugin import CallJournal, SimulatedAccount
from b2sdk.simulator import ApiFault, Faults, SimulatorServer
from b2sdk.v3 import B2Api, Bucket

MIDNIGHT = 1_700_000_000_123


class Costs:
    """The calls besides the authorization since this was last looked at."""

    def __init__(self, journal: CallJournal) -> None:
        self._journal = journal
        self._seen = 0

    def take(self) -> dict[str, int]:
        entries = self._journal.entries
        new, self._seen = entries[self._seen :], len(entries)
        return dict(Counter(entry.endpoint for entry in new if entry.endpoint != "b2_authorize_account"))


@pytest.fixture
def costs(b2_sim_journal: CallJournal) -> Costs:
    return Costs(b2_sim_journal)


@pytest.fixture
def names(bucket: Bucket, root: str) -> list[str]:
    """Return the paths of files that are there: some below a folder, one of which has the name of a folder."""
    for name in ("a", "a/b", "a/c/d", "a.txt", "e/f"):
        bucket.upload_bytes(name.encode(), name)
    return [f"{root}/{name}" for name in ("a", "a.txt", "a/b", "a/c/d", "e/f")]


def uploads_by_s3(server: SimulatorServer, bucket: Bucket, name: str) -> None:
    """Make a file whose name the SDK refuses, as programs for the S3 API do."""
    api = bucket.api
    raw_api: Any = api.session.raw_api
    url = api.session.get_upload_url(bucket.id_)
    raw_api.b2_http.post_content_return_json(
        url["uploadUrl"],
        {
            "Authorization": url["authorizationToken"],
            "X-Bz-File-Name": name,
            "Content-Length": "0",
            "Content-Type": "text/plain",
            "X-Bz-Content-Sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        },
        b"",
    )


def test_a_file_is_described_in_the_same_way_by_every_verb(fs: Any, bucket: Bucket, root: str) -> None:
    version = bucket.upload_bytes(
        b"content",
        "folder/name",
        "text/plain",
        {"Colour": "blue", "src_last_modified_millis": str(MIDNIGHT)},
        cache_control="no-store",
    )
    entry = fs.info(f"b2://{root}/folder/name")
    assert entry == {
        "name": f"{root}/folder/name",
        "size": 7,
        "type": "file",
        "mtime": MIDNIGHT / 1000,
        "created": entry["created"],
        "fileId": version.id_,
        "contentType": "text/plain",
        "contentSha1": version.content_sha1,
        "fileInfo": {"colour": "blue", "src_last_modified_millis": str(MIDNIGHT)},
    }
    assert entry["created"].tzinfo is timezone.utc
    assert round(entry["created"].timestamp() * 1000) == version.upload_timestamp
    assert fs.ls(f"{root}/folder", refresh=True) == [entry]
    assert fs.find(f"{root}/folder", detail=True) == {entry["name"]: entry}
    assert fs.ls(entry["name"]) == [entry]
    with fs.open(entry["name"]) as file:
        assert file.info() == entry


@pytest.mark.parametrize("path", ["", "{root}", "{root}/e"])
def test_a_folder_has_no_size_and_no_time(fs: Any, names: list[str], root: str, path: str) -> None:
    path = path.format(root=root)
    assert fs.info(path) == {"name": path, "size": 0, "type": "directory"}
    assert (fs.exists(path), fs.isdir(path), fs.isfile(path)) == (True, True, False)


def test_a_file_comes_before_the_folder_of_its_name(fs: Any, names: list[str], root: str) -> None:
    assert fs.info(f"{root}/a")["type"] == "file"
    assert fs.isdir(f"{root}/a/")
    assert not fs.isdir(f"{root}/a")
    assert fs.ls(f"{root}/a", detail=False) == [f"{root}/a/b", f"{root}/a/c"]
    assert [(entry["name"], entry["type"]) for entry in fs.ls(root)] == [
        (f"{root}/a", "file"),
        (f"{root}/a", "directory"),
        (f"{root}/a.txt", "file"),
        (f"{root}/e", "directory"),
    ]


def test_what_is_not_there_is_not_found(fs: Any, names: list[str], root: str) -> None:
    for path in (f"{root}/none", f"{root}/a/b/c", "no-such-bucket", "no-such-bucket/name"):
        assert not fs.exists(path)
        assert not fs.isfile(path)
        assert not fs.isdir(path)
        for verb in (fs.info, fs.ls, fs.size, fs.created):
            with pytest.raises(FileNotFoundError) as caught:
                verb(path)
            assert caught.value.filename == path
        assert fs.find(path) == [] if path.startswith(root) else True


def test_callers_may_change_what_they_get(fs: Any, names: list[str], root: str) -> None:
    verbs: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: fs.ls(root)[0],
        lambda: fs.info(names[0]),
        lambda: fs.find(root, detail=True)[names[0]],
    )
    for verb in verbs:
        verb()["fileInfo"]["x"] = "y"
        verb()["size"] = None
        assert (verb()["size"], verb()["fileInfo"]) == (1, {})


def test_buckets_are_the_entries_of_the_root(fs: Any, root: str) -> None:
    assert fs.ls("") == fs.ls("b2://") == [{"name": root, "size": 0, "type": "directory"}]


@pytest.mark.parametrize("maxdepth", [None, 1, 2, 3])
def test_find_lists_files_down_to_a_depth(fs: Any, names: list[str], root: str, maxdepth: int | None) -> None:
    depths = {name: name.count("/") for name in names}
    assert fs.find(root, maxdepth) == [name for name in names if depths[name] <= (maxdepth or 9)]


def test_find_lists_folders_if_wanted(fs: Any, names: list[str], root: str) -> None:
    found = fs.find(root, withdirs=True, detail=True)
    assert list(found) == sorted([root, *names, f"{root}/a/c", f"{root}/e"])
    assert found[f"{root}/a"]["type"] == "file"
    assert fs.find(root, 1, withdirs=True) == [root, f"{root}/a", f"{root}/a.txt", f"{root}/e"]


def test_find_of_a_file_is_the_file(fs: Any, names: list[str], root: str) -> None:
    assert fs.find(f"{root}/a.txt", detail=True) == {f"{root}/a.txt": fs.info(f"{root}/a.txt")}
    assert fs.find(f"{root}/a") == [f"{root}/a/b", f"{root}/a/c/d"]
    assert fs.find(f"{root}/a.txt", 1) == [f"{root}/a.txt"]


def test_find_asks_the_service_for_a_prefix(fs: Any, names: list[str], root: str) -> None:
    assert fs.find(root, prefix="a.") == [f"{root}/a.txt"]
    assert fs.find(root, 1, prefix="a") == [f"{root}/a", f"{root}/a.txt"]
    assert fs.ls(f"{root}/e", detail=False) == [f"{root}/e/f"]
    assert len(fs.ls(root)) == 4, "what was found with a prefix is not all"


def test_find_of_everything_lists_all_buckets(fs: Any, names: list[str], root: str) -> None:
    assert fs.find("") == names
    assert fs.find("", 1, withdirs=True) == [root]


@pytest.mark.parametrize("topdown", [True, False])
@pytest.mark.parametrize("maxdepth", [None, 9])
def test_walk_yields_each_folder(fs: Any, names: list[str], root: str, topdown: bool, maxdepth: int | None) -> None:
    steps = [
        (root, ["a", "e"], ["a", "a.txt"]),
        (f"{root}/a", ["c"], ["b"]),
        (f"{root}/a/c", [], ["d"]),
        (f"{root}/e", [], ["f"]),
    ]
    walked = list(fs.walk(root, maxdepth, topdown))
    assert sorted(walked) == steps
    assert (walked == steps) is topdown
    assert walked[-1 if not topdown else 0] == steps[0]


def test_a_walk_can_be_pruned(fs: Any, names: list[str], root: str) -> None:
    walked = []
    for path, folders, _ in fs.walk(root, detail=True):
        walked.append(path)
        folders.pop("a", None)
    assert walked == [root, f"{root}/e"]


def test_a_walk_of_nothing_is_empty_and_other_errors_are_raised(
    make_fs: Callable[..., Any], fs: Any, root: str, b2_sim_api: B2Api
) -> None:
    assert list(fs.walk(f"{root}/none")) == []
    with pytest.raises(FileNotFoundError):
        list(fs.walk(f"{root}/none", on_error="raise"))
    key = b2_sim_api.create_key(["readFiles", "listBuckets"], "no-listing")
    errors: list[OSError] = []
    blind = make_fs(key_id=key.id_, key=key.application_key)
    with pytest.raises(PermissionError):
        list(blind.walk(root))
    assert list(blind.walk(root, on_error=errors.append)) == []
    assert [type(error) for error in errors] == [PermissionError]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/a*", ["a", "a.txt"]),
        ("/*/b", ["a/b"]),
        ("/a/**", ["a", "a/b", "a/c", "a/c/d"]),
        ("/**/d", ["a/c/d"]),
        ("/?/[cf]", ["a/c", "e/f"]),
        ("/a.txt", ["a.txt"]),
        ("/none", []),
    ],
)
def test_glob_finds_what_matches(fs: Any, names: list[str], root: str, pattern: str, found: list[str]) -> None:
    assert fs.glob(root + pattern) == [f"{root}/{name}" for name in found]
    assert list(fs.glob(root + pattern, detail=True)) == [f"{root}/{name}" for name in found]


def test_sizes_are_sums_of_what_is_found(fs: Any, names: list[str], root: str) -> None:
    sizes = {name: len(name) - len(root) - 1 for name in names}
    assert fs.du(root) == sum(sizes.values())
    assert fs.du(root, total=False) == sizes
    assert fs.sizes(names) == list(sizes.values())
    assert fs.size(f"{root}/e") == 0


def test_a_version_is_known_by_its_id(fs: Any, names: list[str], bucket: Bucket) -> None:
    path = names[0]
    id_ = fs.info(path)["fileId"]
    first = fs.checksum(path)
    assert fs.ukey(path) == id_
    assert isinstance(fs.modified(path), datetime)
    assert fs.modified(path) == fs.created(path)
    assert fs.checksum(path) == first
    bucket.upload_bytes(b"a", "a")
    fs.invalidate_cache(path)
    assert (fs.ukey(path) != id_, fs.checksum(path) != first) == (True, True)


def test_the_filesystem_is_known_by_its_account(fs: Any, b2_sim_account: SimulatedAccount) -> None:
    assert fs.fsid == f"b2_{b2_sim_account.account_id}"


def test_names_that_end_in_a_slash_are_folders(
    fs: Any, bucket: Bucket, root: str, b2_sim_service: SimulatorServer
) -> None:
    uploads_by_s3(b2_sim_service, bucket, "made/")
    bucket.upload_bytes(b"", "made/file")
    uploads_by_s3(b2_sim_service, bucket, "empty/")
    assert fs.ls(f"{root}/empty") == []
    assert fs.isdir(f"{root}/empty")
    assert fs.find(root) == [f"{root}/made/file"]
    assert fs.ls(root, detail=False) == [f"{root}/empty", f"{root}/made"]
    fs.rm(f"{root}/empty", recursive=True)
    assert not fs.exists(f"{root}/empty")


def test_folders_without_a_name_lead_to_what_is_in_them(
    fs: Any, bucket: Bucket, root: str, b2_sim_service: SimulatorServer
) -> None:
    uploads_by_s3(b2_sim_service, bucket, "a//b")
    assert fs.ls(f"{root}/a", detail=False) == [f"{root}/a//"]
    assert fs.ls(f"{root}/a//", detail=False) == [f"{root}/a//b"]
    assert fs.find(root) == [f"{root}/a//b"]
    assert list(fs.walk(root, 5)) == list(fs.walk(root))
    assert fs.info(f"{root}/a//")["name"] == f"{root}/a//"
    assert fs.cat_file(f"{root}/a//b") == b""


# --- what it costs ---


def test_the_cost_of_looking_at_one_file(fs: Any, names: list[str], root: str, costs: Costs) -> None:
    costs.take()
    assert fs.exists(names[0])
    assert costs.take() == {"b2_download_file_by_name": 1}
    assert not fs.exists(f"{root}/none")
    assert costs.take() == {"b2_download_file_by_name": 1, "b2_list_buckets": 1, "b2_list_file_names": 1}
    assert not fs.exists(f"{root}/none")
    assert costs.take() == {"b2_download_file_by_name": 1, "b2_list_file_names": 1}
    with pytest.raises(FileNotFoundError):
        fs.cat_file(f"{root}/none")
    assert costs.take() == {"b2_download_file_by_name": 1}
    fs.ls(root)
    assert costs.take() == {"b2_list_file_names": 1}
    assert fs.info(names[1])["size"] == 5
    assert fs.ls(root, detail=False)
    assert costs.take() == {}


def test_one_listing_of_all_fills_every_folder(fs: Any, names: list[str], root: str, costs: Costs) -> None:
    fs.ls(root)
    costs.take()
    fs.find(root)
    assert costs.take() == {"b2_list_file_names": 1}
    assert fs.ls(f"{root}/a/c", detail=False) == [f"{root}/a/c/d"]
    assert fs.info(f"{root}/e/f")["size"] == 3
    list(fs.walk(root, 3))
    assert costs.take() == {}


def test_a_large_folder_is_passed_over_in_a_listing(
    fs: Any, names: list[str], bucket: Bucket, root: str, costs: Costs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        bucket.upload_bytes(b"", f"b/{number}")
    listed = []
    original = type(fs.get_client().session).list_file_names

    def list_three(session: Any, bucket_id: str, start: str | None, _count: int, prefix: str) -> Any:
        listed.append(start)
        return original(session, bucket_id, start, 3, prefix)

    monkeypatch.setattr(type(fs.get_client().session), "list_file_names", list_three)
    assert [entry["name"][len(root) + 1 :] for entry in fs.ls(root)] == ["a", "a", "a.txt", "b", "e"]
    assert listed == [None, "a0", "b0"]


@pytest.mark.parametrize("max_concurrency", [1, 4])
def test_what_is_below_a_large_folder_is_listed_in_ranges(
    make_fs: Callable[..., Any],
    bucket: Bucket,
    root: str,
    costs: Costs,
    monkeypatch: pytest.MonkeyPatch,
    max_concurrency: int,
) -> None:
    names = [f"a/{number // 10:02}/{number:03}" for number in range(120)]
    for name in names:
        bucket.upload_bytes(b"", name)
    costs.take()
    threads = []
    fs = make_fs(max_concurrency=max_concurrency)
    original = type(fs.get_client().session).list_file_names

    def list_file_names(*args: Any, **keywords: Any) -> Any:
        threads.append(threading.current_thread().name)
        return original(*args, **keywords)

    def list_fives(bucket: Bucket, prefix: str, *, fetch_count: int, workers: int) -> Any:
        return list_below(bucket, prefix, fetch_count=min(fetch_count, 5), workers=workers)

    monkeypatch.setattr(type(fs.get_client().session), "list_file_names", list_file_names)
    monkeypatch.setattr("b2sdk.integrations.fsspec.folders.list_below", list_fives)
    assert fs.find(f"{root}/a") == [f"{root}/{name}" for name in names]
    assert 24 <= costs.take()["b2_list_file_names"] <= 26.4
    assert set(threads) == {"b2sdk-background" if max_concurrency > 1 else "MainThread"}
    assert [len(files) for _, _, files in fs.walk(f"{root}/a/01")] == [10]
    assert fs.find(f"{root}/a", prefix="1") == [f"{root}/{name}" for name in names if name.startswith("a/1")]
    fs.rm(f"{root}/a", recursive=True)
    assert not fs.exists(f"{root}/a")


def test_instances_of_one_account_share_what_they_know(
    make_fs: Callable[..., Any], names: list[str], root: str, costs: Costs
) -> None:
    first, second = make_fs(), make_fs(asynchronous=True, something="else")
    first.ls(root)
    costs.take()
    second.ls(root)
    assert costs.take() == {}
    first.pipe_file(f"{root}/new", b"")
    assert f"{root}/new" in second.ls(root, detail=False)


def test_nothing_is_known_if_that_is_not_wanted(
    make_fs: Callable[..., Any], names: list[str], root: str, costs: Costs
) -> None:
    fs = make_fs(use_listings_cache=False)
    fs.ls(root)
    costs.take()
    fs.ls(root)
    fs.info(names[0])
    fs.info(names[0])
    assert costs.take() == {"b2_download_file_by_name": 2, "b2_list_file_names": 1}


def test_what_another_program_made_is_found_though_the_folder_is_known(
    fs: Any, names: list[str], bucket: Bucket, root: str
) -> None:
    fs.ls(root)
    bucket.upload_bytes(b"new", "new")
    assert fs.info(f"{root}/new")["size"] == 3
    assert f"{root}/new" not in fs.ls(root, detail=False)
    assert f"{root}/new" in fs.ls(root, detail=False, refresh=True)


@pytest.mark.parametrize("arguments", [(), ("{root}",), ("{root}/e/f",)])
def test_what_is_known_can_be_forgotten(
    fs: Any, names: list[str], bucket: Bucket, root: str, arguments: tuple[str, ...]
) -> None:
    fs.find(root)
    bucket.upload_bytes(b"new", "e/new")
    fs.invalidate_cache(*(path.format(root=root) for path in arguments))
    assert f"{root}/e/new" in fs.ls(f"{root}/e", detail=False)


def test_a_hidden_file_is_not_there(fs: Any, names: list[str], bucket: Bucket) -> None:
    bucket.hide_file("e/f")
    assert not fs.exists(names[-1])
    assert names[-1] not in fs.find(bucket.name)


# --- restricted keys ---


@pytest.fixture
def restricted(make_fs: Callable[..., Any], b2_sim_api: B2Api, bucket: Bucket, names: list[str]) -> Any:
    key = b2_sim_api.create_key(["readFiles", "listFiles"], "restricted", bucket_ids=[bucket.id_], name_prefix="a/c/")
    return make_fs(key_id=key.id_, key=key.application_key)


def test_a_restricted_key_sees_the_way_down(restricted: Any, root: str, costs: Costs) -> None:
    assert restricted.ls("", detail=False) == [root]
    assert restricted.ls(root, detail=False) == [f"{root}/a"]
    assert restricted.info(f"{root}/a")["type"] == "directory"
    assert restricted.ls(f"{root}/a", detail=False) == [f"{root}/a/c"]
    assert restricted.find("") == [f"{root}/a/c/d"]
    assert restricted.exists(f"{root}/a/c/d")
    assert not restricted.exists(f"{root}/a/c/e")
    assert "b2_list_buckets" not in costs.take()


def test_what_a_key_may_not_see_is_refused(restricted: Any, root: str) -> None:
    for verb in (restricted.exists, restricted.isfile, restricted.isdir, restricted.info, restricted.cat_file):
        with pytest.raises(PermissionError):
            verb(f"{root}/e/f")
    with pytest.raises(PermissionError):
        restricted.exists("other-bucket/name")


def test_an_error_of_the_service_says_nothing_of_a_file(fs: Any, root: str, b2_sim_faults: Faults) -> None:
    fs.get_client()
    b2_sim_faults.add(ApiFault(endpoint="b2_download_file_by_name", status=403, code="access_denied", count=9))
    with pytest.raises(PermissionError):
        fs.exists(f"{root}/name")
