"""The programs of docs/data.md run, with the libraries that they are about."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.test_docs import NEED_LIBRARIES, ROOT, run_python_of

from b2sdk.integrations.pytest_plugin import SimulatedAccount
from b2sdk.protocol_constants import REALM_URLS


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # dask calls pandas with it
@pytest.mark.parametrize("name", sorted(NEED_LIBRARIES))
def test_the_python_of_the_guide_runs(
    name: str, b2_sim_account: SimulatedAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(REALM_URLS, "production", b2_sim_account.realm)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.chdir(tmp_path)
    run_python_of(ROOT / name)
