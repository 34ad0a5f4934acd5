from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.entries import Entries, one_at_a_time, page_with_entries
from b2sdk.exception import InvalidJsonResponse

if TYPE_CHECKING:
    from collections.abc import Callable

texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["]", '"]', "]}", '],"files":[', "\\]"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
entries = st.lists(values, max_size=5)
rests = st.fixed_dictionaries({}, optional={"nextFileName": st.none() | texts, "nextFileId": st.none() | texts})
layouts = st.sampled_from(
    [{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"indent": "\t", "ensure_ascii": False}]
)


def read(content: bytes) -> Any:
    with one_at_a_time():
        return page_with_entries(content)


@given(entries, rests, layouts)
def test_a_page_is_what_it_is_when_decoded_at_once(
    entries: list[Any], rest: dict[str, Any], layout: dict[str, Any]
) -> None:
    page = read(json.dumps({"files": entries, **rest}, **layout).encode())
    if any("]" in str(value) for value in rest.values()):
        assert page is None or page == {"files": entries, **rest}
    else:
        assert list(page["files"]) == entries
        assert page == {"files": entries, **rest}


@given(entries, rests, layouts, st.data())
def test_a_damaged_page_is_never_another_page(
    entries: list[Any], rest: dict[str, Any], layout: dict[str, Any], data: st.DataObject
) -> None:
    whole = json.dumps({"files": entries, **rest}, **layout).encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 3, len(whole))))
    content = whole[:start] + data.draw(st.sampled_from([b"", b",", b"]", b"}", b"[", b'"', b"\xff"])) + whole[end:]
    page = read(content)
    if page is not None:
        assert decoded(lambda: {**page, "files": list(page["files"])}) == decoded(lambda: json.loads(content))


def decoded(decode: Callable[[], Any]) -> Any:
    try:
        return decode()
    except (InvalidJsonResponse, json.JSONDecodeError):
        return "no JSON"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"buckets": []}',
        b'{"files": null}',
        b'{"files": [',
        b'{"nextFileName": null, "files": []}',
        b'{"files": [], "nextFileName": "]"}',
        b'{"files": []} []',
        b'{"files": ["\xff"]}',
        b'\xef\xbb\xbf{"files": []}',
        b'{"files": [], "nested": ' + b"[" * 100_000,
    ],
)
def test_what_is_not_laid_out_like_a_page_is_left_to_be_decoded_at_once(content: bytes) -> None:
    assert read(content) is None


def test_a_page_that_nobody_wants_so_is_left_to_be_decoded_at_once() -> None:
    assert page_with_entries(b'{"files": [1]}') is None


def test_what_is_wrong_with_an_entry_is_told_when_it_is_reached() -> None:
    found = iter(read(b'{"files": [1, 2, oops, 4], "nextFileName": null}')["files"])
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(InvalidJsonResponse, match="oops"):
        next(found)


@pytest.mark.parametrize("files", [b'1], "files": [2', b"1,", b"1,,2", b"1 2", b",", b"1, ", b"[" * 100_000])
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
