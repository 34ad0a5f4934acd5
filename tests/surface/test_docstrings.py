"""What ``help`` shows of what users meet: each public method says what it does, and what each of its parameters is."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import b2sdk.v3
from b2sdk import docstrings

CLASSES = [
    "ApplicationKey",
    "B2Api",
    "Bucket",
    "BucketFactory",
    "DownloadVersion",
    "DownloadedFile",
    "FileVersion",
    "FullApplicationKey",
    "UnfinishedLargeFile",
]
SURFACES = ["v0", "v1", "v2", "v3"]
PASSED_ON = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def classes() -> Iterator[tuple[str, type]]:
    for surface in SURFACES:
        module = importlib.import_module(f"b2sdk.{surface}")
        for name in CLASSES:
            if hasattr(module, name):
                yield f"{surface}.{name}", getattr(module, name)


def methods() -> Iterator[tuple[str, Any]]:
    for path, cls in classes():
        for name in dir(cls):
            member = inspect.getattr_static(cls, name)
            is_method = inspect.isfunction(getattr(member, "__func__", member))
            if is_method and (name == "__init__" or not name.startswith("_")):
                yield f"{path}.{name}", getattr(cls, name)


def described(doc: str) -> list[str]:
    """Return the parameters that a docstring has a sentence for, in its order."""
    return re.findall(r"^:param (\w+): \S", doc, re.MULTILINE)


@pytest.mark.parametrize(("path", "method"), [pytest.param(*one, id=one[0]) for one in methods()])
def test_a_public_method_has_a_docstring_that_describes_each_parameter(path: str, method: Any) -> None:
    doc = inspect.getdoc(method) or ""
    parameters = inspect.signature(method).parameters
    named = [name for name, one in parameters.items() if one.kind not in PASSED_ON and name != "self"]
    assert doc, path
    if len(named) == len(parameters) - ("self" in parameters):
        assert described(doc) == named, path
    else:
        assert described(doc)[: len(named)] == named, path


@pytest.mark.parametrize(("path", "method"), [pytest.param(*one, id=one[0]) for one in methods()])
def test_each_error_of_a_docstring_has_its_sentence(path: str, method: Any) -> None:
    doc = inspect.getdoc(method) or ""
    assert re.findall(r"^:raises ", doc, re.MULTILINE) == re.findall(r"^:raises (?=[\w.]+: \S)", doc, re.MULTILINE), (
        path
    )


def test_what_is_looked_at_is_much() -> None:
    assert len(dict(methods())) > 250


def test_help_says_what_a_keyword_is_its_unit_and_default_and_what_is_raised() -> None:
    doc = inspect.getdoc(b2sdk.v3.Bucket.upload_local_file) or ""
    for sentence in (
        ":param sha1_sum: the SHA-1 of the content as hex digits, if it is known already; ``None`` computes it.",
        ":param custom_upload_timestamp: milliseconds since the epoch, in place of the time of the upload;",
        ":raises InvalidUploadSource: ",
        ":raises BadFileInfo: ",
    ):
        assert sentence in doc


def test_every_sentence_of_the_tables_is_used() -> None:
    docs = [inspect.getdoc(method) or "" for _, method in methods()]
    used = {(kind, name) for doc in docs for kind, name in re.findall(r"^:(param|raises) (\w+):", doc, re.MULTILINE)}
    assert {("param", name) for name in docstrings.PARAMETERS} | {
        ("raises", name) for name in docstrings.ERRORS
    } <= used


# --- completing a docstring ---


@docstrings.documented
class Shop:
    """A class with methods."""

    def __init__(self, api: object) -> None:
        pass

    def buy(self, own: int, file_name: str) -> None:
        """Buy something.

        More of it.

        :param own: what only this method has,
            in two lines.
        :return: nothing.
        :raises TypeError: for a reason of its own.
        :raises B2Error, ValueError:
        """

    @classmethod
    def sell(cls, *, file_name: str) -> None:
        """Sell something."""

    def close(self) -> None:
        """Close."""

    def _hide(self, file_name: str) -> None:
        """Hide."""


def test_parameters_come_in_their_order_and_errors_after_them() -> None:
    assert inspect.getdoc(Shop.buy) == "\n".join(
        [
            "Buy something.",
            "",
            "More of it.",
            "",
            ":param own: what only this method has,",
            "    in two lines.",
            f":param file_name: {docstrings.PARAMETERS['file_name']}",
            ":return: nothing.",
            ":raises TypeError: for a reason of its own.",
            f":raises B2Error: {docstrings.ERRORS['B2Error']}",
            f":raises ValueError: {docstrings.ERRORS['ValueError']}",
        ]
    )


def test_class_methods_are_completed_and_what_takes_nothing_or_is_private_stays() -> None:
    assert inspect.getdoc(Shop.sell) == f"Sell something.\n\n:param file_name: {docstrings.PARAMETERS['file_name']}"
    assert Shop.close.__doc__ == "Close."
    assert Shop._hide.__doc__ == "Hide."  # that it stays is what is shown
    assert Shop.__init__.__doc__ is None


def test_an_error_without_a_sentence_is_noticed() -> None:
    def close(shop: Shop) -> None:
        """Close.

        :raises NoSuchError:
        """

    with pytest.raises(KeyError, match="NoSuchError"):
        docstrings.completed(close, close.__doc__ or "")


def test_the_lines_of_a_sentence_of_the_table_are_indented_as_others() -> None:
    doc = inspect.getdoc(b2sdk.v3.Bucket.upload_local_file) or ""
    continued = [line for line in doc.splitlines() if line.startswith(" ")]
    assert len(continued) > 5
    assert [line for line in continued if not re.match(r" {4}\S", line)] == []
