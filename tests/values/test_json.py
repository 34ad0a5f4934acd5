from __future__ import annotations

import json
import re
from collections import ChainMap, UserDict, deque
from typing import Any

import pytest

from b2sdk.values.json import encode_params


class Index:
    """A number of another library."""

    def __index__(self) -> int:
        return 5


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"a": [1, None, True, "ü"]}, {"a": [1, None, True, "ü"]}),
        (UserDict(a=1), {"a": 1}),
        ([ChainMap({"a": UserDict(b=1)})], [{"a": {"b": 1}}]),
        ({"a"}, ["a"]),
        (("a", "b"), ["a", "b"]),
        ({"a": 1}.keys(), ["a"]),
        (deque([1, 2]), [1, 2]),
        (Index(), 5),
    ],
)
def test_mappings_are_objects_and_collections_are_arrays(value: Any, sent: object) -> None:
    body = encode_params({"it": value})
    assert json.loads(body) == {"it": sent}
    assert body.isascii()


@pytest.mark.parametrize("value", [b"bytes", object(), iter("a"), lambda: None])
def test_what_json_has_nothing_for_is_refused(value: object) -> None:
    with pytest.raises(TypeError) as caught:
        encode_params({"it": value})
    assert re.fullmatch(r"Object of type \w+ is not JSON serializable", str(caught.value))
