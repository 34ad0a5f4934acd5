"""Renaming what is below a prefix: all versions of each name are copied, and then deleted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import NamedTuple

from b2sdk.bulk.copying import HIDDEN, Copying, check_new_name, is_copy
from b2sdk.bulk.events import Action, BulkEvent, Outcome
from b2sdk.bulk.work import Task
from b2sdk.file_version import FileVersion


async def rename_below(
    copying: Copying, prefix: str, new_prefix: str, *, bypass_governance: bool
) -> AsyncGenerator[Task, None]:
    """Yield a task for each name below a prefix, hidden ones too."""
    async with aclosing(copying.pairs(prefix, new_prefix, latest_only=False)) as pairs:
        async for versions, existing in pairs:
            new_name = new_prefix + versions[0].file_name[len(prefix) :]
            yield RenameName(copying, versions[::-1], new_name, existing[::-1], bypass_governance)


def find_copies(versions: Sequence[FileVersion], existing: Sequence[FileVersion]) -> list[FileVersion]:
    """Return the copies of the first versions that are there, both oldest first.

    What is older than a copy has been copied before it. So once one version has no copy behind those of the versions
    before, what follows has none either.
    """
    copies: list[FileVersion] = []
    left = iter(existing)
    for version in versions:
        copy = next((candidate for candidate in left if is_copy(candidate, version)), None)
        if copy is None:
            break
        copies.append(copy)
    return copies


class _Step(NamedTuple):
    action: Action
    version: FileVersion
    copy: FileVersion | None = None
    """What an earlier run has made."""


class RenameName(Task):
    """Copies all versions of a name, oldest first, and then deletes them in the same order.

    So the newest is visible under the old name until it is under the new one. What fails stops the rest.
    """

    def __init__(
        self,
        copying: Copying,
        versions: list[FileVersion],
        new_name: str,
        existing: Sequence[FileVersion],
        bypass_governance: bool,
    ) -> None:
        """Both lists are oldest first."""
        self._copying = copying
        self._new_name = new_name
        self._bypass_governance = bypass_governance
        copies = find_copies(versions, existing)
        padded = [*copies, *[None] * (len(versions) - len(copies))]
        self._steps = [
            *(_Step(_making(version), version, copy) for version, copy in zip(versions, padded, strict=True)),
            *(_Step(Action.DELETE, version) for version in versions),
        ]
        self._step = self._steps[0]

    async def perform(self, events: list[BulkEvent]) -> Sequence[Task]:
        check_new_name(self._new_name)
        for number, step in enumerate(self._steps):
            self._step = step
            try:
                events.append(await self._do(step))
            except BaseException:
                events += [self._event(left, Outcome.NOT_SENT) for left in self._steps[number + 1 :]]
                raise
        return ()

    async def _do(self, step: _Step) -> BulkEvent:
        copying, version = self._copying, step.version
        if step.copy is not None:
            return self._event(step, Outcome.ALREADY_DONE, new_file_id=step.copy.id_)
        if copying.dry_run:
            return self._event(step, Outcome.WOULD_DO)
        if step.action is Action.DELETE:
            return self._event(
                step, await copying.steps.delete(version.id_, version.file_name, self._bypass_governance)
            )
        if step.action is Action.HIDE:
            marker_id = await copying.hide(self._new_name)
            return self._event(step, Outcome.ALREADY_DONE if marker_id is None else Outcome.DONE, new_file_id=marker_id)
        copy = await copying.copy(version, version.id_, self._new_name)
        return self._event(step, Outcome.DONE, new_file_id=copy.id_)

    def event(self, outcome: Outcome, error: Exception | None = None) -> BulkEvent:
        return self._event(self._step, outcome, error)

    def _event(
        self, step: _Step, outcome: Outcome, error: Exception | None = None, new_file_id: str | None = None
    ) -> BulkEvent:
        version = step.version
        new_name = None if step.action is Action.DELETE else self._new_name
        return BulkEvent(
            step.action, outcome, version.file_name, version.id_, version.size, error, new_name, new_file_id
        )


def _making(version: FileVersion) -> Action:
    return Action.HIDE if version.action == HIDDEN else Action.COPY
