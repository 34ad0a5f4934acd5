"""Actions that take something away: hide markers, deleted versions, deleted local files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from b2sdk.bucket import Bucket
from b2sdk.costs import Costs
from b2sdk.sync.action import ActionSteps, SharedAction
from b2sdk.sync.local_tree import check_inside
from b2sdk.sync.report import SyncReport
from b2sdk.text import on_one_line, printed_name
from b2sdk.transfer.limits import PartLimits


class _Removal(SharedAction):
    """An action that transfers nothing."""

    is_removal: ClassVar[bool] = True
    _verb: ClassVar[str]
    _endpoint: ClassVar[str | None] = None

    def expect(self, limits: PartLimits) -> Costs:
        return Costs() if self._endpoint is None else Costs({self._endpoint: 1})

    def get_bytes(self) -> int:
        return 0

    def do_report(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        if reporter is not None:
            reporter.update_transfer(1, 0)
        self._report_line(reporter, f"{self._verb} {printed_name(self.relative_name)}{self._ending()}")

    def _ending(self) -> str:
        return ""


class B2HideAction(_Removal):
    """Hides a file."""

    kind: ClassVar[str] = "hide"
    _verb: ClassVar[str] = "hide  "
    _endpoint: ClassVar[str | None] = "b2_hide_file"

    def __init__(self, relative_name: str, b2_file_name: str) -> None:
        """``b2_file_name`` is the name in the bucket, ``relative_name`` the path below the folders that are synced."""
        self.relative_name = relative_name
        self.b2_file_name = b2_file_name

    async def perform(self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None) -> None:
        await steps.request(bucket.hide_file, self.b2_file_name)

    def __str__(self) -> str:
        return on_one_line(f"b2_hide({self.b2_file_name})")


class B2DeleteAction(_Removal):
    """Deletes one version of a file."""

    kind: ClassVar[str] = "delete"
    _verb: ClassVar[str] = "delete"
    _endpoint: ClassVar[str | None] = "b2_delete_file_version"

    def __init__(self, relative_name: str, b2_file_name: str, file_id: str, note: str) -> None:
        """Say which version.

        :param relative_name: path below the folders that are synced.
        :param b2_file_name: name in the bucket.
        :param file_id: id of the version.
        :param note: what the printed line says of the version: ``(old version)``, ``(hide marker)`` or nothing.
        """
        self.relative_name = relative_name
        self.b2_file_name = b2_file_name
        self.file_id = file_id
        self.note = note

    async def perform(self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None) -> None:
        await steps.request(bucket.api.delete_file_version, self.file_id, self.b2_file_name)

    def _ending(self) -> str:
        return f" {self.note}"

    def __str__(self) -> str:
        return on_one_line(f"b2_delete({self.b2_file_name}, {self.file_id}, {self.note})")


class LocalDeleteAction(_Removal):
    """Deletes a local file, if it is still there; of a symbolic link, the link."""

    kind: ClassVar[str] = "local delete"
    _verb: ClassVar[str] = "delete"

    def __init__(self, relative_name: str, full_path: str, *, root: str | None = None) -> None:
        """Say which file.

        :param relative_name: path below the folders that are synced.
        :param full_path: the local path.
        :param root: the directory that the file has to be in. Where a link leads out of it, the file stays, and
            ``UnsupportedFilename`` is raised.
        """
        self.relative_name = relative_name
        self.full_path = full_path
        self._root = root

    async def perform(self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None) -> None:
        await steps.write(self._delete)

    def _delete(self) -> None:
        path = Path(self.full_path)
        check_inside(self._root, path.parent)
        path.unlink(missing_ok=True)

    def __str__(self) -> str:
        return on_one_line(f"local_delete({self.full_path})")
