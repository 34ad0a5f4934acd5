from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from b2sdk.protocol_constants import BUCKET_NAME_CHARS_UNIQ
from b2sdk.testing.names import (
    BUCKET_NAME_LENGTH,
    GENERAL_BUCKET_NAME_PREFIX,
    RNG_SEED,
    _seed,
    get_bucket_name_prefix,
    random_token,
)


@given(st.integers(0, 100), st.text(min_size=1, max_size=5))
def test_a_token_is_of_the_characters_and_the_length(length: int, chars: str) -> None:
    token = random_token(length, chars)
    assert len(token) == length
    assert set(token) <= set(chars)


def test_a_token_may_be_in_the_name_of_a_bucket() -> None:
    assert set(random_token(10_000)) == set(BUCKET_NAME_CHARS_UNIQ)


@given(st.integers(1, BUCKET_NAME_LENGTH), st.text(max_size=10))
def test_a_prefix_is_what_all_have_and_what_only_this_run_has(rnd_len: int, prefix: str) -> None:
    assert get_bucket_name_prefix(rnd_len, prefix)[: len(prefix)] == prefix
    assert len(get_bucket_name_prefix(rnd_len, prefix)) == len(prefix) + rnd_len


def test_two_runs_have_two_prefixes() -> None:
    prefixes = {get_bucket_name_prefix() for _ in range(100)}
    assert len(prefixes) == 100
    assert all(prefix.startswith(GENERAL_BUCKET_NAME_PREFIX) and len(prefix) == 14 for prefix in prefixes)


@pytest.mark.parametrize("rnd_len", [0, -1])
def test_a_prefix_that_other_runs_have_too_is_refused(rnd_len: int) -> None:
    with pytest.raises(ValueError, match="rnd_len must be positive"):
        get_bucket_name_prefix(rnd_len)


def test_no_two_processes_draw_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1)
    monkeypatch.setenv("WORKFLOW_ID", "the same")
    seeds = []
    for worker in ("gw0", "gw1", ""):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        seeds.append(_seed())
    monkeypatch.delenv("WORKFLOW_ID")
    seeds += [_seed(), _seed()]
    assert len({RNG_SEED, *seeds}) == 6
    assert all(len(seed) == 16 and int(seed, 16) >= 0 for seed in seeds)
