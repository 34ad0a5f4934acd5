"""Renewals of the token in any order of all that happens: of requests, threads, cancellations and other clients.

A machine plays the service, the threads and the loop, one step after the other, so that no test depends on time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import cache
from types import TracebackType
from typing import Any, ClassVar, Final, NamedTuple
from unittest import mock

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from b2sdk import cancellation
from b2sdk.account_info.abstract import SharedRenewal
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.aio import threads
from b2sdk.aio.session import AsyncSession
from b2sdk.exception import InvalidAuthToken
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.session import B2Session
from b2sdk.simulator import RawSimulator

NAMES: Final[dict[str, Any]] = {"files": [], "nextFileName": None}
PAGE: Final = ("bucket", None, 100)
"""What is requested."""
MOST_STEPS: Final = 2000
"""In which everything has to come to its end."""


class Blocks(BaseException):
    """A thread would wait here."""


@cache
def account() -> tuple[str, str, dict[str, Any]]:
    """Return a key, and how the service responds to it."""
    simulator = RawSimulator()
    key_id, key = simulator.create_account()
    return key_id, key, dict(simulator.authorize_account("http://localhost", key_id, key))


class Service:
    """Issues tokens, of which the last one is valid until it expires."""

    def __init__(self) -> None:
        self.key_id, self.key, self._authorization = account()
        self.valid: str | None = None
        self.issued = 0
        self.expired = 0
        self.issued_for: dict[str, int] = {}

    def issue(self, replaced: str) -> dict[str, Any]:
        self.issued += 1
        self.issued_for[replaced] = self.issued_for.get(replaced, 0) + 1
        self.valid = f"token {self.issued}"
        return {**self._authorization, "authorizationToken": self.valid}

    def expire(self) -> None:
        self.expired += 1
        self.valid = None

    def list_names(self, token: str) -> dict[str, Any]:
        if token != self.valid:
            raise InvalidAuthToken("no", "expired_auth_token")
        return NAMES


class Sent(NamedTuple):
    """A request that has no response yet."""

    response: asyncio.Future[Any]
    respond: Callable[[], Any]
    is_authorization: bool


class Job(NamedTuple):
    """What a thread is to do."""

    result: Future[Any]
    function: Callable[[], Any]


class Pool:
    """Threads that do nothing by themselves."""

    made: ClassVar[list[Pool]] = []

    def __init__(self, count: int) -> None:
        self._count = count
        self.jobs: list[Job] = []
        self.made.append(self)

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future[Any]:
        job = Job(Future(), lambda: function(*args))
        self.jobs.append(job)
        return job.result

    def shutdown(self, *, wait: bool) -> None:
        assert not wait

    @property
    def begun(self) -> list[Job]:
        """Those that a thread has: they begin in the order in which they were submitted."""
        return self.jobs[: self._count]

    def do(self, job: Job) -> bool:
        """Do what a thread does, unless it would wait; return whether it is done."""
        if job.result.cancelled():
            self.jobs.remove(job)
            return True
        try:
            result = job.function()
        except Blocks:
            return False
        except BaseException as error:  # noqa: BLE001  # handed on
            self.jobs.remove(job)
            if not job.result.cancelled():
                job.result.set_exception(error)
        else:
            self.jobs.remove(job)
            if not job.result.cancelled():
                job.result.set_result(result)
        return True


class Shared(InMemoryAccountInfo, SharedRenewal):
    """Renews behind a lock that all clients share."""

    def __init__(self) -> None:
        super().__init__()
        self.is_locked = False

    def renewing(self, rejected_token: str | None = None) -> AbstractContextManager[None]:
        return _Renewing(self)


class _Renewing(AbstractContextManager[None]):
    def __init__(self, info: Shared) -> None:
        self._info = info

    def __enter__(self) -> None:
        cancellation.check()
        if self._info.is_locked:
            raise Blocks
        self._info.is_locked = True

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        assert self._info.is_locked
        self._info.is_locked = False


class Renewals(RuleBasedStateMachine):
    """An asyncio client and one that blocks, on one account info."""

    make_info: ClassVar[Callable[[], Any]]

    def __init__(self) -> None:
        super().__init__()
        Pool.made.clear()
        self.patch = mock.patch.object(threads, "ThreadPool", Pool)
        self.patch.start()
        self.info: Any = type(self).make_info()
        self.service = Service()
        self.sent: list[Sent] = []
        self.calls: list[tuple[asyncio.Task[Any], int]] = []
        """Those of the asyncio client, and how many tokens had expired before the one that was stored then."""
        self.cancelled: set[asyncio.Task[Any]] = set()
        self.other_has_lock = False
        self.loop = asyncio.new_event_loop()
        self.session = AsyncSession(self.info)
        self.session.raw_api = self  # type: ignore[assignment]  # it has the endpoints that are called
        self.blocking = B2Session(self.info)
        self.blocking.raw_api = mock.Mock(
            spec_set=["list_file_names", "authorize_account"],
            list_file_names=lambda _url, token, *_: self.service.list_names(token),
            authorize_account=lambda *_: self.authorized(),
        )
        self.blocking.authorize_account("http://localhost", self.service.key_id, self.service.key)

    # --- the endpoints ---

    def list_file_names(self, _url: str, token: str, *_: object) -> asyncio.Future[Any]:
        return self.send(lambda: self.service.list_names(token), is_authorization=False)

    def authorize_account(self, *_: object) -> asyncio.Future[Any]:
        self.check_need()
        return self.send(self.authorized, is_authorization=True)

    def send(self, respond: Callable[[], Any], *, is_authorization: bool) -> asyncio.Future[Any]:
        response: asyncio.Future[Any] = self.loop.create_future()
        self.sent.append(Sent(response, respond, is_authorization))
        return response

    def authorized(self) -> dict[str, Any]:
        try:
            replaced = self.info.get_account_auth_token()
        except Exception:  # noqa: BLE001  # there is none in the beginning
            replaced = ""
        return self.service.issue(replaced)

    def check_need(self) -> None:
        """Nobody authorizes where the token that is stored is good."""
        assert self.info.get_account_auth_token() != self.service.valid

    # --- what happens ---

    @rule()
    def call(self) -> None:
        task = self.loop.create_task(self.session.call(AbstractRawApi.list_file_names, *PAGE))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # it has been seen
        is_old = self.info.get_account_auth_token() != self.service.valid
        self.calls.append((task, self.service.expired - is_old))

    @rule()
    def go_round(self) -> None:
        """Let the loop do what is to be done in it now."""
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def respond(self, data: st.DataObject) -> None:
        self.respond_to(data.draw(st.sampled_from(self.sent)))

    def respond_to(self, sent: Sent) -> None:
        self.sent.remove(sent)
        if sent.response.done():
            return  # nobody waits any more, and the service has not seen it
        try:
            sent.response.set_result(sent.respond())
        except InvalidAuthToken as error:
            sent.response.set_exception(error)

    def begun(self) -> list[tuple[Pool, Job]]:
        return [(pool, job) for pool in Pool.made for job in pool.begun]

    @precondition(lambda self: self.begun())
    @rule(data=st.data())
    def work_in_a_thread(self, data: st.DataObject) -> None:
        pool, job = data.draw(st.sampled_from(self.begun()))
        pool.do(job)

    @precondition(lambda self: self.service.valid)
    @rule()
    def expire(self) -> None:
        self.service.expire()

    @precondition(lambda self: any(not task.done() for task, _ in self.calls))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from([task for task, _ in self.calls if not task.done()]))
        task.cancel()
        self.cancelled.add(task)

    def is_renewed_alone(self) -> bool:
        """Whether no other client may renew now: without a lock that is shared, each does it for itself."""
        return not isinstance(self.info, Shared) and any(sent.is_authorization for sent in self.sent)

    @precondition(lambda self: not self.is_renewed_alone())
    @rule()
    def call_and_block(self) -> None:
        """Let the other client call, unless it would have to wait."""
        try:
            assert self.blocking.list_file_names(*PAGE) == NAMES
        except Blocks:
            assert self.info.is_locked

    @precondition(lambda self: isinstance(self.info, Shared) and not self.info.is_locked)
    @rule()
    def begin_elsewhere(self) -> None:
        """Let another process begin to renew."""
        self.info.is_locked = self.other_has_lock = True

    @precondition(lambda self: self.other_has_lock)
    @rule(does_authorize=st.booleans())
    def end_elsewhere(self, *, does_authorize: bool) -> None:
        if does_authorize and self.info.get_account_auth_token() != self.service.valid:
            self.blocking.authorize_account("http://localhost", self.service.key_id, self.service.key)
        self.info.is_locked = self.other_has_lock = False

    # --- what always holds ---

    @invariant()
    def one_authorizes(self) -> None:
        authorizing = [sent for sent in self.sent if sent.is_authorization and not sent.response.done()]
        assert len(authorizing) <= 1

    @invariant()
    def a_token_is_replaced_once(self) -> None:
        again = sum(count - 1 for count in self.service.issued_for.values())
        assert again <= len(self.cancelled)  # whose response was lost

    def teardown(self) -> None:
        try:
            if self.other_has_lock:
                self.end_elsewhere(does_authorize=False)
            self.come_to_an_end()
            self.a_token_is_replaced_once()
            for task, expired_before in self.calls:
                if task.cancelled():
                    assert task in self.cancelled
                elif (error := task.exception()) is not None:
                    # It tries with one other token.
                    assert isinstance(error, InvalidAuthToken)
                    assert self.service.expired - expired_before > 1
                else:
                    assert task.result() == NAMES
            assert asyncio.all_tasks(self.loop) == set()
            assert not getattr(self.info, "is_locked", False)
            self.loop.run_until_complete(self.session.close())
        finally:
            self.loop.close()
            self.blocking.close()
            self.patch.stop()

    def come_to_an_end(self) -> None:
        for _ in range(MOST_STEPS):
            self.go_round()
            for sent in list(self.sent):
                self.respond_to(sent)
            for pool, job in self.begun():
                pool.do(job)
            if not (asyncio.all_tasks(self.loop) or self.sent or self.begun()):
                return
        raise AssertionError("a task waits for ever")


@pytest.mark.parametrize("make_info", [InMemoryAccountInfo, Shared])
def test_a_token_is_renewed_once_and_nobody_waits_for_ever(make_info: Callable[[], Any]) -> None:
    machine: Any = type("OfOneInfo", (Renewals,), {"make_info": staticmethod(make_info)}).TestCase  # type: ignore[attr-defined]  # of hypothesis
    machine.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
    machine("runTest").runTest()
