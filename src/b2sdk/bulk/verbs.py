"""The verbs of a bucket that are about many files. Each makes a run, which does nothing before it is iterated over."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from typing import ClassVar, Generic, TypeVar

from b2sdk.bulk.deletion import Deletable, Deletion
from b2sdk.bulk.steps import BucketSteps, check_items
from b2sdk.bulk.work import Task
from b2sdk.docstrings import documented

Run = TypeVar("Run")
"""What a verb returns: a run of a client that blocks, or one of an event loop."""

DEFAULT_WORKERS = 10


@documented
class BulkVerbs(Generic[Run]):
    """Verbs about many files."""

    _ITERABLES: ClassVar[tuple[type, ...]] = (Iterable,)
    """What can be iterated over."""

    @abstractmethod
    def _make_run(self, tasks: Callable[[BucketSteps], AsyncGenerator[Task, None]], workers: int) -> Run:
        """Return a run of tasks by so many workers."""

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
        check_items(items, self._ITERABLES)

        def tasks(steps: BucketSteps) -> AsyncGenerator[Task, None]:
            return Deletion(steps, dry_run, bypass_governance).of_items(items)

        return self._make_run(tasks, workers)

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
        def tasks(steps: BucketSteps) -> AsyncGenerator[Task, None]:
            return Deletion(steps, dry_run, bypass_governance).of_prefix(prefix, unfinished)

        return self._make_run(tasks, workers)
