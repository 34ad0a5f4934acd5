"""The documents do what they say: their programs run, their commands exist, their links lead somewhere."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from b2sdk.protocol_constants import REALM_URLS
from b2sdk.simulator import SimulatorServer

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NEED_LIBRARIES = {"docs/cluster.md", "docs/data.md"}
"""Documents whose programs import libraries for clusters and data; tests/integrations/dask and tests/data run them."""


class Fence(NamedTuple):
    """A fenced block of a document."""

    language: str
    content: str
    lines_before: int


def tokens_of(document: Path) -> list[Token]:
    return MarkdownIt().enable("table").parse(document.read_text("utf-8"))


def fences_of(document: Path) -> Iterator[Fence]:
    for token in tokens_of(document):
        if token.type == "fence" and token.map is not None:
            yield Fence(token.info.strip(), token.content, token.map[0] + 1)


def run_python_of(document: Path) -> None:
    """Run the document as one program, whose lines have the numbers that they have in the document.

    What awaits outside of functions runs in one event loop, as in ``python -m asyncio``.
    """
    namespace: dict[str, Any] = {"__name__": document.stem, "__builtins__": builtins}
    with event_loop() as loop:
        for fence in fences_of(document):
            if fence.language == "python":
                source = "\n" * fence.lines_before + fence.content
                code = compile(source, document, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
                run = FunctionType(code, namespace)  # that the documents run is what is tested
                if inspect.iscoroutinefunction(run):
                    loop.run_until_complete(run())
                else:
                    run()


@contextmanager
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    try:
        yield loop
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


PROGRAMS = [
    path
    for path in DOCUMENTS
    if any(fence.language == "python" for fence in fences_of(path)) and name_of(path) not in NEED_LIBRARIES
]


@pytest.fixture
def reader(service: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user with an account, the examples, and an empty home, which is the working directory."""
    service.cloud.partners.enable(service.account_id)
    service.cloud.partners.create_group(service.account_id, "Customers")
    service.cloud.computers.add(service.account_id, "laptop")
    monkeypatch.setitem(REALM_URLS, "production", service.url)
    monkeypatch.setenv("B2_APPLICATION_KEY_ID", service.key_id)
    monkeypatch.setenv("B2_APPLICATION_KEY", service.key)
    for variable in ("B2_ACCOUNT_INFO", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("document", PROGRAMS, ids=name_of)
def test_the_python_of_a_document_runs(document: Path) -> None:
    run_python_of(document)


@pytest.mark.parametrize(
    "name", ["README.md", "docs/account_info.md", "docs/asyncio.md", "docs/partner.md", "docs/tutorial.md"]
)
def test_the_documents_for_users_have_programs(name: str) -> None:
    assert ROOT / name in PROGRAMS


def test_a_failure_is_reported_at_its_line_of_the_document(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("# Title\n\n```python\nvalue = 0\n```\n\nText\n\n```python\nvalue\n1 / value\n```\n", "utf-8")

    with pytest.raises(ZeroDivisionError) as caught:
        run_python_of(document)

    last = traceback.extract_tb(caught.tb)[-1]
    assert (last.filename, last.lineno, last.line) == (str(document), 11, "1 / value")


def test_the_readme_begins_with_two_commands() -> None:
    first_block = next(fences_of(ROOT / "README.md"))

    quickstart, tests = first_block.content.splitlines()

    assert quickstart.endswith("nox -s quickstart")
    assert tests.endswith("nox -s tests")


def test_the_page_on_switching_names_the_oldest_versions_that_are_declared() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.scripts]")[0]
    declared = re.findall(r'"([\w-]+(?:[<>=]=?[\d.]+,?)+)[;"]', project.partition("\ndependencies = ")[2])
    pythons = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)

    page = (ROOT / "docs" / "switching.md").read_text("utf-8")

    assert len(declared) > 10
    assert [requirement for requirement in declared if f"`{requirement}`" not in page] == []
    assert f"Python {pythons[0]} to {pythons[-1]}" in page


def sessions_in_the_noxfile() -> set[str]:
    functions = (
        node for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    )
    return {
        function.name
        for function in functions
        if any(ast.unparse(decorator).startswith("nox.session") for decorator in function.decorator_list)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_the_nox_sessions_that_a_document_names_exist(document: Path) -> None:
    named = " ".join(re.findall(r"\bnox -s ([a-z_ ]+)", document.read_text("utf-8")))

    assert set(named.split()) <= sessions_in_the_noxfile()


def links_of(document: Path) -> Iterator[str]:
    for token in tokens_of(document):
        for inline in token.children or ():
            target = str(inline.attrGet("href") or inline.attrGet("src") or "").partition("#")[0]
            if target and not re.match(r"[a-z]+:", target):
                yield target


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_the_relative_links_of_a_document_lead_somewhere(document: Path) -> None:
    broken = [target for target in links_of(document) if not (document.parent / target).exists()]

    assert broken == []
