"""Lifecycle rules: checked when they are set, applied once a day of the cloud's clock."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

from b2sdk.simulator.cloud import file_lock
from b2sdk.simulator.cloud.clock import DAY_MS
from b2sdk.simulator.cloud.files import Files, visible_version
from b2sdk.simulator.cloud.model import Bucket, FileVersion
from b2sdk.simulator.cloud.refusals import bad_request
from b2sdk.simulator.cloud.state import State

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import LifecycleAction, LifecycleRule

_HIDING: Final = "daysFromUploadingToHiding"
_DELETING: Final = "daysFromHidingToDeleting"
_CANCELLING: Final = "daysFromStartingToCancelingUnfinishedLargeFiles"
ACTIONS: Final[tuple[LifecycleAction, ...]] = (_HIDING, _DELETING, _CANCELLING)
"""The fields of a rule that say after how many days something happens."""


def check_rules(rules: list[LifecycleRule]) -> None:
    """Refuse rules of one bucket of which two do the same to some name."""
    for one, other in combinations(rules, 2):
        _check_overlap(one, other)


def _check_overlap(one: LifecycleRule, other: LifecycleRule) -> None:
    prefixes = (one["fileNamePrefix"], other["fileNamePrefix"])
    overlap = prefixes[0].startswith(prefixes[1]) or prefixes[1].startswith(prefixes[0])
    if overlap and any(one[action] and other[action] for action in ACTIONS):
        raise bad_request(f"Lifecycle rules overlap: {prefixes[0]!r} and {prefixes[1]!r}")


class Lifecycle:
    """What happens to versions by age."""

    def __init__(self, state: State, files: Files) -> None:
        self._state = state
        self._files = files
        self.day: int = state.clock.now() // DAY_MS
        """When the rules were applied last, in days since 1970."""

    def run_if_due(self) -> None:
        """Apply the rules of all buckets, if a new day has started since they were applied last."""
        day = self._state.clock.now() // DAY_MS
        if day > self.day and self._state.policy.lifecycle:
            self.day = day
            for bucket in list(self._state.buckets.values()):
                for rule in bucket.lifecycle_rules:
                    self._apply(bucket, rule)

    def _apply(self, bucket: Bucket, rule: LifecycleRule) -> None:
        names = {version.name for version in bucket.versions if version.name.startswith(rule["fileNamePrefix"])}
        for name in sorted(names):
            # Of rules that were not checked, some fields are missing.
            if days := rule.get(_HIDING):
                self._hide(bucket, name, days)
            if days := rule.get(_DELETING):
                self._delete(bucket, name, days)
            if days := rule.get(_CANCELLING):
                self._cancel(bucket, name, days)

    def _is_older(self, timestamp: int, days: int) -> bool:
        return timestamp + days * DAY_MS <= self._state.clock.now()

    def _hide(self, bucket: Bucket, name: str, days: int) -> None:
        current = visible_version(bucket, name)
        if current is not None and current.action == "upload" and self._is_older(current.timestamp, days):
            self._files.add_hide_marker(bucket, name, "b2:HideMarkerCreated:LifecycleRule")

    def _delete(self, bucket: Bucket, name: str, days: int) -> None:
        """Delete what has been hidden long enough: hidden since the next newer version arrived."""
        finished = [version for version in bucket.versions.of(name) if version.action != "start"]
        for newer, version in pairwise(finished):
            if self._is_older(newer.timestamp, days) and not file_lock.is_locked(version, self._state.clock.now()):
                self._delete_version(bucket, version)
        self._remove_lone_marker(bucket, name)

    def _remove_lone_marker(self, bucket: Bucket, name: str) -> None:
        """Remove a hide marker that hides nothing any more."""
        finished = [version for version in bucket.versions.of(name) if version.action != "start"]
        if len(finished) == 1 and finished[0].action == "hide":
            self._delete_version(bucket, finished[0])

    def _delete_version(self, bucket: Bucket, version: FileVersion) -> None:
        self._files.withdraw(bucket, version)
        self._state.report_event("b2:ObjectDeleted:LifecycleRule", bucket, version)

    def _cancel(self, bucket: Bucket, name: str, days: int) -> None:
        started: list[FileVersion] = [version for version in bucket.versions.of(name) if version.action == "start"]
        for large_file in started:
            if self._is_older(large_file.timestamp, days):
                self._files.withdraw(bucket, large_file)
