from __future__ import annotations

import re
import string
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from b2sdk.exception import UnusableFileName
from b2sdk.values.file_name import (
    b2_url_decode,
    b2_url_encode,
    check_b2_filename,
    problem_as_stored_name,
    validate_b2_file_name,
    validate_b2_file_name_as_path,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def complaint(check: Callable[[str], None], name: str) -> str | None:
    try:
        check(name)
    except ValueError as error:
        return str(error)
    return None


# --- on the way ---


def test_all_but_letters_digits_and_five_marks_are_encoded() -> None:
    assert b2_url_encode("n ü~a/b+c(1)'!*-._#?%") == "n%20%C3%BC~a/b%2Bc%281%29%27%21%2A-._%23%3F%25"


@given(TEXT)
def test_an_encoded_name_is_plain_ascii_and_comes_back(name: str) -> None:
    encoded = b2_url_encode(name)
    assert set(encoded) <= set(string.ascii_letters + string.digits + "-._~/%")
    assert b2_url_decode(encoded) == name


def test_a_plus_is_decoded_to_a_space() -> None:
    assert b2_url_decode("a+b%2Bc") == "a b+c"


# --- what a bucket takes ---


def test_a_bucket_takes_the_names_that_it_always_took(vectors: dict[str, Any]) -> None:
    expected = vectors["validate_b2_file_name"]
    assert [[name, complaint(validate_b2_file_name, name)] for name, _ in expected] == expected


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (b"a", "file name must be a string, not bytes"),
        ("a\ud800", "file name must be valid Unicode, check locale"),
        ("", "file name too short (0 utf-8 bytes)"),
        ("/" * 1001, "file name too long (more than 1000 utf-8 bytes)"),
        ("/\\/", "file names must not start with '/'"),
        ("a\\//", "file names must not end with '/'"),
        ("a\\//b", r"file names must not contain '\'"),
        ("a//\x7f", "file names must not contain '//'"),
        ("\x7f" + "x" * 250, "file names must not contain DEL"),
        ("x" * 251, "file names segments (between '/') can be at most 250 utf-8 bytes"),
    ],
)
def test_a_bucket_reports_the_first_thing_that_is_wrong_with_a_name(name: object, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        validate_b2_file_name(name)


@pytest.mark.parametrize("name", ["é" * 125, "/".join([*["x" * 199] * 4, "x" * 200]), "a\x01", "#", "?"])
def test_a_bucket_takes_names_up_to_the_limits(name: str) -> None:
    assert complaint(validate_b2_file_name, name) is None


# --- what the raw API takes ---


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "Filename must be at least 1 character."),
        ("a\ud800", "Filename must be valid Unicode."),
        ("\n" * 1025, "Filename is too long (can be at most 1024 bytes)."),
        ("a\x01\x7f", 'Filename "a\\x01\\x7f" contains code 1 (hex 01), less than 32.'),
        ("/\x7f", "DEL character (0x7f) not allowed."),
        ("/a", "Filename may not start or end with '/'."),
        ("a/", "Filename may not start or end with '/'."),
        ("a//" + "x" * 251, 'Filename may not contain "//".'),
        ("x" * 251, "Filename segment too long (maximum 250 bytes in utf-8)."),
    ],
)
def test_the_raw_api_reports_the_first_thing_that_is_wrong_with_a_name(name: str, problem: str) -> None:
    with pytest.raises(UnusableFileName) as raised:
        check_b2_filename(name)
    assert str(raised.value) == f"Unusable file name: {problem}"


@given(TEXT)
def test_what_a_bucket_takes_the_raw_api_takes_too(name: str) -> None:
    assume(complaint(validate_b2_file_name, name) is None)
    assume(min(map(ord, name)) >= 32)
    check_b2_filename(name)  # raises otherwise


def test_the_raw_api_takes_a_backslash_and_1024_bytes() -> None:
    check_b2_filename("a\\b")
    check_b2_filename("/".join(["x" * 204] * 5))
    with pytest.raises(UnusableFileName):
        check_b2_filename("/".join(["x" * 204] * 5) + "y")


# --- what may become a local path ---


def test_names_become_paths_that_always_did(vectors: dict[str, Any]) -> None:
    expected = vectors["validate_b2_file_name_as_path"]
    assert [[name, complaint(validate_b2_file_name_as_path, name)] for name, _ in expected] == expected


@pytest.mark.parametrize("name", ["..\\a", "a\\..\\b", "a/..\\b", "a\\\\b", "a\\/b", "a/./b", "a//"])
def test_a_name_with_a_relative_component_becomes_no_path(name: str) -> None:
    assert complaint(validate_b2_file_name_as_path, name) == (
        "File names containing relative path components are not supported"
    )


@pytest.mark.parametrize("name", ["a..b", "...", "a/..b", "a.", ".a", "a\\b"])
def test_dots_inside_a_component_do_no_harm(name: str) -> None:
    assert complaint(validate_b2_file_name_as_path, name) is None


@pytest.mark.parametrize("name", ["C:/a", "c:\\a"])
@pytest.mark.parametrize(
    ("platform", "problem"),
    [("win32", "File names containing Windows drive letters are not supported"), ("linux", None)],
)
def test_drive_letters_are_refused_on_windows(
    name: str, platform: str, problem: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert complaint(validate_b2_file_name_as_path, name) == problem


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a/b", None),
        ("a\nb", "less than 32"),
        ("a\\b", "must not contain '\\'"),
        ("x" * 251, "at most 250"),
        ("/".join(["x" * 200] * 5), "more than 1000"),
    ],
)
def test_what_keeps_uploads_from_a_name_is_found_by_either_rule(name: str, problem: str | None) -> None:
    found = problem_as_stored_name(name)
    assert found is None if problem is None else found is not None and problem in found
