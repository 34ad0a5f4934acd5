"""A wheel named b2sdk that holds nothing: what is in it, and that it is what the tools of packaging read."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename
from tests.test_docs import ROOT

from b2sdk.metapackage import build_wheel, main
from b2sdk.version import VERSION


def installed(wheel: Path, directory: Path) -> Distribution:
    """Unpack it, which is all that installers do with a wheel like this, and return what is found there."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory)
    (information,) = directory.iterdir()
    return PathDistribution(information)


def test_it_passes_for_the_level_that_this_package_has(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "made" / "here")

    assert wheel == tmp_path / "made" / "here" / f"b2sdk-{VERSION}+ng-py3-none-any.whl"
    assert parse_wheel_filename(wheel.name)[0] == "b2sdk"
    found = installed(wheel, tmp_path / "site")
    assert (found.name, found.version) == ("b2sdk", f"{VERSION}+ng")


def test_it_requires_this_package_and_hands_its_extra_on(tmp_path: Path) -> None:
    requirements = [Requirement(line) for line in installed(build_wheel(tmp_path), tmp_path / "site").requires or ()]

    assert {requirement.name for requirement in requirements} == {"b2sdk-ng"}
    always = [r for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    with_extra = [r for r in requirements if r.marker is None or r.marker.evaluate({"extra": "full"})]
    assert [r.extras for r in always] == [set()]
    assert [r.extras for r in with_extra] == [set(), {"full"}]
    assert all(VERSION in requirement.specifier for requirement in requirements)
    assert all("2.13.99" not in requirement.specifier for requirement in requirements)


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("b2sdk==2.10.1", "2.10.1"),
        ("b2sdk>=2.8", VERSION),
        ("b2sdk>=2.12.0,<3", VERSION),
        ("b2sdk~=2.10.0", "2.10.4"),
        ("b2sdk<=2.10.1", "2.10.1"),
        ("b2sdk!=2.9.0,>2", "2.10.1"),
    ],
)
def test_requirements_of_programs_are_met(requirement: str, version: str, tmp_path: Path) -> None:
    # This is how Home Assistant decides whether to install what an integration requires.
    found = installed(build_wheel(tmp_path, version), tmp_path / "site")

    assert Requirement(requirement).specifier.contains(found.version, prereleases=True)


def test_the_record_has_each_file_with_its_hash_and_size(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_wheel(tmp_path)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
        modes = {entry.external_attr >> 16 for entry in archive.infolist()}
    information = f"b2sdk-{VERSION}+ng.dist-info"
    record = {row[0]: row[1:] for row in csv.reader(contents[f"{information}/RECORD"].decode().splitlines())}

    assert list(contents) == [f"{information}/METADATA", f"{information}/WHEEL", f"{information}/RECORD"]
    assert record.pop(f"{information}/RECORD") == ["", ""]
    assert record == {
        name: [
            "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("="),
            str(len(content)),
        ]
        for name, content in contents.items()
        if not name.endswith("RECORD")
    }
    assert modes == {0o100644}


def test_its_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    assert build_wheel(tmp_path / "a").read_bytes() == build_wheel(tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "version", ["", "2.", "v2.10.1", "2.10.1rc1", "2.10.1+ng", "02.1", "2..1", "../2", "2.1/3", "2.1\n", "²", "2 .1"]
)
def test_what_is_no_version_is_refused_before_anything_is_made(version: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is no version such as 2\.10\.1"):
        build_wheel(tmp_path / "wheels", version)
    assert not (tmp_path / "wheels").exists()


def test_the_command_prints_where_the_wheel_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "b2sdk.metapackage", "wheels", "--version", "2.10.1"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    wheel = Path("wheels", "b2sdk-2.10.1+ng-py3-none-any.whl")
    assert (done.stdout, done.stderr) == (f"{wheel}\n", "")
    assert (tmp_path / wheel).exists()


@pytest.mark.parametrize(
    ("arguments", "said"), [(["there/wheels", "--version", "two"], "'two' is no version"), (["there"], "there")]
)
def test_the_command_says_what_is_wrong(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("a file")

    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_the_page_that_reports_of_it_names_this_version() -> None:
    page = (ROOT / "docs" / "switching.md").read_text("utf-8")

    assert set(re.findall(r"\b2\.13\.1\d\d", page)) == {VERSION}
