"""A B2 service for tests, as pytest fixtures. Needs the extra ``simulator``; pytest finds the plugin by itself.

What belongs here is how long things live. One service runs per test process, so workers of pytest-xdist have one each;
every test has an account of its own on it, and sees neither faults nor calls of another test. All names begin with
``b2_sim_``, so that a project's own fixtures, and those of ``b2sdk.v3.testing``, are never in the way. Nothing of the
SDK, and no web server, is imported before a test asks for a fixture.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from b2sdk.lazy import LazyModule

if TYPE_CHECKING:
    from b2sdk import simulator, v3
else:  # who does not ask for them must not wait for them
    simulator, v3 = LazyModule("b2sdk.simulator"), LazyModule("b2sdk.v3")

_bucket_numbers = itertools.count(1)


@dataclass(frozen=True)
class SimulatedAccount:
    """What a client needs to use an account: a key that may do everything, and where the service is."""

    account_id: str
    key_id: str
    key: str = field(repr=False)
    realm: str
    """The origin of the service, such as ``http://127.0.0.1:43210``."""


class CallJournal:
    """The calls since the test began."""

    def __init__(self, journal: simulator.Journal) -> None:
        self._journal = journal
        entries = journal.entries
        self._before = entries[-1].seq if entries else 0

    @property
    def entries(self) -> list[simulator.Entry]:
        """The calls, in the order in which they ended."""
        return [entry for entry in self._journal.entries if entry.seq > self._before]

    def calls(self, endpoint: str) -> list[simulator.Entry]:
        """Return the calls of one endpoint, such as ``b2_upload_file``."""
        return [entry for entry in self.entries if entry.endpoint == endpoint]


@pytest.fixture(scope="session")
def b2_sim_service() -> Iterator[simulator.SimulatorServer]:
    """Run a service, the same for all tests of a process."""
    with simulator.SimulatorServer() as server:
        yield server


@pytest.fixture
def b2_sim_journal(b2_sim_service: simulator.SimulatorServer) -> CallJournal:
    """Return what the test has called so far, at any time."""
    return CallJournal(b2_sim_service.journal)


@pytest.fixture
def b2_sim_faults(
    request: pytest.FixtureRequest, b2_sim_service: simulator.SimulatorServer
) -> Iterator[simulator.Faults]:
    """Yield the failures to come. A test that passes without having met one of them even once has tested nothing.

    So that is an error. Those that did come, but not as often as they may, are forgotten; ``clear()`` forgets all.
    """
    failed_before = request.session.testsfailed
    yield b2_sim_service.faults
    unused = b2_sim_service.faults.unused
    b2_sim_service.faults.clear()
    if unused and request.session.testsfailed == failed_before:  # a test that fails may well have ended before them
        pytest.fail("faults that never happened:\n" + "\n".join(map(repr, unused)), pytrace=False)


@pytest.fixture
def b2_sim_clock(b2_sim_service: simulator.SimulatorServer) -> Iterator[simulator.Clock]:
    """Yield the time of day in the service, which is the machine's again after the test."""
    yield b2_sim_service.clock
    b2_sim_service.clock.reset()


@pytest.fixture
def b2_sim_account(
    b2_sim_service: simulator.SimulatorServer,
    b2_sim_journal: CallJournal,  # noqa: ARG001  # it begins before the first call of the account
) -> Iterator[SimulatedAccount]:
    """Yield an account with nothing in it, which goes with all that the test puts there."""
    credentials = b2_sim_service.create_account()
    yield SimulatedAccount(credentials.account_id, credentials.key_id, credentials.key, b2_sim_service.url)
    b2_sim_service.remove_account(credentials.account_id)


@pytest.fixture
def b2_sim_api(b2_sim_account: SimulatedAccount) -> Iterator[v3.B2Api]:
    """Yield an API object of :mod:`b2sdk.v3`, authorized for the account."""
    with v3.B2Api(v3.InMemoryAccountInfo()) as api:
        api.authorize_account(
            application_key_id=b2_sim_account.key_id,
            application_key=b2_sim_account.key,
            realm=b2_sim_account.realm,
        )
        yield api


@pytest.fixture
def b2_sim_bucket(b2_sim_api: v3.B2Api) -> v3.Bucket:
    """Return an empty private bucket of the account."""
    return b2_sim_api.create_bucket(f"test-bucket-{next(_bucket_numbers)}", "allPrivate")
