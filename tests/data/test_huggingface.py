"""Hugging Face's datasets, which are kept from asking their hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROWS = 300


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return the library, which reads what it may do, and where it saves, when it is imported."""
    home: Path = tmp_path_factory.mktemp("huggingface")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(home))
        for variable in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_XET"):
            patch.setenv(variable, "1")
        import datasets  # noqa: PLC0415

        datasets.disable_progress_bars()
        yield datasets


@pytest.fixture
def files(url: str) -> str:
    for part in range(3):
        numbers = range(part * 100, (part + 1) * 100)
        frame = pd.DataFrame({"number": numbers, "text": [f"text {number}" for number in numbers]})
        frame.to_parquet(f"{url}/train/{part}.parquet")
    return f"{url}/train/*.parquet"


def test_parquet_is_loaded(datasets: Any, files: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionError, match="Offline mode"):  # which means other stores, too
        datasets.load_dataset("parquet", data_files={"train": files}, split="train")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)  # the hub itself is still not asked
    loaded = datasets.load_dataset("parquet", data_files={"train": files}, split="train")
    assert loaded["number"][:] == list(range(ROWS))
    assert loaded[299] == {"number": 299, "text": "text 299"}


def test_parquet_is_streamed(datasets: Any, files: str) -> None:
    streamed = datasets.load_dataset("parquet", data_files=files, split="train", streaming=True)
    assert [row["number"] for row in streamed.filter(lambda row: row["number"] % 100 == 7)] == [7, 107, 207]


def test_a_data_set_is_saved_and_loaded(datasets: Any, url: str) -> None:
    made = datasets.Dataset.from_dict({"number": list(range(ROWS))})
    made.save_to_disk(f"{url}/saved")
    assert datasets.load_from_disk(f"{url}/saved")["number"][:] == list(range(ROWS))
    made.to_parquet(f"{url}/one.parquet")
    assert pd.read_parquet(f"{url}/one.parquet")["number"].sum() == sum(range(ROWS))
