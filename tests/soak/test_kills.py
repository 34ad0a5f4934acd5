from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.soak.kills import SIZE, Broken, Kills, content, version_of

from b2sdk.simulator import SimulatorServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@pytest.fixture
def kills(tmp_path: Path) -> Iterator[Kills]:
    with SimulatorServer() as server:
        kills = Kills(server, 1, tmp_path)
        yield kills
        kills.close()


def test_what_is_killed_leaves_nothing_but_whole_files(kills: Kills) -> None:
    kills.run(6)
    assert sum(count for what, count in kills.counts.items() if what.endswith(("killed", "done before"))) == 26
    assert kills.most_left <= 3 * SIZE


def test_half_a_file_is_noticed(kills: Kills, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content(7)[:-1])
    with pytest.raises(Broken, match="not whole"):
        version_of((tmp_path / "file").read_bytes())
    with pytest.raises(Broken, match="what is file"):
        kills._look(tmp_path, lambda _: False)
    with pytest.raises(Broken, match="left behind"):
        kills._expect(tmp_path, set())
