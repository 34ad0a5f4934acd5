from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from b2sdk.integrations.pytest_plugin import CallJournal, SimulatedAccount
from b2sdk.simulator import ApiFault, Clock, Faults, SimulatorServer
from b2sdk.v3 import B2Api, Bucket

pytest_plugins = ["pytester"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "testing_with_pytest"
DAY_MS = 86_400_000


def test_a_bucket_is_empty_and_can_be_used(b2_sim_bucket: Bucket) -> None:
    assert list(b2_sim_bucket.ls()) == []
    b2_sim_bucket.upload_bytes(b"content", "name")
    assert [version.file_name for version, _ in b2_sim_bucket.ls()] == ["name"]


@pytest.mark.parametrize("time_", ["first", "second"])
def test_every_test_has_an_account_of_its_own(b2_sim_api: B2Api, time_: str) -> None:
    assert b2_sim_api.list_buckets() == []
    b2_sim_api.create_bucket("the-same-name", "allPrivate")


def test_an_account_says_what_a_client_in_any_language_needs(
    b2_sim_service: SimulatorServer, b2_sim_account: SimulatedAccount, b2_sim_api: B2Api
) -> None:
    assert b2_sim_account.realm == b2_sim_service.url
    assert b2_sim_api.get_account_id() == b2_sim_account.account_id
    assert b2_sim_account.key not in repr(b2_sim_account)


def test_the_journal_begins_with_the_test(b2_sim_bucket: Bucket, b2_sim_journal: CallJournal) -> None:
    assert [entry.endpoint for entry in b2_sim_journal.entries] == ["b2_authorize_account", "b2_create_bucket"]
    assert [entry.status for entry in b2_sim_journal.calls("b2_create_bucket")] == [200]


def test_faults_and_time_end_with_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from b2sdk.simulator import ApiFault
        from b2sdk.v3.exception import BadRequest

        def test_one(b2_sim_api, b2_sim_faults, b2_sim_clock, b2_sim_service):
            b2_sim_faults.add(ApiFault(endpoint="*", status=400, code="bad_request", count=99))
            with pytest.raises(BadRequest):
                b2_sim_api.list_buckets()
            b2_sim_clock.advance(10**9)
            assert b2_sim_service.clock.ahead == 10**9

        def test_two(b2_sim_api, b2_sim_service):
            assert b2_sim_service.clock.ahead == 0
            assert b2_sim_api.list_buckets() == []
        """
    )
    pytester.runpytest().assert_outcomes(passed=2)


FAULT = 'ApiFault(endpoint="b2_upload_file", status=503, code="busy")'


def test_a_fault_that_never_happened_is_an_error_of_the_test_that_wanted_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        from b2sdk.simulator import ApiFault

        def test_in_vain(b2_sim_faults):
            b2_sim_faults.add({FAULT})

        def test_next(b2_sim_faults):
            assert b2_sim_faults.unused == []
        """
    )
    ran = pytester.runpytest()
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines(["*ERROR at teardown of test_in_vain*", "faults that never happened:", f"{FAULT[:12]}*"])


def test_a_fault_that_never_happened_is_no_error_where_the_test_fails_or_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        from b2sdk.simulator import ApiFault

        def test_fails_before(b2_sim_faults):
            b2_sim_faults.add({FAULT})
            assert False

        def test_needs_no_fault(b2_sim_faults):
            b2_sim_faults.add({FAULT})
            b2_sim_faults.clear()
        """
    )
    pytester.runpytest().assert_outcomes(passed=1, failed=1)


def test_a_fault_comes_and_is_got_over(b2_sim_bucket: Bucket, b2_sim_faults: Faults, b2_sim_clock: Clock) -> None:
    b2_sim_faults.add(ApiFault(endpoint="b2_list_file_names", status=401, code="expired_auth_token"))
    b2_sim_clock.advance(2 * DAY_MS)
    assert list(b2_sim_bucket.ls()) == []


def test_fixtures_of_the_same_purpose_in_a_project_are_not_touched(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def b2_api():
            return "the project's own"

        @pytest.fixture
        def bucket(b2_api):
            return b2_api
        """
    )
    pytester.makepyfile(
        """
        def test_both(b2_api, bucket, b2_sim_api, b2_sim_bucket):
            assert b2_api == bucket == "the project's own"
            assert [found.name for found in b2_sim_api.list_buckets()] == [b2_sim_bucket.name]
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_the_example_passes(tmp_path: Path) -> None:
    arguments = ["-p", "no:cacheprovider", "-W", "error", f"--basetemp={tmp_path / 'base'}"]
    finished = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *arguments], cwd=EXAMPLE, check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout
    assert "5 passed" in finished.stdout


def test_who_does_not_use_it_imports_nothing_for_it() -> None:
    program = (
        "import sys; before = set(sys.modules); import pytest; known = set(sys.modules);"
        "import b2sdk.integrations.pytest_plugin;"
        "print(sorted(name for name in set(sys.modules) - known if name.split('.')[0] in"
        " ('aiohttp', 'requests', 'asyncio', 'b2sdk')))"
    )
    finished = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert finished.stdout.strip() == str(
        ["b2sdk", "b2sdk.integrations", "b2sdk.integrations.pytest_plugin", "b2sdk.lazy", "b2sdk.version"]
    )


def test_a_service_starts_within_a_tenth_of_a_second_of_work() -> None:
    before = time.process_time()
    with SimulatorServer():
        started = time.process_time()
    assert started - before < 0.1
