"""What is to be done with one file: what all actions have in common."""

from __future__ import annotations

import logging
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar

from typing_extensions import ParamSpec

from b2sdk import blocking, cancellation
from b2sdk.bucket import AnyBucket, Bucket
from b2sdk.costs import Costs
from b2sdk.sync.events import Reason
from b2sdk.sync.report import SyncReport
from b2sdk.text import on_one_line
from b2sdk.transfer.limits import PartLimits

logger: logging.Logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class ActionSteps(Protocol):
    """What a client does in its own way when it does an action, in threads or in tasks of an event loop."""

    async def request(self, verb: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Return what a verb of the client returns: of a bucket, its API, or a file that was requested."""

    async def read(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call what reads local files. Who is cancelled meanwhile need not wait for it."""

    async def write(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call what changes local files. Who is cancelled meanwhile waits for it."""


class StepsThatBlock:
    """The steps of a client that blocks."""

    async def request(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return call(*args, **kwargs)

    read = request
    write = request


STEPS_THAT_BLOCK = StepsThatBlock()


class AbstractAction(metaclass=ABCMeta):
    """One thing to do with one file, and how it is reported. Its text is what an error line begins with."""

    kind: ClassVar[str] = "action"
    """What it does, for events."""
    is_removal: ClassVar[bool] = False
    """Whether it hides or deletes something."""
    is_transfer: ClassVar[bool] = False
    """Whether what follows it for the same file is only right once it has succeeded."""
    relative_name: str = ""
    """Which file it is about, relative to the folders that are synced."""
    reason: Reason | None = None
    """Why it is to be done, where that is known."""

    def run(self, bucket: Bucket, reporter: SyncReport | None, dry_run: bool = False) -> None:
        """Do it, unless ``dry_run``, and report it.

        A failure is logged, reported and raised; if the sync was cancelled, only raised.
        """
        try:
            if not dry_run:
                self.do_action(bucket, reporter)
            self.do_report(bucket, reporter)
        except Exception as error:
            self._report_failure(error, reporter)
            raise

    async def run_in_steps(
        self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None, dry_run: bool = False
    ) -> None:
        """Do what :meth:`run` does, in steps of the client.

        :raises TypeError: it says only how a client that blocks does it.
        """
        try:
            if not dry_run:
                await self._as_shared().perform(steps, bucket, reporter)
            self.do_report(bucket, reporter)
        except Exception as error:
            self._report_failure(error, reporter)
            raise

    def _as_shared(self) -> SharedAction:
        if not isinstance(self, SharedAction) or type(self).do_action is not SharedAction.do_action:
            raise TypeError(f"{type(self).__qualname__} says only how a client that blocks does it, in do_action")
        return self

    def _report_failure(self, error: Exception, reporter: SyncReport | None) -> None:
        if cancellation.is_cancelled():
            return
        logger.error("an exception occurred in a sync action", exc_info=error)
        if reporter is not None:
            reporter.error(on_one_line(f"{self}: {error!r} {error}"))

    @abstractmethod
    def get_bytes(self) -> int:
        """Return how many bytes it transfers."""

    @abstractmethod
    def do_action(self, bucket: AnyBucket, reporter: SyncReport | None) -> None:
        """Do it. ``bucket`` is the one at the destination or, if that is local, at the source."""

    @abstractmethod
    def do_report(self, bucket: AnyBucket, reporter: SyncReport | None) -> None:
        """Report that it is done."""

    def expect(self, limits: PartLimits) -> Costs:
        """Return what it would request, if that succeeds at once; nothing where that is not known.

        :param limits: the sizes of parts that files are made with.
        """
        return Costs()

    def description(self) -> tuple[str, str, int, Reason | None]:
        """Return what events say about it: kind, path, size in bytes and reason."""
        return self.kind, self.relative_name, self.get_bytes(), self.reason

    def _report_line(self, reporter: SyncReport | None, line: str) -> None:
        """Print what was done; a report that explains gets the reason too, unless the line has it already."""
        if reporter is None:
            return
        # Reporters are foreign objects, perhaps mocks, which have every attribute.
        if getattr(reporter, "explain", False) is True and self.reason is not None:
            reason = f"({self.reason.value})"
            line = f"{line.removesuffix(reason).rstrip()} {reason}"
        reporter.print_completion(line)


class SharedAction(AbstractAction):
    """An action of clients of both kinds: those that block, and those in an event loop."""

    def do_action(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        blocking.run(self.perform(STEPS_THAT_BLOCK, bucket, reporter))

    @abstractmethod
    async def perform(self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None) -> None:
        """Do it, in steps of the client. ``bucket`` is one of the client, as in :meth:`do_action`."""
