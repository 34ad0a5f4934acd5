"""fsspec's own suite for filesystems, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fsspec.tests import abstract

ASK_THAT_FOLDERS_ARE_FORGOTTEN = {"test_copy_directory_to_new_directory", "test_put_directory_to_new_directory"}
"""These know stores that keep an empty folder for ever, and stores that never have one."""


class InBucket(abstract.AbstractFixtures):  # type: ignore[misc]  # fsspec has no types
    """What the suite asks for; ``fs`` is that of the conftest."""

    @pytest.fixture
    def fs(self, request: pytest.FixtureRequest, make_fs: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        if request.node.name in ASK_THAT_FOLDERS_ARE_FORGOTTEN:
            monkeypatch.setattr("b2sdk.integrations.fsspec.listings.MADE_FOLDER_SECONDS", -1)
        return make_fs()

    @pytest.fixture
    def fs_path(self, root: str) -> str:
        return root

    @pytest.fixture
    def fs_join(self) -> Any:
        return lambda *parts: "/".join(parts)

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False


class TestCopying(InBucket, abstract.AbstractCopyTests):  # type: ignore[misc]
    pass


class TestGetting(InBucket, abstract.AbstractGetTests):  # type: ignore[misc]
    pass


class TestOpening(InBucket, abstract.AbstractOpenTests):  # type: ignore[misc]
    pass


class TestPiping(InBucket, abstract.AbstractPipeTests):  # type: ignore[misc]
    pass


class TestPutting(InBucket, abstract.AbstractPutTests):  # type: ignore[misc]
    pass
