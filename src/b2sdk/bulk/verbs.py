"""The verbs of a bucket that are about many files. Each makes a run, which does nothing before it is iterated over."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from typing import ClassVar, Final, Generic, TypeVar

from b2sdk.bulk.copying import Copying, Source, check_prefixes
from b2sdk.bulk.deletion import Deletable, Deletion
from b2sdk.bulk.renaming import rename_below
from b2sdk.bulk.steps import BucketSteps, check_items, check_workers
from b2sdk.bulk.work import Task
from b2sdk.docstrings import documented
from b2sdk.values.argument import arguments_checked
from b2sdk.values.encryption import EncryptionSetting

Run = TypeVar("Run")
"""What a verb returns: a run of a client that blocks, or one of an event loop."""

DEFAULT_WORKERS: Final = 10


@documented
class BulkVerbs(Generic[Run]):
    """Verbs about many files."""

    _IS_AWAITED: ClassVar[bool] = False
    """Whether the verbs of the bucket are awaited."""
    id_: str

    @abstractmethod
    def _make_run(self, tasks: AsyncGenerator[Task, None], workers: int) -> Run:
        """Return a run of tasks by so many workers."""

    @abstractmethod
    def _steps(self, workers: int) -> BucketSteps:
        """Return what tasks do with the bucket, which so many workers do."""

    def delete_many(
        self,
        items: Iterable[Deletable] | AsyncIterable[Deletable],
        *,
        workers: int = DEFAULT_WORKERS,
        dry_run: bool = False,
        bypass_governance: bool = False,
    ) -> Run:
        """Delete many file versions, several at a time, and yield what became of each.

        It can be repeated: a version that is gone is ``ALREADY_DONE``. One that the service refuses to delete, because
        it is locked or the key does not allow it, is an event with its error, and the others continue. What concerns
        all of them ends the run: it is raised after the events of what has been done. So is what the iterable raises.

        While a name with several versions is deleted, an older one may be visible for a moment.

        :param items: a :class:`FileVersion`, a :class:`FileIdAndName`, ``(name, id)``, or a name, which stands for all
            its versions, hide markers included. They are taken where the run is iterated over, no more than a thousand
            ahead of the events; in an event loop an asynchronous iterable will do, too.
        :raises ValueError: ``workers`` is not positive, or an item is in another bucket.
        :raises TypeError: an item is of another kind; what was taken before is deleted.
        :raises B2Error: it concerns all files: a cap is exceeded, the key is no longer valid, no host can be reached.
        """
        check_workers(workers)
        check_items(items, is_awaited=self._IS_AWAITED)
        deletion = Deletion(self._steps(workers), dry_run, bypass_governance)
        return self._make_run(deletion.of_items(items), workers)

    @arguments_checked
    def delete_prefix(
        self,
        prefix: str,
        *,
        workers: int = DEFAULT_WORKERS,
        dry_run: bool = False,
        bypass_governance: bool = False,
        unfinished: bool = False,
    ) -> Run:
        """Delete all versions of all files whose names begin with a prefix, as :meth:`delete_many` does.

        Hidden files and hide markers are deleted, too; versions that are locked stay, each with an event. While it
        runs, a hidden file may be visible for a moment. What is uploaded meanwhile may be deleted or stay.

        :param prefix: what the names begin with, as it is: ``photos/2024`` includes ``photos/2024-old/cat.jpg``, and
            ``*`` is a character like others. An empty one is refused, so that a variable without a value does no harm;
            see :meth:`delete_all`.
        :param unfinished: whether unfinished large files are cancelled, too. They may be uploads in progress.
        :raises ValueError: the prefix is empty, or ``workers`` is not positive.
        :raises B2Error: it concerns all files: a cap is exceeded, the key is no longer valid, no host can be reached.
        """
        if not prefix:
            raise ValueError("an empty prefix is that of all files; delete_all() deletes them")
        return self._delete_below(prefix, workers, dry_run, bypass_governance, unfinished)

    def delete_all(
        self,
        *,
        workers: int = DEFAULT_WORKERS,
        dry_run: bool = False,
        bypass_governance: bool = False,
        unfinished: bool = False,
    ) -> Run:
        """Delete all versions of all files of the bucket, as :meth:`delete_prefix` does those of a prefix.

        :param unfinished: whether unfinished large files are cancelled, too. While there are any, the service does not
            delete the bucket.
        :raises ValueError: ``workers`` is not positive.
        :raises B2Error: it concerns all files: a cap is exceeded, the key is no longer valid, no host can be reached.
        """
        return self._delete_below("", workers, dry_run, bypass_governance, unfinished)

    def _delete_below(self, prefix: str, workers: int, dry_run: bool, bypass_governance: bool, unfinished: bool) -> Run:
        check_workers(workers)
        deletion = Deletion(self._steps(workers), dry_run, bypass_governance)
        return self._make_run(deletion.of_prefix(prefix, unfinished), workers)

    @arguments_checked
    def copy_many(
        self,
        pairs: Iterable[tuple[Source, str]] | AsyncIterable[tuple[Source, str]],
        *,
        destination: BulkVerbs[Run] | None = None,
        workers: int = DEFAULT_WORKERS,
        dry_run: bool = False,
        skip_copied: bool = True,
        source_encryption: EncryptionSetting | None = None,
        destination_encryption: EncryptionSetting | None = None,
    ) -> Run:
        """Copy many files of this bucket within the service, several at a time, and yield what became of each.

        A copy has the content type and the file info of its source; retention and legal hold are those of a new file.
        Errors, and what a repeated run does, are as with :meth:`delete_many`.

        :param pairs: ``(source, new name)``. A source is a :class:`FileVersion`, a :class:`FileIdAndName`,
            ``(name, id)``, or a name, which stands for its newest version and costs a listing.
        :param destination: the bucket of the copies, of the same account; ``None`` is this one.
        :param skip_copied: whether the newest version of each new name is looked up, by a listing, and a file is
            ``ALREADY_DONE`` if that is a copy of it: of the same size, SHA-1, content type and file info. Without a
            SHA-1, as that of some large files, a time of modification has to be in the file info.
        :param source_encryption: the customer key that all sources are encrypted with; ``None`` where there is none.
        :raises ValueError: ``workers`` is not positive, or a source is in another bucket.
        :raises TypeError: a pair is of another kind; what was taken before is copied.
        :raises B2Error: it concerns all files: a cap is exceeded, the key is no longer valid, no host can be reached.
        """
        check_workers(workers)
        check_items(pairs, is_awaited=self._IS_AWAITED)
        copying = self._copying(destination, workers, dry_run, skip_copied, source_encryption, destination_encryption)
        return self._make_run(copying.of_pairs(pairs), workers)

    @arguments_checked
    def copy_prefix(
        self,
        prefix: str,
        new_prefix: str,
        *,
        destination: BulkVerbs[Run] | None = None,
        workers: int = DEFAULT_WORKERS,
        dry_run: bool = False,
        skip_copied: bool = True,
        source_encryption: EncryptionSetting | None = None,
        destination_encryption: EncryptionSetting | None = None,
    ) -> Run:
        """Copy the newest version of each visible file whose name begins with a prefix, as :meth:`copy_many` does.

        :param prefix: what the names begin with, as it is; an empty one is that of all files.
        :param new_prefix: what the names of the copies begin with instead.
        :param destination: the bucket of the copies, of the same account; ``None`` is this one.
        :param skip_copied: whether a file is ``ALREADY_DONE`` if the newest version of its new name is a copy of it,
            for which what is below the new prefix is listed; see :meth:`copy_many`.
        :param source_encryption: the customer key that all sources are encrypted with; ``None`` where there is none.
        :raises OverlappingPrefixes: one of the prefixes begins with the other, in one bucket.
        :raises ValueError: ``workers`` is not positive.
        :raises B2Error: it concerns all files: a cap is exceeded, the key is no longer valid, no host can be reached.
        """
        check_workers(workers)
        copying = self._copying(destination, workers, dry_run, skip_copied, source_encryption, destination_encryption)
        check_prefixes(self.id_, prefix, copying.destination.bucket.id_, new_prefix)
        return self._make_run(copying.of_prefix(prefix, new_prefix), workers)

    @arguments_checked
    def rename_prefix(
        self,
        prefix: str,
        new_prefix: str,
        *,
        workers: int = DEFAULT_WORKERS,
        dry_run: bool = False,
        bypass_governance: bool = False,
        source_encryption: EncryptionSetting | None = None,
        destination_encryption: EncryptionSetting | None = None,
    ) -> Run:
        """Rename all files whose names begin with a prefix, several at a time, and yield what became of each.

        All versions of a name are copied, hide markers too, oldest first; once the service has acknowledged the last
        copy, the versions are deleted in the same order. What fails stops the rest of that name, and the others
        continue. A repeated run recognizes the copies of an earlier one, as :meth:`copy_many` does. The copies have
        upload timestamps of their own; what is uploaded meanwhile may keep its name.

        All versions of one name are in memory at a time.

        :param prefix: what the names begin with, as it is.
        :param new_prefix: what they begin with afterwards. Files of the new names get further versions.
        :param source_encryption: the customer key that all files are encrypted with; ``None`` where there is none.
        :raises OverlappingPrefixes: one of the prefixes begins with the other, as an empty one does.
        :raises ValueError: ``workers`` is not positive.
        :raises B2Error: it concerns all files: a cap is exceeded, the key is no longer valid, no host can be reached.
        """
        check_workers(workers)
        check_prefixes(self.id_, prefix, self.id_, new_prefix)
        copying = self._copying(None, workers, dry_run, True, source_encryption, destination_encryption)
        tasks = rename_below(copying, prefix, new_prefix, bypass_governance=bypass_governance)
        return self._make_run(tasks, workers)

    def _copying(
        self,
        destination: object,
        workers: int,
        dry_run: bool,
        skip_copied: bool,
        source_encryption: EncryptionSetting | None,
        destination_encryption: EncryptionSetting | None,
    ) -> Copying:
        steps = self._steps(workers)
        if destination is None:
            to = steps
        elif isinstance(destination, BulkVerbs) and destination._IS_AWAITED is self._IS_AWAITED:  # noqa: SLF001  # one class
            to = destination._steps(workers)  # noqa: SLF001  # as above
        else:
            raise TypeError(f"destination must be a bucket of the same client, not {type(destination).__name__}")
        return Copying(steps, to, dry_run, skip_copied, source_encryption, destination_encryption)
