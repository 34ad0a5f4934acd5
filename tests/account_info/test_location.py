from __future__ import annotations

import os
import sys
from pathlib import Path
from unittest import mock

import pytest

from b2sdk.account_info.location import account_info_path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and an environment that holds nothing else, as a plain dict."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"HOME": str(folder), "USERPROFILE": str(folder)})
    monkeypatch.setattr(sys, "platform", "linux")
    return folder


def test_a_file_name_comes_first_and_is_expanded(home: Path) -> None:
    os.environ["B2_ACCOUNT_INFO"] = "other"
    (home / ".b2_account_info").touch()
    assert account_info_path("~/mine") == str(home / "mine")
    assert account_info_path(Path("mine")) == "mine"


def test_then_the_environment(home: Path) -> None:
    (home / ".b2_account_info").touch()
    os.environ["B2_ACCOUNT_INFO"] = "~/from-environment"
    assert account_info_path() == str(home / "from-environment")


def test_an_empty_variable_is_a_path_too() -> None:
    os.environ["B2_ACCOUNT_INFO"] = ""
    assert account_info_path() == ""


def test_then_the_file_in_the_home_folder_and_no_folder_is_made(home: Path, tmp_path: Path) -> None:
    (home / ".b2_account_info").touch()
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    assert account_info_path() == str(home / ".b2_account_info")
    assert not (tmp_path / "xdg").exists()


@pytest.mark.parametrize(("profile", "name"), [(None, "account_info"), ("", "account_info"), ("me", "db-me.sqlite")])
def test_then_the_configuration_folder_which_is_made(tmp_path: Path, profile: str | None, name: str) -> None:
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    assert account_info_path(profile=profile) == str(tmp_path / "xdg" / "b2" / name)
    assert (tmp_path / "xdg" / "b2").is_dir()


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_a_given_configuration_folder_counts_on_all_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path)
    assert account_info_path() == str(tmp_path / "b2" / "account_info")


def test_a_tilde_in_the_configuration_folder_is_expanded_before_the_folder_is_made(home: Path, tmp_path: Path) -> None:
    os.environ["XDG_CONFIG_HOME"] = "~/cfg"
    assert account_info_path(profile="me") == str(home / "cfg" / "b2" / "db-me.sqlite")
    assert (home / "cfg" / "b2").is_dir()
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("variable", [None, ""])
def test_its_default_is_below_the_home_folder(home: Path, variable: str | None) -> None:
    if variable is not None:
        os.environ["XDG_CONFIG_HOME"] = variable
    assert account_info_path() == str(home / ".config" / "b2" / "account_info")


def test_a_profile_has_its_own_file_beside_the_old_one(home: Path) -> None:
    (home / ".b2_account_info").touch()
    (home / ".b2db-me.sqlite").touch()
    assert account_info_path(profile="me") == str(home / ".config" / "b2" / "db-me.sqlite")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
@pytest.mark.parametrize(("profile", "name"), [(None, ".b2_account_info"), ("me", ".b2db-me.sqlite")])
def test_windows_and_macos_use_the_home_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch, platform: str, profile: str | None, name: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert account_info_path(profile=profile) == str(home / name)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("profile", ["&", " x", "/etc", ".hidden", "é"])
def test_a_profile_must_begin_with_a_plain_character(profile: str) -> None:
    with pytest.raises(ValueError, match="Invalid profile name: "):
        account_info_path(profile=profile)


@pytest.mark.parametrize("profile", ["a&b", "p" * 70, "-", "_"])
def test_the_rest_of_a_profile_is_free(profile: str) -> None:
    assert account_info_path(profile=profile).endswith(f"db-{profile}.sqlite")


def test_a_profile_excludes_a_file_name() -> None:
    with pytest.raises(ValueError, match="Provide either file_name or profile, not both"):
        account_info_path("mine", profile="me")


@pytest.mark.parametrize("value", ["", "mine"])
def test_a_profile_excludes_the_variable(value: str) -> None:
    with (
        mock.patch.dict(os.environ, {"B2_ACCOUNT_INFO": value}),
        pytest.raises(ValueError, match="Provide either B2_ACCOUNT_INFO env var or profile, not both"),
    ):
        account_info_path(profile="me")
