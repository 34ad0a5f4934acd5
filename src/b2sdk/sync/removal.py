"""Which versions at the destination are hidden or deleted. Computes; touches nothing."""

from __future__ import annotations

from collections.abc import Iterator

from b2sdk.file_version import FileVersion
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import AbstractPath, B2Path
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.comparison import why_absent
from b2sdk.sync.events import Reason
from b2sdk.sync.removal_action import B2DeleteAction, B2HideAction

MILLIS_PER_DAY = 24 * 60 * 60 * 1000


def make_b2_delete_actions(
    source_path: AbstractPath | None, dest_path: B2Path | None, dest_folder: AbstractFolder, transferred: bool
) -> Iterator[AbstractAction]:
    """Yield what leaves nothing but the newest version, and not that either if there is no source.

    :param source_path: the file at the source; ``None`` if it is not there.
    :param dest_path: the file at the destination; ``None`` if it is not there.
    :param dest_folder: where the destination is.
    :param transferred: whether a newer version than those of ``dest_path`` is made.
    """
    if dest_path is None:
        return
    absence = why_absent(source_path)
    for index, version in enumerate(dest_path.all_versions):
        if index > 0 or absence or transferred:
            reason = absence or (Reason.HIDE_MARKER if version.action == "hide" else Reason.OLD_VERSION)
            yield _delete(dest_path, dest_folder, version, _note(version, transferred or index > 0), reason)


def make_b2_keep_days_actions(
    source_path: AbstractPath | None,
    dest_path: B2Path | None,
    dest_folder: AbstractFolder,
    transferred: bool,
    keep_days: float,
    now_millis: int,
) -> Iterator[AbstractAction]:
    """Yield what hides a file without source, and deletes what was out of date ``keep_days`` ago or before.

    A version is out of date since the next newer one was made. So the newest version older than that stays: it is the
    one that was current then. A hide marker older than that is deleted, and with it everything it hides. What is older
    than a version that is deleted, is deleted too, whatever its time is.

    :param source_path: the file at the source; ``None`` if it is not there.
    :param dest_path: the file at the destination; ``None`` if it is not there.
    :param dest_folder: where the destination is.
    :param transferred: whether a newer version than those of ``dest_path`` is made.
    :param keep_days: may be a fraction.
    :param now_millis: milliseconds since the epoch.
    """
    if dest_path is None:
        return
    absence = why_absent(source_path)
    is_out_of_date = False
    for index, version in enumerate(dest_path.all_versions):
        is_old = now_millis - version.mod_time_millis > keep_days * MILLIS_PER_DAY
        if index == 0 and absence and version.action != "hide":
            yield _hide(dest_path, dest_folder, absence)
        if version.action == "hide" and is_old:
            is_out_of_date = True
        if is_out_of_date:
            note = _note(version, transferred or index > 0)
            yield _delete(dest_path, dest_folder, version, note, Reason.OLDER_THAN_KEEP_DAYS)
        is_out_of_date = is_out_of_date or is_old


def _hide(dest_path: B2Path, dest_folder: AbstractFolder, reason: Reason) -> AbstractAction:
    action = B2HideAction(dest_path.relative_path, dest_folder.make_full_path(dest_path.relative_path))
    action.reason = reason
    return action


def _delete(
    dest_path: B2Path, dest_folder: AbstractFolder, version: FileVersion, note: str, reason: Reason
) -> AbstractAction:
    name = dest_path.relative_path
    action = B2DeleteAction(name, dest_folder.make_full_path(name), version.id_, note)
    action.reason = reason
    return action


def _note(version: FileVersion, is_old: bool) -> str:
    if version.action == "hide":
        return "(hide marker)"
    return "(old version)" if is_old else ""
