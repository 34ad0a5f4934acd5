"""The fixtures as another project uses them: in a pytest run of its own, with the service over HTTP."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from tests.conftest import HttpFrontEnd, authorize

import b2sdk.v3
from b2sdk.simulator import SimulatorServer
from b2sdk.testing.integration_test_base import IntegrationTestBase

pytest_plugins = ["pytester"]

# A run in this process finds the plugin imported by other tests; nothing in it is asserted.
IMPORTED = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
QUIET = ("-W", "error", "-W", IMPORTED, "-p", "no:cacheprovider")

# What starts a process takes its time.
ONE_SURFACE = pytest.mark.parametrize("surface", ["v3"], indirect=True)

TESTS = """
    import os

    import pytest

    from {surface} import B2Api, InMemoryAccountInfo
    from {surface}.testing import BucketManager, IntegrationTestBase


    def test_a_bucket(bucket, bucket_name_prefix, general_bucket_name_prefix, b2_subfolder, b2_api, realm):
        bucket.upload_bytes(b"content", "name")
        assert type(b2_api) is B2Api and type(b2_api.account_info) is InMemoryAccountInfo
        assert b2_api.account_info.get_realm() == realm == os.environ["B2_TEST_ENVIRONMENT"]
        assert general_bucket_name_prefix == "sdktst"
        assert bucket.name.startswith(bucket_name_prefix) and bucket_name_prefix.startswith("sdktst")
        start, _, token = b2_subfolder.rpartition("_")
        assert start == f"b2://{{bucket.name}}/test_a_bucket" and len(token) == 6


    def test_the_bucket_before_is_gone(b2_api, bucket, bucket_name_prefix):
        names = [found.name for found in b2_api.list_buckets()]
        assert [name for name in names if name.startswith(bucket_name_prefix)] == [bucket.name]
        b2_api.delete_bucket(bucket)


    def test_what_nobody_cleans(b2_api, bucket_name_prefix):
        b2_api.create_bucket(bucket_name_prefix + "-forgotten", "allPrivate").upload_bytes(b"", "name")


    class TestInAClass(IntegrationTestBase):
        @pytest.mark.parametrize("time", [1, 2])
        def test_a_bucket_of_its_own(self, time):
            assert self.buckets_created == []
            bucket = self.create_bucket()
            assert self.buckets_created == [bucket]
            bucket.upload_bytes(b"", "name")
            assert bucket.name.startswith(self.this_run_bucket_name_prefix)
            others = {{found.name for found in self.b2_api.list_buckets()}} - {{bucket.name}}
            assert not {{name for name in others if len(name) == 63}}, "that of the test before is gone"

        def test_what_the_class_has(self, b2_api, b2_auth_data, bucket_manager):
            assert self.b2_api is b2_api and self.info is b2_api.account_info
            assert self.bucket_manager is bucket_manager and type(bucket_manager) is BucketManager
            assert self.b2_auth_data == b2_auth_data
"""


@pytest.fixture
def project(
    pytester: pytest.Pytester, service: SimulatorServer, surface: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> pytest.Pytester:
    """Return a project whose tests have an account of the service."""
    monkeypatch.setenv("B2_TEST_APPLICATION_KEY_ID", service.key_id)
    monkeypatch.setenv("B2_TEST_APPLICATION_KEY", service.key)
    monkeypatch.setenv("B2_TEST_ENVIRONMENT", service.url)
    pytester.makeconftest(f'pytest_plugins = ["{surface.__name__}.testing"]')
    return pytester


def bucket_names(service: SimulatorServer) -> list[str]:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        return [bucket.name for bucket in api.list_buckets()]


def made(service: SimulatorServer) -> int:
    return sum(entry.endpoint == "b2_create_bucket" for entry in service.journal.entries)


def left_by_another_run(service: SimulatorServer) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        api.create_bucket("sdktst-another-run", "allPrivate", bucket_info={"created_at_millis": "1"})


def test_a_project_is_given_buckets_and_leaves_none(
    project: pytest.Pytester, service: SimulatorServer, surface: ModuleType
) -> None:
    left_by_another_run(service)
    project.makepyfile(TESTS.format(surface=surface.__name__))
    project.runpytest(*QUIET).assert_outcomes(passed=6)
    assert made(service) == 6
    assert bucket_names(service) == []


def test_what_other_runs_left_may_stay(project: pytest.Pytester, service: SimulatorServer) -> None:
    left_by_another_run(service)
    project.makepyfile("def test_one(bucket): pass")
    project.runpytest(*QUIET, "--dont-cleanup-old-buckets").assert_outcomes(passed=1)
    assert bucket_names(service) == ["sdktst-another-run"]


def test_a_test_that_fails_leaves_nothing_either(project: pytest.Pytester, service: SimulatorServer) -> None:
    project.makepyfile(
        """
        from b2sdk.v3.testing import IntegrationTestBase

        def test_one(bucket):
            bucket.upload_bytes(b"", "name")
            assert False

        class TestTwo(IntegrationTestBase):
            def test_two(self):
                self.create_bucket().upload_bytes(b"", "name")
                assert False
        """
    )
    project.runpytest(*QUIET).assert_outcomes(failed=2)
    assert made(service) == 2
    assert bucket_names(service) == []


@ONE_SURFACE
def test_workers_do_not_get_in_each_others_way(project: pytest.Pytester, service: SimulatorServer) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_one(number, bucket):
            bucket.upload_bytes(b"", "name")
            assert [version.file_name for version, _ in bucket.ls()] == ["name"]
        """
    )
    project.runpytest_subprocess(*QUIET, "-n", "2").assert_outcomes(passed=4)
    assert made(service) == 4
    assert bucket_names(service) == []


def test_without_an_account_only_those_fail_that_want_one(
    project: pytest.Pytester, service: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("B2_TEST_APPLICATION_KEY_ID", "B2_TEST_APPLICATION_KEY", "B2_TEST_ENVIRONMENT"):
        monkeypatch.delenv(variable)
    project.makepyfile(
        """
        def test_without(monkeysession, general_bucket_name_prefix): pass
        def test_with(bucket): pass
        """
    )
    result = project.runpytest(*QUIET)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*B2_TEST_APPLICATION_KEY_ID is not set."])
    assert service.journal.entries == []


@ONE_SURFACE
def test_the_account_of_the_person_who_runs_them_is_out_of_reach(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixture is that of a suite which never goes online."""
    for variable in ("B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY", "B2_ACCOUNT_INFO", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, "the person's")
    project.makepyfile(
        """
        import os
        from pathlib import Path

        from b2sdk.v3 import SqliteAccountInfo

        def test_one(change_account_info_dir, tmp_path_factory):
            assert "B2_APPLICATION_KEY_ID" not in os.environ and "B2_APPLICATION_KEY" not in os.environ
            directory = Path(os.environ["XDG_CONFIG_HOME"])
            assert directory.is_dir() and directory.parent == tmp_path_factory.getbasetemp()
            assert Path(os.environ["B2_ACCOUNT_INFO"]) == directory / ".b2_account_info"
            assert Path(SqliteAccountInfo().filename) == directory / ".b2_account_info"
        """
    )
    project.runpytest_subprocess(*QUIET).assert_outcomes(passed=1)


@ONE_SURFACE
@pytest.mark.parametrize(("value", "level"), [("1", 1), ("", 0)])
def test_http_is_printed_when_asked_for(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, value: str, level: int
) -> None:
    monkeypatch.setenv("B2_DEBUG_HTTP", value)
    project.makepyfile(
        f"""
        import http.client

        def test_one():
            assert http.client.HTTPConnection.debuglevel == {level}
        """
    )
    project.runpytest_subprocess(*QUIET).assert_outcomes(passed=1)


@pytest.mark.parametrize(("number", "length"), [(0, 1001), (1000, 1001), (1001, 2002), (2500, 3003)])
def test_zeros_are_written_until_there_are_more_than_asked_for(number: int, length: int, tmp_path: Any) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        IntegrationTestBase().write_zeros(file, number)
    content = path.read_bytes()
    assert len(content) == length
    assert set(content.split(b"\n")) == {b"0" * 1000, b""}
