from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.testing.account_state import ALLOWED_ON_V2, MakeAccountInfo
from b2sdk.testing.shared_account_info import SharedAuthorizationContract

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_account_info.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_account_info", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def info(example: ModuleType, tmp_path: Path) -> Any:
    return example.DatabaseAccountInfo(str(tmp_path / "application.sqlite"))


class TestTheExample(SharedAuthorizationContract):
    ALLOWED = ALLOWED_ON_V2

    @pytest.fixture
    def make_account_info(self, example: ModuleType, tmp_path: Path) -> MakeAccountInfo:
        return lambda: example.DatabaseAccountInfo(str(tmp_path / "application.sqlite"))

    @override
    def test_a_process_forked_from_a_busy_one_continues(self, account_info: AbstractAccountInfo) -> None:
        pytest.skip("SQLite leaves its locks to a child that is forked while a thread uses it")


def test_a_bucket_that_was_renamed_has_one_name(info: Any) -> None:
    info.save_bucket(SimpleNamespace(name="photos", id_="1"))
    info.save_bucket(SimpleNamespace(name="pictures", id_="1"))
    assert info.list_bucket_names_ids() == [("pictures", "1")]
