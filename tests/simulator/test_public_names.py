"""What `help()` shows of the names of `b2sdk.simulator`: every field and every parameter is described."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

import pytest

import b2sdk.simulator

# Calls of RawSimulator are described where they are declared.
CLASSES = [getattr(b2sdk.simulator, name) for name in b2sdk.simulator.__all__ if name != "RawSimulator"]


def body_of(cls: type) -> list[ast.stmt]:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    return tree.body


def is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def undescribed_fields(body: list[ast.stmt]) -> Iterator[str]:
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not is_text(following):
            yield node.target.id


def undescribed_parameters(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef) and (not node.name.startswith("_") or node.name == "__init__"):
            text = ast.get_docstring(node) or ""
            names = [argument.arg for argument in [*node.args.args, *node.args.kwonlyargs] if argument.arg != "self"]
            yield from (f"{node.name}: {name}" for name in names if name not in text)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_public_class_describes_what_it_has(cls: type) -> None:
    body = body_of(cls)
    assert inspect.getdoc(cls)
    assert list(undescribed_parameters(body)) == []
    assert [name for name in undescribed_fields(body) if not name.startswith("_")] == []


def test_what_is_not_described_is_found() -> None:
    body = ast.parse('x: int\ny: int\n"""The y."""\ndef f(self, a, b):\n    """Take `a`."""\n').body
    assert list(undescribed_fields(body)) == ["x"]
    assert list(undescribed_parameters(body)) == ["f: b"]
