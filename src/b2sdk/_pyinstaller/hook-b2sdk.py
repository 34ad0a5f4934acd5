"""The names of the surfaces are imported when they are used, which PyInstaller cannot see; their lists are data."""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

_NOT_FOR_PROGRAMS = (
    "b2sdk._pyinstaller",
    "b2sdk.testing",
    "b2sdk.v0.testing",
    "b2sdk.v1.testing",
    "b2sdk.v2.testing",
    "b2sdk.v3.testing",
    "b2sdk.integrations",
)

hiddenimports = collect_submodules("b2sdk", filter=lambda name: not name.startswith(_NOT_FOR_PROGRAMS))
datas = [*collect_data_files("b2sdk", includes=["**/*.pyi"]), *copy_metadata("b2sdk-ng")]
