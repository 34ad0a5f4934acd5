from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from tests.sync.conftest import DAY, NOW, Folder, hidden, local, stored, version

from b2sdk.exception import DestFileNewer, InvalidArgument
from b2sdk.scan.path import AbstractPath
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.encryption_provider import SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
from b2sdk.sync.events import Reason
from b2sdk.sync.modes import CompareVersionMode, NewerFileSyncMode
from b2sdk.sync.policy import (
    AbstractFileSyncPolicy,
    CopyAndDeletePolicy,
    CopyAndKeepDaysPolicy,
    CopyPolicy,
    DownAndDeletePolicy,
    DownAndKeepDaysPolicy,
    DownPolicy,
    UpAndDeletePolicy,
    UpAndKeepDaysPolicy,
    UpPolicy,
)
from b2sdk.sync.removal_action import B2DeleteAction
from b2sdk.sync.transfer_action import B2IncrementalUploadAction, B2UploadAction
from b2sdk.transfer.source import UploadMode

UP = (UpPolicy, UpAndDeletePolicy, UpAndKeepDaysPolicy)
DOWN = (DownPolicy, DownAndDeletePolicy, DownAndKeepDaysPolicy)
COPY = (CopyPolicy, CopyAndDeletePolicy, CopyAndKeepDaysPolicy)
OLD = NOW - 10 * DAY


def actions_of(
    kind: type[AbstractFileSyncPolicy],
    source: AbstractPath | None,
    dest: AbstractPath | None,
    *,
    newer: NewerFileSyncMode = NewerFileSyncMode.RAISE_ERROR,
    keep_days: int = 1,
    threshold: int | None = None,
    mode: CompareVersionMode = CompareVersionMode.MODTIME,
    **more: Any,
) -> list[AbstractAction]:
    source_folder = Folder("local" if issubclass(kind, UpPolicy) else "b2")
    dest_folder = Folder("local" if issubclass(kind, DownPolicy) else "b2")
    policy = kind(source, source_folder, dest, dest_folder, NOW, keep_days, newer, threshold, mode, **more)
    return list(policy.get_all_actions())


def told(actions: list[AbstractAction]) -> list[str]:
    return [str(action) for action in actions]


def shortly(actions: list[AbstractAction]) -> list[str]:
    """Return what is done, and the time of a version that is deleted."""
    return [
        f"delete {action.file_id.removeprefix('id_a_')}" if isinstance(action, B2DeleteAction) else action.kind
        for action in actions
    ]


# --- transfers ---


@pytest.mark.parametrize("kind", UP)
@pytest.mark.parametrize("dest", [None, stored("a", 50)])
def test_a_new_or_newer_local_file_is_uploaded(kind: type[AbstractFileSyncPolicy], dest: Any) -> None:
    assert told(actions_of(kind, local("a"), dest))[0] == "b2_upload(/dir/a, folder/a, 100)"


@pytest.mark.parametrize("kind", DOWN)
@pytest.mark.parametrize("dest", [None, local("a", 50)])
def test_a_new_or_newer_stored_file_is_downloaded(kind: type[AbstractFileSyncPolicy], dest: Any) -> None:
    assert told(actions_of(kind, stored("a"), dest)) == ["b2_download(folder/a, id_a_100, /dir/a, 100)"]


@pytest.mark.parametrize("kind", COPY)
@pytest.mark.parametrize("dest", [None, stored("a", 50)])
def test_a_new_or_newer_stored_file_is_copied(kind: type[AbstractFileSyncPolicy], dest: Any) -> None:
    assert told(actions_of(kind, stored("a"), dest))[0] == "b2_copy(folder/a, id_a_100, folder/a, 100)"


@pytest.mark.parametrize(
    ("source", "dest", "options", "reason"),
    [
        (local("a"), None, {}, Reason.NOT_AT_DESTINATION),
        (local("a"), stored("a", 50), {}, Reason.SOURCE_NEWER),
        (local("a"), stored("a", 150), {"newer": NewerFileSyncMode.REPLACE}, Reason.REPLACED_THOUGH_OLDER),
        (local("a", 1, 5), stored("a", 2), {"mode": CompareVersionMode.SIZE}, Reason.SIZES_DIFFER),
        (local("a"), hidden("a", 150), {}, Reason.HIDDEN_AT_DESTINATION),
        (local("a", 1, 0), hidden("a", 150), {"mode": CompareVersionMode.SIZE}, Reason.HIDDEN_AT_DESTINATION),
        (local("a"), hidden("a"), {"mode": CompareVersionMode.NONE}, Reason.HIDDEN_AT_DESTINATION),
        (local("a"), hidden("a", 150), {"newer": NewerFileSyncMode.SKIP}, Reason.HIDDEN_AT_DESTINATION),
    ],
)
def test_a_transfer_has_a_reason(source: Any, dest: Any, options: dict[str, Any], reason: Reason) -> None:
    (action,) = actions_of(UpPolicy, source, dest, **options)
    assert action.reason is reason


@pytest.mark.parametrize("kind", [*UP, *COPY])
@pytest.mark.parametrize(
    ("dest", "options"),
    [
        (stored("a", 100), {}),
        (stored("a", 95), {"threshold": 5}),
        (stored("a", 150), {"newer": NewerFileSyncMode.SKIP}),
        (stored("a", 50), {"mode": CompareVersionMode.NONE}),
        (stored("a", 50), {"mode": CompareVersionMode.SIZE}),
    ],
)
def test_what_is_the_same_stays(kind: type[AbstractFileSyncPolicy], dest: Any, options: dict[str, Any]) -> None:
    source = local("a") if issubclass(kind, UpPolicy) else stored("a")
    assert actions_of(kind, source, dest, **options) == []


@pytest.mark.parametrize(
    ("kind", "source", "dest", "prefixes"),
    [
        (UpPolicy, local("a"), stored("a", 150), ("local://", "b2://")),
        (DownPolicy, stored("a"), local("a", 150), ("b2://", "local://")),
        (CopyPolicy, stored("a"), stored("a", 150), ("b2://", "b2://")),
    ],
)
def test_a_newer_destination_is_an_error(
    kind: type[AbstractFileSyncPolicy], source: Any, dest: Any, prefixes: tuple[str, str]
) -> None:
    with pytest.raises(DestFileNewer) as raised:
        actions_of(kind, source, dest)
    assert str(raised.value) == (
        f"source file is older than destination: {prefixes[0]}a with a time of 100 cannot be synced to "
        f"{prefixes[1]}a with a time of 150, unless a valid newer_file_mode is provided"
    )


def test_an_invalid_mode_is_reported() -> None:
    with pytest.raises(InvalidArgument):
        actions_of(UpPolicy, local("a"), stored("a"), mode="size")  # type: ignore[arg-type]


def test_a_program_may_distinguish_files_by_something_else() -> None:
    class ByName(UpPolicy):
        @classmethod
        def files_are_different(cls, *_args: Any, **_kwargs: Any) -> bool:
            return True

    (action,) = actions_of(ByName, local("a"), stored("a", 100))
    assert (str(action), action.reason) == ("b2_upload(/dir/a, folder/a, 100)", None)


def test_files_are_distinguished_without_a_policy_too() -> None:
    assert UpPolicy.files_are_different(local("a", 101), stored("a"))
    assert not UpPolicy.files_are_different(local("a", 101), stored("a"), 1)
    assert not UpPolicy.files_are_different(local("a"), stored("a", 150), newer_file_mode=NewerFileSyncMode.SKIP)


def test_an_incremental_upload_continues_the_version_that_is_visible() -> None:
    old = version("a", 50)
    options: dict[str, Any] = {"upload_mode": UploadMode.INCREMENTAL, "absolute_minimum_part_size": 7}
    (action,) = actions_of(UpPolicy, local("a"), stored("a", old), **options)
    assert isinstance(action, B2IncrementalUploadAction)
    assert (action.file_version, action.absolute_minimum_part_size) == (old, 7)
    for dest in (None, hidden("a", 50, 40)):
        (action,) = actions_of(UpPolicy, local("a"), dest, **options)
        assert type(action) is B2UploadAction


def test_actions_know_what_the_policy_knows() -> None:
    provider = mock.Mock()
    (up,) = actions_of(UpPolicy, local("d/a", 5, 6), None, encryption_settings_provider=provider)
    assert vars(up) == {
        "local_full_path": "/dir/d/a",
        "relative_name": "d/a",
        "b2_file_name": "folder/d/a",
        "mod_time_millis": 5,
        "size": 6,
        "encryption_settings_provider": provider,
        "large_file_sha1": None,
        "reason": Reason.NOT_AT_DESTINATION,
    }
    (default,) = actions_of(UpPolicy, local("a"), None)
    assert isinstance(default, B2UploadAction)
    assert default.encryption_settings_provider is SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER


# --- what is not at the source ---


@pytest.mark.parametrize("absent", [None, hidden("a", NOW)])
@pytest.mark.parametrize(
    ("kind", "dest", "expected"),
    [
        (UpPolicy, stored("a"), []),
        (UpAndDeletePolicy, stored("a", 100, 50), ["delete 100", "delete 50"]),
        (UpAndKeepDaysPolicy, stored("a", NOW), ["hide"]),
        (UpAndKeepDaysPolicy, stored("a", OLD, 50), ["hide", "delete 50"]),
        (DownPolicy, local("a"), []),
        (DownAndDeletePolicy, local("a"), ["local delete"]),
        (DownAndKeepDaysPolicy, local("a"), []),
        (CopyPolicy, stored("a"), []),
        (CopyAndDeletePolicy, stored("a"), ["delete 100"]),
        (CopyAndDeletePolicy, hidden("a"), ["delete 100"]),
        (CopyAndKeepDaysPolicy, stored("a", NOW), ["hide"]),
    ],
)
def test_a_file_that_is_gone_or_hidden_goes(
    kind: type[AbstractFileSyncPolicy], absent: Any, dest: Any, expected: list[str]
) -> None:
    actions = actions_of(kind, absent, dest)
    assert shortly(actions) == expected
    why = Reason.NOT_AT_SOURCE if absent is None else Reason.HIDDEN_AT_SOURCE
    assert all(action.reason in {why, Reason.OLDER_THAN_KEEP_DAYS} for action in actions)


@pytest.mark.parametrize("kind", [*DOWN, *COPY])
def test_a_file_that_is_hidden_and_nowhere_else_is_nothing(kind: type[AbstractFileSyncPolicy]) -> None:
    assert actions_of(kind, hidden("a"), None) == []


# --- what is replaced ---


@pytest.mark.parametrize(
    ("kind", "dest", "expected"),
    [
        (UpAndDeletePolicy, stored("a", 50, 40), ["upload", "delete 50", "delete 40"]),
        (UpAndDeletePolicy, stored("a", 100, 40), ["delete 40"]),
        (UpAndDeletePolicy, hidden("a", 150, 40), ["upload", "delete 150", "delete 40"]),
        (UpAndKeepDaysPolicy, stored("a", 50, 40), ["upload", "delete 40"]),
        (UpAndKeepDaysPolicy, stored("a", 100, 40), ["delete 40"]),
    ],
)
def test_old_versions_follow_the_transfer(kind: type[AbstractFileSyncPolicy], dest: Any, expected: list[str]) -> None:
    assert shortly(actions_of(kind, local("a"), dest)) == expected


def test_a_policy_without_transfer_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="_make_transfer_action"):
        AbstractFileSyncPolicy(None, None, None, None, 0, None, NewerFileSyncMode.SKIP, 0)  # type: ignore[abstract]


# --- without a policy ---

DESTS = [stored("a"), stored("a", 50), stored("a", 150), stored("a", 100, 50), hidden("a"), hidden("a", 150, 50)]


@pytest.mark.parametrize("kind", [*UP, *COPY])
@pytest.mark.parametrize("source", [stored("a"), hidden("a")])
@pytest.mark.parametrize("dest", DESTS)
@pytest.mark.parametrize("mode", CompareVersionMode)
def test_what_is_known_without_a_policy_is_what_a_policy_decides(
    kind: type[AbstractFileSyncPolicy], source: Any, dest: Any, mode: CompareVersionMode
) -> None:
    newer = NewerFileSyncMode.SKIP
    if kind.is_up_to_date(source, dest, 0, mode, newer):
        assert actions_of(kind, source, dest, mode=mode, newer=newer) == []
    elif source.is_visible() and dest.is_visible() and len(dest.all_versions) == 1:
        assert actions_of(kind, source, dest, mode=mode, newer=newer) != []


def test_a_newer_destination_is_an_error_without_a_policy_too() -> None:
    with pytest.raises(DestFileNewer):
        UpPolicy.is_up_to_date(
            local("a"), stored("a", 150), 0, CompareVersionMode.MODTIME, NewerFileSyncMode.RAISE_ERROR
        )


@pytest.mark.parametrize("kind", DOWN)
def test_a_local_file_has_one_version(kind: type[AbstractFileSyncPolicy]) -> None:
    mode, newer = CompareVersionMode.MODTIME, NewerFileSyncMode.RAISE_ERROR
    assert kind.is_up_to_date(stored("a"), local("a"), 0, mode, newer)
    assert not kind.is_up_to_date(hidden("a"), local("a"), 0, mode, newer)
