"""Where the account-info file lives: command, environment, home folder, configuration folder, in this order.

Only paths are decided here (and the configuration folder made, if it is to be used); the file is not opened.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

B2_ACCOUNT_INFO_ENV_VAR = "B2_ACCOUNT_INFO"
B2_ACCOUNT_INFO_DEFAULT_FILE = os.path.join("~", ".b2_account_info")  # noqa: PTH118  # a string is the public form
B2_ACCOUNT_INFO_PROFILE_FILE = os.path.join("~", ".b2db-{profile}.sqlite")  # noqa: PTH118  # as above
XDG_CONFIG_HOME_ENV_VAR = "XDG_CONFIG_HOME"

_PLATFORMS_WITHOUT_XDG_DEFAULT = ("win32", "darwin")


def account_info_path(file_name: str | os.PathLike[str] | None = None, profile: str | None = None) -> str:
    """Return the path of the account-info file, ``~`` expanded. The first that applies:

    1. ``file_name``;
    2. the environment variable ``B2_ACCOUNT_INFO``, even when it is empty;
    3. without a profile, ``~/.b2_account_info`` if it exists;
    4. ``$XDG_CONFIG_HOME/b2/account_info``, for a profile ``.../b2/db-<profile>.sqlite``; the folder is created. When
       the variable is empty or unset, ``~/.config`` stands for it, except on Windows and macOS;
    5. ``~/.b2_account_info``, for a profile ``~/.b2db-<profile>.sqlite``.

    An empty ``file_name`` or ``profile`` counts as not given.

    :raises ValueError: the profile begins with something else than a letter, a digit, ``_`` or ``-``, or is given
        together with 1 or 2.
    """
    if profile and not re.match(r"[a-zA-Z0-9_-]", profile):
        raise ValueError(f"Invalid profile name: {profile}")
    path = _named_path(file_name, profile)
    return os.path.expanduser(_usual_path(profile) if path is None else path)  # noqa: PTH111  # paths are strings here


def _named_path(file_name: str | os.PathLike[str] | None, profile: str | None) -> str | None:
    if file_name:
        if profile:
            raise ValueError("Provide either file_name or profile, not both")
        return os.fspath(file_name)
    from_environment = os.environ.get(B2_ACCOUNT_INFO_ENV_VAR)
    if from_environment is not None and profile:
        raise ValueError(f"Provide either {B2_ACCOUNT_INFO_ENV_VAR} env var or profile, not both")
    return from_environment


def _usual_path(profile: str | None) -> str:
    if not profile and Path(B2_ACCOUNT_INFO_DEFAULT_FILE).expanduser().exists():
        return B2_ACCOUNT_INFO_DEFAULT_FILE
    folder = _configuration_folder()
    if folder is not None:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return str(folder / (f"db-{profile}.sqlite" if profile else "account_info"))
    return B2_ACCOUNT_INFO_PROFILE_FILE.format(profile=profile) if profile else B2_ACCOUNT_INFO_DEFAULT_FILE


def _configuration_folder() -> Path | None:
    home = config_home()
    return Path(home) / "b2" if home else None


def config_home() -> str | None:
    """Return ``$XDG_CONFIG_HOME`` or what stands for it, ``~`` expanded; ``None``: the system knows no such folder."""
    home = os.environ.get(XDG_CONFIG_HOME_ENV_VAR)
    if not home and sys.platform not in _PLATFORMS_WITHOUT_XDG_DEFAULT:
        home = "~/.config"
    return os.path.expanduser(home) if home else None  # noqa: PTH111  # paths are strings here
