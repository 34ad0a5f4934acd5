from __future__ import annotations

import copy
import json
import pickle
import re
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from b2sdk import lazy_page
from b2sdk.exception import InvalidJsonResponse
from b2sdk.lazy_page import Entries, decode_entries_lazily, page_with_entries

if TYPE_CHECKING:
    from collections.abc import Callable

TRICKY = ["]", '"]', "]}", '],"files":[', "\\]", '],"', "] ,", "]\n}", '{"', "],", '"']
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(TRICKY)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
alike = st.fixed_dictionaries({"fileName": texts}, optional={"fileInfo": values})
entries = st.lists(values, max_size=5) | st.lists(values | alike, max_size=5) | st.lists(alike, max_size=8)
characters_at_once = st.sampled_from([1, 40, lazy_page._AT_ONCE])
rests = st.fixed_dictionaries(
    {}, optional={"nextFileName": st.none() | texts, "nextFileId": st.none() | texts, "other": values, "files": entries}
)
layouts = st.sampled_from(
    [{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"indent": "\t", "ensure_ascii": False}]
)
PIECES = [
    b"",
    b",",
    b"]",
    b"}",
    b"[",
    b"{",
    b'"',
    b":",
    b"\xff",
    b"\xed\xa0\x80",
    b"\\ud800",
    b" ",
    b"\n",
    b"\x0b",
    b"\x00",
    b'"files": [1], ',
    b'],"files":[',
    b'], "other": [',
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"0" * 5000,
    b"/**/",
    b"\xef\xbb\xbf",
]


def read(content: bytes) -> Any:
    with decode_entries_lazily():
        return page_with_entries(content)


def decode_lazily(content: bytes, at_once: int = lazy_page._AT_ONCE) -> str:
    """Return what is there when the last entry has been read, as text, in which NaN is like NaN."""
    page = read(content)
    if page is None:  # left to be decoded at once
        return decode_at_once(content)
    try:
        with mock.patch.object(lazy_page, "_AT_ONCE", at_once):
            return repr({**page, "files": list(page["files"])})
    except InvalidJsonResponse:
        return "no JSON"


def decode_at_once(content: bytes) -> str:
    try:
        return repr(json.loads(content))
    except ValueError:
        return "no JSON"


def page_of(entries: list[Any], rest: dict[str, Any], layout: dict[str, Any]) -> bytes:
    """Return a page; one with a second list of files has it like that, which a dictionary has not."""
    rest = {"files " if name == "files" else name: value for name, value in rest.items()}
    text = json.dumps({"files": entries, **rest}, **layout)
    return text.replace('"files "', '"files"').encode()


@pytest.fixture(params=[1, 20, 2**18], ids="pieces of {} bytes".format)
def small_pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("b2sdk.lazy_page._PIECE", request.param)
    monkeypatch.setattr("b2sdk.lazy_page._BEGINNING_SIZE", request.param)


SEVERAL_PIECES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@SEVERAL_PIECES
@given(entries, rests, layouts, characters_at_once)
@pytest.mark.usefixtures("small_pieces")
def test_a_page_is_what_it_is_when_decoded_at_once(
    entries: list[Any], rest: dict[str, Any], layout: dict[str, Any], at_once: int
) -> None:
    content = page_of(entries, rest, layout)
    assert decode_lazily(content, at_once) == decode_at_once(content)


@SEVERAL_PIECES
@given(st.lists(texts, min_size=1).map(sorted), layouts, texts)
@pytest.mark.usefixtures("small_pieces")
def test_of_entries_that_are_not_decoded_the_first_is_known_and_how_many_there_are(
    names: list[str], layout: dict[str, Any], name: str
) -> None:
    content = json.dumps({"files": [{"fileId": "x", "fileName": one} for one in names]}, **layout).encode()
    page = read(content)
    assume(page is not None)
    found = page["files"]
    assert found.first() == {"fileId": "x", "fileName": names[0]}
    assert (found.about(), found.size) == (len(names), len(content))
    before = len([one for one in names if one < name])
    assert found.about_before(name) == before
    assert len(found) == len(names)
    assert (found.about(), found.about_before(name), found.first()) == (len(names), before, found[0])


def test_of_no_entries_there_is_no_first() -> None:
    assert read(b'{"files": [], "nextFileName": null}')["files"].first() is None


@given(st.lists(st.dictionaries(texts, st.none() | st.integers() | st.text("ab[]/"))), layouts)
def test_the_entries_of_a_usual_page_are_decoded_some_at_a_time(
    entries: list[dict[str, Any]], layout: dict[str, Any]
) -> None:
    assume(not any(re.search(r"]\s*[,}]", name) for entry in entries for name in entry))
    page = read(json.dumps({"files": entries, "nextFileName": "a [1].txt"}, **layout).encode())
    assert isinstance(page["files"], Entries)
    assert bool(page["files"]) is bool(entries)


@pytest.mark.parametrize("layout", [{}, {"separators": (",", ":")}, {"indent": 2}])
def test_of_a_long_page_few_entries_are_decoded_at_once(layout: dict[str, Any]) -> None:
    entries = [{"fileName": f"{number:0900}", "action": "upload"} for number in range(300)]
    found, decoded = read(json.dumps({"files": entries}, **layout).encode())["files"], []

    class Decoder(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            decoded.append(s[idx:] if s.startswith("[") else "")
            return super().raw_decode(s, idx)

    with mock.patch.object(json, "JSONDecoder", Decoder):
        assert list(iter(found)) == entries  # without it, the length is asked for first
    assert 300_000 / lazy_page._AT_ONCE / 2 < len(decoded) < 30
    assert max(map(len, decoded)) < 2 * lazy_page._AT_ONCE


@given(entries, rests, layouts, characters_at_once, st.data())
def test_a_damaged_page_is_what_it_is_when_decoded_at_once(
    entries: list[Any], rest: dict[str, Any], layout: dict[str, Any], at_once: int, data: st.DataObject
) -> None:
    content = page_of(entries, rest, layout)
    for _ in range(data.draw(st.integers(1, 3), label="damages")):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 3, len(content))))
        content = content[:start] + data.draw(st.sampled_from(PIECES)) + content[end:]
    assert decode_lazily(content, at_once) == decode_at_once(content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"files": []"nextFileName": null}',
        b'{"files": [],}',
        b'{"files": [], }',
        b'{"files": [],,}',
        b'{"files": [] "nextFileName": null}',
        b'{"files": []:null}',
        b'{"files": []]}',
        b'{"files": []',
        b'{"files": [],',
        b'{"files": []}}',
        b'{"files": [1], "files": [2]}',
        b'{"files": [1], "other": [2]}',
        b'{"files": [1], "nextFileName": "x", "files": [2], "nextFileId": "y"}',
        b'{"files": ["],\\"files\\":["]}',
        b'{"files": ["a]", "b"]}',
        b'{"files": ["a],"], "nextFileName": "b"}',
        b'{"files": ["a]}"]}',
        b'{"files": [[1], [2]], "nextFileName": "[x]"}',
        b'{"files": [{"a": [1]}, 2]}',
        b'{"files": [1], "fil\\u0065s": [2]}',
        b'{"files": [NaN, 1e999, -Infinity]}',
        b'{"files": [1, 2], "nextFileName": NaN}',
        b'{"files": ["\\ud800"]}',
        b'{"files": ["\xed\xa0\x80"]}',
        b'{"files": ["\xff"]}',
        b'{"files":\x0b[]}',
        b'{"files": [\xc2\xa01]}',
    ],
)
@pytest.mark.usefixtures("small_pieces")
def test_an_odd_page_is_what_it_is_when_decoded_at_once(content: bytes) -> None:
    assert decode_lazily(content) == decode_at_once(content)


def test_a_page_with_brackets_in_its_names_is_decoded_some_at_a_time() -> None:
    content = json.dumps({"files": [{"fileName": "film [2010].mkv"}] * 3, "nextFileName": "a [1]"}).encode()
    assert isinstance(read(content)["files"], Entries)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"buckets": []}',
        b'{"files": null}',
        b'{"files": [',
        b'{"nextFileName": null, "files": []}',
        b'{"files": [], "nextFileName": "]}"}',
        b'{"files": []} []',
        b'\xef\xbb\xbf{"files": []}',
        b'{"files": [], "nested": ' + b"[" * 100_000,
    ],
)
def test_what_is_not_laid_out_like_a_page_is_left_to_be_decoded_at_once(content: bytes) -> None:
    assert read(content) is None


def test_a_page_that_nobody_wants_so_is_left_to_be_decoded_at_once() -> None:
    assert page_with_entries(b'{"files": [1]}') is None


def test_what_is_wrong_with_an_entry_is_reported_when_it_is_reached() -> None:
    found = iter(read(b'{"files": [1, 2, oops, 4], "nextFileName": null}')["files"])
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(InvalidJsonResponse, match="oops"):
        next(found)


@pytest.mark.parametrize("files", [b"1,", b"1,,2", b"1 2", b",", b"1, ", b"[" * 100_000])
def test_what_is_between_entries_is_a_comma(files: bytes) -> None:
    with pytest.raises(InvalidJsonResponse):
        list(read(b'{"files": [' + files + b"]}")["files"])


@pytest.mark.parametrize(
    "use",
    [
        len,
        list,
        lambda files: list(files) + list(files),
        lambda files: files[1],
        lambda files: list(files[1:]),
        lambda files: files + [4],  # noqa: RUF005
        lambda files: [0] + files,  # noqa: RUF005
        lambda files: files == [1, 2, 3],
        lambda files: files.append(4) or list(files),
        lambda files: files.pop() + len(files),
        lambda files: sorted(files, reverse=True),
        lambda files: list(reversed(files)),
        lambda files: 2 in files,
        lambda files: list(copy.copy(files)),
        lambda files: list(copy.deepcopy(files)),
        lambda files: list(pickle.loads(pickle.dumps(files))),  # noqa: S301  # our own
        repr,
    ],
)
def test_entries_can_be_used_like_a_list(use: Callable[[Any], Any]) -> None:
    files = read(b'{"files": [1, 2, 3]}')["files"]
    assert isinstance(files, Entries)
    assert use(files) == use([1, 2, 3])


def test_a_copy_is_a_list_of_its_own() -> None:
    files = read(b'{"files": [1]}')["files"]
    copy.copy(files).append(2)
    files.copy().append(2)
    assert files == [1]
