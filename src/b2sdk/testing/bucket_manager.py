"""Buckets for tests: made with names of their own, and removed with whatever is in them.

A bucket is removed because it is of this run, or because a run before left it; nobody's work is removed on a guess.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar, cast

import tenacity

from b2sdk.api import B2Api
from b2sdk.bucket import Bucket
from b2sdk.exception import BadRequest, BucketIdNotFound, FileNotPresent, NonExistentBucket, TooManyRequests
from b2sdk.file_version import FileVersion
from b2sdk.listing import folder_prefix
from b2sdk.scan.clock import current_time_millis
from b2sdk.testing.environment import NODE_DESCRIPTION
from b2sdk.testing.names import BUCKET_NAME_LENGTH, GENERAL_BUCKET_NAME_PREFIX, random_token
from b2sdk.values.file_lock import LegalHold, RetentionMode

F = TypeVar("F", bound=Callable[..., Any])

ONE_HOUR_MILLIS: int = 60 * 60 * 1000
BUCKET_CLEANUP_PERIOD_MILLIS: float = 3.0 * ONE_HOUR_MILLIS
"""How old the buckets of other runs are when they are taken to be left over."""
BUCKET_CREATED_AT_MILLIS: str = "created_at_millis"
"""The entry of a bucket's info that tells when a test made it, in milliseconds since 1970."""
_CREATED_BY: Final = "created_by"
_ATTEMPTS_AT_A_NAME: Final = 5


def _while_busy(method: F) -> F:
    """Do it again, 8 times at most and ever more slowly, while the service has too many requests.

    The client has waited for its own part by then; tests that run side by side share the limits of an account.
    """
    repeated = tenacity.retry(
        retry=tenacity.retry_if_exception_type(TooManyRequests),
        wait=tenacity.wait_exponential(),
        stop=tenacity.stop_after_attempt(8),
        reraise=True,
    )
    return cast("F", repeated(method))


class BucketManager:
    """Makes buckets for tests and removes them."""

    def __init__(
        self,
        dont_cleanup_old_buckets: bool,
        b2_api: B2Api,
        current_run_prefix: str = "",
        general_prefix: str = GENERAL_BUCKET_NAME_PREFIX,
    ) -> None:
        """Names begin with ``current_run_prefix``, which begins with ``general_prefix`` so that other runs know them.

        :param dont_cleanup_old_buckets: whether buckets of other runs stay, however old they are.
        :raises ValueError: the general prefix is empty, with which every bucket of the account would be a test's.
        """
        if not general_prefix:
            raise ValueError("general_prefix is empty, with which every bucket of the account would be removed")
        self.current_run_prefix = current_run_prefix
        self.general_prefix = general_prefix
        self.dont_cleanup_old_buckets = dont_cleanup_old_buckets
        self.b2_api = b2_api
        self.bucket_name_mapping: dict[str, str] = {}
        """Which test made the bucket of that name."""

    # --- making ---

    def new_bucket_name(self) -> str:
        """Return a name that no bucket has, of 63 characters.

        :raises ValueError: the prefix leaves no room.
        :raises RuntimeError: all names that were drawn are in use.
        """
        room = BUCKET_NAME_LENGTH - len(self.current_run_prefix)
        if room < 1:
            raise ValueError(f"a prefix of {len(self.current_run_prefix)} characters leaves no room for a name")
        for _ in range(_ATTEMPTS_AT_A_NAME):
            name = self.current_run_prefix + random_token(room)
            if name not in self.bucket_name_mapping:
                return name
        raise RuntimeError(f"all of {_ATTEMPTS_AT_A_NAME} names were in use already")

    def new_bucket_info(self) -> dict[str, str]:
        """Return what marks a bucket as made now, on this machine."""
        return {BUCKET_CREATED_AT_MILLIS: str(current_time_millis()), _CREATED_BY: NODE_DESCRIPTION}

    @_while_busy
    def create_bucket(self, bucket_type: str = "allPublic", **kwargs: Any) -> Bucket:
        """Create a bucket and remember which test asked for it.

        :param kwargs: arguments of :meth:`B2Api.create_bucket`; ``name`` takes the place of a new one, and
            ``bucket_info`` is added to what marks the bucket.
        """
        name = kwargs.pop("name", None) or self.new_bucket_name()
        info = {**self.new_bucket_info(), **(kwargs.pop("bucket_info", None) or {})}
        bucket = self.b2_api.create_bucket(name, bucket_type, bucket_info=info, **kwargs)
        self.bucket_name_mapping[name] = os.environ.get("PYTEST_CURRENT_TEST", "unknown test")
        return bucket

    # --- removing ---

    def clean_buckets(self, quick: bool = False) -> None:
        """Remove the buckets of this run, and those that other runs have left over; tell what happens to each.

        :param quick: look only at buckets that are in the cache. How old they are is not known there, so those of
            other runs stay.
        """
        for bucket in self.b2_api.list_buckets(use_cache=quick):
            should_remove, reason = self._should_remove_bucket(bucket)
            if not should_remove:
                _say(f"Skipping bucket removal {bucket.name!r} because {reason}")
                continue
            _say(f"Trying to remove bucket: {bucket.name} because {reason}")
            with suppress(BucketIdNotFound, NonExistentBucket):  # another run has come across it too
                self.clean_bucket(bucket)
        remaining = self.b2_api.list_buckets()
        _say(f"Total bucket count after cleanup: {len(remaining)}")
        for bucket in remaining:
            _say(str(bucket))

    def _should_remove_bucket(self, bucket: Bucket) -> tuple[bool, str]:
        """Return whether the bucket is to be removed, and why or why not."""
        name = bucket.name or ""
        if self.current_run_prefix and name.startswith(self.current_run_prefix):
            return True, "it is a bucket for this very run"
        if self.dont_cleanup_old_buckets:
            return False, "old buckets ought not to be cleaned"
        if not name.startswith(self.general_prefix):
            return False, f"does not start with {self.general_prefix!r}"
        if bucket.revision is None:
            return False, "it came from the cache, which does not tell its age"
        try:
            created_at = int(bucket.bucket_info[BUCKET_CREATED_AT_MILLIS])
        except (KeyError, ValueError):
            return True, f"undefined {BUCKET_CREATED_AT_MILLIS}"
        limit = current_time_millis() - BUCKET_CLEANUP_PERIOD_MILLIS
        is_old = created_at < limit
        return is_old, f"this_bucket_creation_time={created_at} {'<' if is_old else '>='} delete_older_than={limit}"

    @_while_busy
    def clean_bucket(
        self,
        bucket: Bucket | str,
        only_files: bool = False,
        only_folders: Sequence[str] | None = None,
        ignore_retentions: bool = False,
    ) -> None:
        """Remove a bucket with all that is in it; one that is gone already is no error.

        Legal holds and governance retention are overridden. While the compliance retention of a file lasts, the file
        stays, and the bucket with it.

        :param bucket: or its name.
        :param only_files: leave the bucket there.
        :param only_folders: remove only what is in these folders, and the bucket if nothing else is in it.
        :param ignore_retentions: try to delete every version without looking at its retention.
        :raises NonExistentBucket: there is no bucket of that name.
        :raises ValueError: the name of a folder is empty, which would be the whole bucket.
        :raises Unauthorized, AccessDenied: with ``ignore_retentions``, a retention is in force.
        """
        if only_folders is not None and not all(only_folders):
            raise ValueError("only_folders has an empty name, which would be the whole bucket")
        if isinstance(bucket, str):
            bucket = self.b2_api.get_bucket_by_name(bucket)
        if not only_files and self._is_deleted(bucket):
            return
        retained = 0
        for version in _versions_in(bucket, only_folders):
            # The parts of an unfinished file can be dropped whatever is to hold for it once it is finished.
            is_looked_at = version.action != "start" and not ignore_retentions
            mode = _mode_in_force(version) if is_looked_at else RetentionMode.NONE
            if mode is RetentionMode.COMPLIANCE:
                _say(f"File version: {version.id_} cannot be removed due to compliance mode retention")
                retained += 1
            else:
                self._remove(version, bypass_governance=mode is RetentionMode.GOVERNANCE)
        if retained:
            _say("Unable to remove bucket because some retained files remain")
        elif not only_files:
            _say(f"Removing bucket: {bucket.name}")
            if not self._is_deleted(bucket):
                _say("Unable to remove bucket because other files remain")

    def _is_deleted(self, bucket: Bucket) -> bool:
        """Delete the bucket; return whether it is gone, which it is not if there is something in it."""
        try:
            self.b2_api.delete_bucket(bucket)
        except (BucketIdNotFound, NonExistentBucket):
            pass
        except BadRequest as error:
            if error.code != "cannot_delete_non_empty_bucket":
                raise
            return False
        return True

    def _remove(self, version: FileVersion, *, bypass_governance: bool) -> None:
        _say(f"Removing file version: {version.id_}")
        if version.action == "start":
            self.b2_api.cancel_large_file(version.id_)
            return
        if version.legal_hold.is_on():
            self.b2_api.update_file_legal_hold(version.id_, version.file_name, LegalHold.OFF)
        with suppress(FileNotPresent):  # it was removed since it was listed
            self.b2_api.delete_file_version(version.id_, version.file_name, bypass_governance=bypass_governance)

    def count_and_print_buckets(self) -> int:
        """Print the buckets of the account, one on a line; return how many there are."""
        buckets = self.b2_api.list_buckets()
        _say(f"Total bucket count at {datetime.now()}: {len(buckets)}")  # noqa: DTZ005  # for the person who watches
        for number, bucket in enumerate(buckets, 1):
            _say(f"- {number}\t{bucket.name} [{bucket.id_}]")
        return len(buckets)


def _versions_in(bucket: Bucket, folders: Sequence[str] | None) -> Iterator[FileVersion]:
    """Yield all versions, unfinished large files too: of the whole bucket, or of what is in the folders."""
    for folder in [""] if folders is None else map(folder_prefix, folders):
        for version, _ in bucket.ls(folder, latest_only=False, recursive=True):
            yield version


def _mode_in_force(version: FileVersion) -> RetentionMode:
    retention = version.file_retention
    return retention.mode if (retention.retain_until or 0) > current_time_millis() else RetentionMode.NONE


def _say(line: str) -> None:
    print(line)  # noqa: T201  # the output of a test run is where this belongs
