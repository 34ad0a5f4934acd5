"""The simulators of b2sdk 2.13 and of this package return the same for the same calls, in any order.

What the two are asked is in ``played``, which each plays in a process of its own. Where they may differ is
said here, and why in ``docs/differences.md``. ``B2SDK_LONG_TESTS=1`` plays a hundred times as long, and something else
each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.simulator.raw.played.player import MOVES

PYTHON = os.environ.get("B2SDK_REFERENCE_PYTHON")
IS_LONG = bool(os.environ.get("B2SDK_LONG_TESTS"))
ROOT = Path(__file__).parent.parent.parent.parent
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.simulator.raw.played.player import main; main()"
FIRST = ["upload", "api_upload", "upload", "hide", "start_large_file", "upload_part", "create_bucket", "create_key"]
"""What is made before each kind of call is looked at on its own."""

pytestmark = pytest.mark.skipif(
    PYTHON is None, reason="B2SDK_REFERENCE_PYTHON does not name an interpreter that has b2sdk 2.13: nox -s reference"
)

Moves = list[tuple[str, int]]


class Player:
    """An interpreter that plays on the simulator of its b2sdk."""

    def __init__(self, python: str) -> None:
        # Isolated, so that the interpreter does not find the b2sdk of the one that runs the tests.
        command = [python, "-I", "-c", PROGRAM]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, surface: str, moves: Moves) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([surface, moves]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def players() -> Iterator[tuple[Player, Player]]:
    both = Player(PYTHON or ""), Player(sys.executable)
    yield both
    for player in both:
        player.close()


def comparable(value: Any) -> Any:
    """Leave out what may differ wherever it is."""
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    # File info that was not given; when the key expires.
    fields = {name: item or {} if name == "fileInfo" else comparable(item) for name, item in value.items()}
    fields.pop("applicationKeyExpirationTimestamp", None)
    return fields


def error_of(answer: Any) -> dict[str, Any] | None:
    return answer if isinstance(answer, dict) and "error" in answer else None


def is_known(call: str, theirs: dict[str, Any] | None, ours: dict[str, Any] | None, answer: Any) -> bool:
    """Return whether it is said in the documentation why two results, or the errors in their place, differ."""
    if theirs is None:
        if ours is None:
            return False
        # A finished file takes no parts, none takes a 10,001st; a hide marker has no content to be read or copied.
        takes_no_part = ours["text"].startswith(("No active upload for: ", "Part number must be in range"))
        is_hidden = ours["error"] in ("FileNotPresent", "UnsatisfiableRange") and size_of(answer) == 0
        return takes_no_part or (is_hidden and call in ("read", "copy_file", "copy", "copy_part"))
    if not theirs["meant"]:  # an `AssertionError`, an `AttributeError`: whatever is better
        return ours is None or ours["meant"] or ours["error"] in ("AssertionError", "KeyError", "ValueError")
    if ours is None:
        return False
    # The code of the service instead of the reference's own; and of several reasons to refuse a call, another.
    is_token = not {"InvalidAuthToken", "Unauthorized"}.isdisjoint((theirs["error"], ours["error"]))
    is_sha1 = ours["error"] == "PartSha1Mismatch" and theirs["text"].startswith("Part number must be in range")
    return is_token or is_sha1 or theirs["error"].startswith("WrongEncryption")


def size_of(answer: Any) -> Any:
    if isinstance(answer, list):
        answer = answer[1] if isinstance(answer[0], str) else answer[0]
    return int(answer.get("contentLength", answer.get("size", answer.get("content-length"))))


TAKES_IDS = ("create_bucket", "upload_file", "upload_bytes", "start_large_file", "copy_file", "copy", "hide_file")
"""The calls for which the reference may use up an id although it refuses them."""


def difference(theirs: list[Any], ours: list[Any]) -> Any:
    """Return the first call that came to something else here, with both results; ``None`` if there is none.

    What follows a call that is known to leave something else behind is not looked at.
    """
    for expected, found in zip(theirs, ours, strict=False):
        if comparable(expected) != comparable(found):
            call, answer = expected[0], expected[-1]
            their_error, our_error = error_of(answer), error_of(found[-1])
            if expected[:-1] != found[:-1] or not is_known(call, their_error, our_error, answer):
                return expected, found
            if their_error is None or our_error is None:
                return None
        if error_of(expected[-1]) is not None and expected[0] in TAKES_IDS:
            return None
    return None if len(theirs) == len(ours) else (theirs[len(ours) :], ours[len(theirs) :])


@pytest.mark.parametrize("surface", ["v2", "v3"])
@pytest.mark.parametrize("name", MOVES)
def test_each_call_has_the_result_of_the_reference(players: tuple[Player, Player], surface: str, name: str) -> None:
    for seed in range(300 if IS_LONG else 30):
        moves = [(move, seed) for move in FIRST] + [(name, seed)] * 2
        theirs, ours = (player(surface, moves) for player in players)
        assert difference(theirs, ours) is None, moves


@pytest.mark.parametrize("surface", ["v2", "v3"])
@settings(
    max_examples=20_000 if IS_LONG else 200,
    derandomize=not IS_LONG,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(list(MOVES)), st.integers(0, 2**32 - 1)), min_size=1, max_size=60))
def test_any_sequence_of_calls_has_the_results_of_the_reference(
    players: tuple[Player, Player], surface: str, moves: Moves
) -> None:
    theirs, ours = (player(surface, moves) for player in players)
    assert difference(theirs, ours) is None
