from __future__ import annotations

from pathlib import Path

import pytest
from tests.imports import Package

SOURCES = {
    "__init__.py": "",
    "lazy.py": "class LazyAttribute: ...\nclass LazyModule: ...\ndef make_lazy(name): ...\n",
    "high/__init__.py": "from pack.high.maker import Thing\n",
    "high/maker.py": "import threading\nclass Thing: ...\nother = 1\n",
    "between.py": "from pack.high.maker import Thing\n",
    "assigned.py": "from pack.high import maker\nThing = maker.Thing\n",
    "starred.py": "from pack.high.maker import *\nclass Own: ...\n",
    "shown/__init__.py": "from pack.lazy import make_lazy\nmake_lazy(__name__)\n",
    "shown/__init__.pyi": "from pack.high.maker import Thing as Thing\n",
}


def package_of(directory: Path, sources: dict[str, str], *, facades: tuple[str, ...] = ()) -> Package:
    root = directory / "pack"
    for name, source in {"__init__.py": "", "lazy.py": SOURCES["lazy.py"], **sources}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return Package(root, facades)


def low(directory: Path, statements: str, **options: tuple[str, ...]) -> Package:
    """Return a package whose module ``low`` consists of the statements."""
    return package_of(directory, {**SOURCES, "low.py": statements}, **options)


AS_MODULE_OR_NAME = [
    "import pack.high.maker",
    "import pack.high.maker as m",
    "from pack.high import maker",
    "from pack.high.maker import Thing",
    "from pack.high.maker import Thing as Other",
    "from .high.maker import Thing",
    "from .high import maker",
    "import sys, pack.high.maker",
    "from pack.high.maker import *",
]
RE_EXPORTED = [
    "from pack.high import Thing",
    "from pack.between import Thing",
    "from pack.assigned import Thing",
    "from pack.starred import Thing",
    "from pack.starred import *",
    "from pack.starred import other",
    "from pack import between as node\nnode = node.Thing\n" + "node = node.parent\n" * 30,
    "from pack.shown import Thing",
    "from pack import between\nbetween.Thing()",
    "import pack.between as b\nb.Thing()",
    "import pack\npack.high.maker.Thing()",
    "import pack\np = pack\np.between.Thing()",
    "import pack.high\ngetattr(pack.high, 'maker').Thing()",
]
INSIDE = [
    "def late():\n    from pack.high.maker import Thing",
    "async def late():\n    import pack.high.maker",
    "class Some:\n    def late(self):\n        from pack.high.maker import Thing",
    "class Some:\n    from pack.high.maker import Thing",
    "try:\n    import pack.high.maker\nexcept ImportError:\n    pass",
    "if False:\n    pass\nelse:\n    import pack.high.maker",
    "with open('x'):\n    import pack.high.maker",
]
BY_NAME = [
    "import importlib\nimportlib.import_module('pack.high.maker')",
    "from importlib import import_module as load\nload(name='pack.high.maker')",
    "import importlib\nThing = importlib.import_module('pack.between').Thing",
    "__import__('pack.high.maker')",
    "late = lambda: __import__('pack.high.maker')",
    "from pack.lazy import LazyAttribute\nclass Some:\n    CLASS = LazyAttribute('pack.high.maker', 'Thing')",
    "from pack import lazy\nclass Some:\n    CLASS = lazy.LazyAttribute('pack.high', 'Thing')",
    "from pack.lazy import LazyModule\nmaker = LazyModule('pack.high.maker')\nmaker.Thing()",
    "from pack.lazy import LazyModule\nb: object = LazyModule('pack.between')\nb.Thing()",
    "from pack.lazy import LazyModule\na, b = 1, LazyModule('pack.between')\nb.Thing()",
]
FOR_TYPES = [
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pack.high.maker import Thing",
    "import typing as t\nif t.TYPE_CHECKING:\n    import pack.high.maker",
    "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    pass\nelse:\n    import pack.high.maker",
    "from pack.lazy import LazyModule\nmaker = LazyModule('pack.high.maker')",
    "from pack.lazy import LazyModule\nmaker = LazyModule('pack.high.maker')\ndef f(x: maker.Thing) -> None: ...",
    "from pack.lazy import LazyModule\nmaker = LazyModule('pack.high.maker')\ndef f() -> maker.Thing: ...",
]
RUNNING = [*AS_MODULE_OR_NAME, *RE_EXPORTED, *INSIDE, *BY_NAME]


@pytest.mark.parametrize("statements", RUNNING)
def test_what_is_imported_is_followed_to_the_module_that_defines_it(statements: str, tmp_path: Path) -> None:
    package = low(tmp_path, statements)
    assert "pack.high.maker" in package.reached("pack.low", for_types=False)
    assert package.unresolved() == set()


@pytest.mark.parametrize("statements", FOR_TYPES)
def test_what_only_type_checkers_are_told_is_known_as_such(statements: str, tmp_path: Path) -> None:
    package = low(tmp_path, statements)
    assert "pack.high.maker" in package.reached("pack.low")
    assert "pack.high.maker" not in package.reached("pack.low", for_types=False)


@pytest.mark.parametrize(
    "statements",
    [
        "",
        "'pack.high.maker'",
        "from pack.starred import Own",
        "from pack.lazy import LazyAttribute as maker",
        "class LazyAttribute:\n    def __init__(self, *names): ...\nLazyAttribute('pack.high.maker', 'Thing')",
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    pass",
    ],
)
def test_what_imports_nothing_reaches_nothing(statements: str, tmp_path: Path) -> None:
    assert "pack.high.maker" not in low(tmp_path, statements).reached("pack.low")


def test_the_modules_that_a_name_comes_through_are_reached_too(tmp_path: Path) -> None:
    package = low(tmp_path, "from pack.between import Thing")
    assert package.reached("pack.low") == {"pack.between", "pack.high.maker"}


def test_what_comes_through_a_facade_is_of_the_facade(tmp_path: Path) -> None:
    package = low(tmp_path, "from pack.shown import Thing", facades=("pack.shown",))
    assert package.reached("pack.low") == {"pack.shown"}


@pytest.mark.parametrize(
    "statements",
    [
        "import threading\nthreading.Thread()",
        "import threading as t\nt.Thread()",
        "from threading import Thread",
        "from pack.high.maker import threading\nthreading.Thread()",
        "from pack.high import maker\nmaker.threading.Thread()",
    ],
)
def test_what_is_outside_has_its_full_name(statements: str, tmp_path: Path) -> None:
    assert "threading.Thread" in low(tmp_path, statements).reached("pack.low", for_types=False)


@pytest.mark.parametrize(
    "statements",
    [
        "import importlib\nimportlib.import_module(some_name)",
        "import importlib\nimportlib.import_module(f'pack.{some_name}')",
        "from pack.lazy import LazyAttribute\nLazyAttribute('pack.high', some_name)",
        "from pack.lazy import LazyModule\nLazyModule(some_name)",
        "def late(name):\n    return __import__(name)",
    ],
)
def test_an_import_whose_name_is_not_written_there_is_reported(statements: str, tmp_path: Path) -> None:
    assert low(tmp_path, statements).unresolved() == {"pack.low"}


@pytest.mark.parametrize("statements", [*RUNNING, *FOR_TYPES[:3]])
def test_a_circle_is_found_however_it_is_closed(statements: str, tmp_path: Path) -> None:
    sources = SOURCES | {"low.py": statements, "high/maker.py": SOURCES["high/maker.py"] + "import pack.low\n"}
    cycle = package_of(tmp_path, sources).cycle(for_types=True)
    assert {"pack.low", "pack.high.maker"} <= set(cycle)
    assert cycle[0] == cycle[-1]


@pytest.mark.parametrize("statements", FOR_TYPES)
def test_a_circle_for_type_checkers_is_none_when_a_program_runs(statements: str, tmp_path: Path) -> None:
    sources = SOURCES | {"low.py": statements, "high/maker.py": SOURCES["high/maker.py"] + "import pack.low\n"}
    package = package_of(tmp_path, sources)
    assert package.cycle(for_types=False) == []
    assert package.cycle(for_types=True, apart_from={("pack.low", "pack.high"), ("pack.low", "pack.high.maker")}) == []


def test_the_packages_around_a_module_are_executed_with_it(tmp_path: Path) -> None:
    sources = {"a.py": "import pack.b.inner", "b/__init__.py": "import pack.a", "b/inner.py": ""}
    assert set(package_of(tmp_path, sources).cycle(for_types=False)) == {"pack.a", "pack.b"}


def test_modules_of_a_package_that_imports_them_make_no_circle(tmp_path: Path) -> None:
    sources = {"b/__init__.py": "from pack.b.one import x", "b/one.py": "from pack.b import two", "b/two.py": ""}
    assert package_of(tmp_path, sources).cycle(for_types=False) == []


def test_a_module_that_has_a_name_from_the_package_around_it_closes_a_circle(tmp_path: Path) -> None:
    sources = {"b/__init__.py": "from pack.b.one import x\ny = 1", "b/one.py": "from pack.b import y"}
    assert set(package_of(tmp_path, sources).cycle(for_types=False)) == {"pack.b", "pack.b.one"}


def test_modules_that_show_each_others_names_are_followed_once(tmp_path: Path) -> None:
    sources = {"a.py": "from pack.b import x", "b.py": "from pack.a import x", "c.py": "from pack.a import x"}
    assert package_of(tmp_path, sources).reached("pack.c") == {"pack.a", "pack.b"}


def test_a_source_can_be_read_with_something_added(tmp_path: Path) -> None:
    package = low(tmp_path, "")
    changed = Package(tmp_path / "pack", added={"pack.low": "\nimport pack.between\n"})
    assert (package.reached("pack.low"), changed.reached("pack.low")) == (set(), {"pack.between"})
