from __future__ import annotations

from pathlib import Path

import pytest

from b2sdk.v2 import TempDir


def test_the_directory_is_there_inside_the_block_only() -> None:
    with pytest.warns(DeprecationWarning, match="Use tempfile.TemporaryDirectory") as caught, TempDir() as path:
        Path(path, "file").write_bytes(b"content")
    assert not Path(path).exists()
    assert caught[0].filename == __file__
