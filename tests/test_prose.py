"""The words of the project: those of the glossary in CONTRIBUTING.md, and no phrase that reads as a translation.

Searched are docstrings, comments, the texts of errors and logs, and Markdown; code in backticks or fences is left out.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent

REPLACED = {
    r"answer(s|ed|ing)?": "response; respond, return",
    r"told(?! (apart|otherwise))": "reported; called with, received",
    r"tells? (of|its|no|them)": "reports, contains",
    r"hears?( of)?": "is called with, receives",
    r"go(es|ing|ne)? on (with|beside)|went on with|gone on": "resume, continue",
    r"be it": "even if, also",
    r"one (behind|beside) the other": "in order, one after the other",
    r"to be entered": "a context manager that ...",
    r"who asks?": "the caller",
    r"somebody('s)?": "another thread, process, program or user",
    r"who(m)?ever": "code that, programs that",
    r"doors?": "front end",
    r"lent|lend(s|ing)?|loan(s|ed)?": "leased; lease",
    r"call(s|ed|ing)? off": "cancel",
    r"br(eak|eaks|oken|oke|eaking) off": "cancel, abort",
    r"at hand": "current",
    r"anew": "again; starts over",
    r"one's( own)?": "your own; custom",
    r"in the place of": "instead of",
    r"noted|notes? down|notes (what|which|that|how|who|where|whether|the|a|it)": "record",
    r"from \d+ on": "starting at",
    r"tid(y|ies|ied|ying)( up)?": "clean up",
    r"questions?": "request, call",
    r"a look|looks at files": "check; call of stat",
    r"glued?": "assembled",
    r"cannot be(?=[,;.:]| are\b| is\b)": "cannot exist, is not valid",
    r"settle[sd]?": "resolve, determine, finish",
    r"stands? (there|here|where|at|in the|twice|beside)": "is",
    r"to be (had|seen)": "available; visible",
    r"lest": "so that ... not",
    r"(is|are|was|were|arrives?|arrived|be) whole(?! (days|numbers|seconds))": "complete",
    r"begun": "started",
    r"in circles|in a circle": "in a cycle",
    r"beforehand": "in advance, before",
    r"(replies|reply)": "response",
    r"other people's": "third-party",
}
"""What is not written, as a regular expression in which a space is any white space, and what to write."""

LOGGING = {"debug", "info", "warning", "error", "exception", "critical", "log", "warn"}


_SOUGHT = re.compile(rf"\b(?:{'|'.join(REPLACED)})\b".replace(" ", r"\s+"))
_TOKEN = re.compile(
    r'(?P<docstring>"""(?:[^\\]|\\.)*?""")'
    r"|(?P<comment>\#[^\n]*(?:\n[ \t]*\#[^\n]*)*)"
    r"|(?P<literal>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')",
    re.DOTALL,
)
_CODE = re.compile(r"``[^`]*``|`[^`\n]*`|\]\([^)\n]*\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


class Phrase(NamedTuple):
    """A phrase of a text that is to be replaced."""

    start: int
    written: str


def blank(match: re.Match[str]) -> str:
    """Replace what was found by spaces, so that everything stays at its line."""
    return re.sub(r"[^\n]", " ", match[0])


def found_in(text: str) -> Iterator[Phrase]:
    for match in _SOUGHT.finditer(_CODE.sub(blank, text).lower()):
        yield Phrase(match.start(), " ".join(match[0].split()))


def instead_of(phrase: str) -> str:
    """Return what to write in place of a phrase that was found."""
    return next(instead for sought, instead in REPLACED.items() if re.match(sought.replace(" ", r"\s+"), phrase + "."))


@functools.lru_cache(maxsize=1)
def message_lines(source: str) -> set[int]:
    """Return the lines on which the texts of errors and logs are."""
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Raise)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGING)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def found_in_python(source: str) -> Iterator[Phrase]:
    for token in _TOKEN.finditer(source):
        kind, text = token.lastgroup, token[0]
        if kind == "comment":
            text = re.sub(r"(?<=\n)[ \t]*#", blank, text)
        for phrase in found_in(text):
            if kind != "literal" or (source.count("\n", 0, token.start()) + 1 in message_lines(source)):
                yield phrase._replace(start=token.start() + phrase.start)


def found_in_markdown(text: str) -> Iterator[Phrase]:
    return found_in(_FENCE.sub(blank, text))


def documents() -> Iterator[tuple[str, Iterator[Phrase]]]:
    """Yield the path of each file that people read, and what is to be replaced in it."""
    python = [path for folder in ("src", "tests", "examples", "benchmarks") for path in (ROOT / folder).rglob("*.py*")]
    for path in sorted([*python, ROOT / "noxfile.py", *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]):
        if path.suffix == ".md":
            # The glossary names what is not written.
            text = re.sub(r"^## Words\n.*", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
            yield path.relative_to(ROOT).as_posix(), found_in_markdown(text)
        elif path.suffix in {".py", ".pyi"}:
            yield path.relative_to(ROOT).as_posix(), found_in_python(path.read_text("utf-8"))


def test_prose_has_the_words_of_the_glossary() -> None:
    found = [
        f"{path}: {phrase.written!r} instead of: {instead_of(phrase.written)}"
        for path, phrases in documents()
        for phrase in phrases
    ]

    assert found == []


@pytest.mark.parametrize(
    ("source", "phrases"),
    [
        ('def f():\n    """Return the answer."""\n', ["answer"]),
        ("x = 1  # gone\n# on with\n", ["gone on with"]),
        ('raise ValueError(f"{name} is told twice")\n', ["told"]),
        ('_logger.debug("called off")\n', ["called off"]),
        ('"""The ``answer`` of :meth:`told`; they are told apart."""\n', []),
        ('answer = "answer"  # response\n', []),
        ('"""One behind\n    the other."""', ["one behind the other"]),
    ],
)
def test_what_is_found_in_python(source: str, phrases: list[str]) -> None:
    assert [phrase.written for phrase in found_in_python(source)] == phrases


def test_what_is_found_in_markdown() -> None:
    text = "The answer is\ntold to `answer`.\n\n```python\n# answer\n```\n[here](answers.json): doors\n"

    assert [phrase.written for phrase in found_in_markdown(text)] == ["answer", "told", "doors"]
