"""What the modules of a package import, each name followed to the module that defines it.

Read from the source, nothing is run. Found are import statements anywhere in a module, modules that are imported by
their name (``importlib.import_module``, ``__import__``, ``LazyModule``, ``LazyAttribute``), names that a lazy package
has from its stub, and attributes of all of these. Imports by a name that is not in the source are reported as such.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

IMPORTERS = {"importlib.import_module", "importlib.__import__", "builtins.__import__"}


class Ref(NamedTuple):
    """Something by the name of a module, and attributes from there on."""

    module: str
    attributes: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return ".".join([self.module, *self.attributes])


class Use(NamedTuple):
    """One place where a module refers to something that it imports."""

    ref: Ref
    for_types: bool
    """Whether only type checkers look there: under ``TYPE_CHECKING``, or in an annotation."""


class Module:
    """One file."""

    def __init__(self, name: str, path: Path, source: str, package: str) -> None:
        self.name = name
        self.is_package = path.stem == "__init__"
        self._lazy = f"{package}.lazy"
        self._tree = ast.parse(source)
        self._names: dict[str, list[Ref]] = {"__import__": [Ref("builtins", ("__import__",))]}
        """What is imported, anywhere in the file, by the name that it has here."""
        self.bound: dict[str, list[Ref]] = {}
        """What is imported so that others find it here."""
        self.defined: set[str] = set()
        """What is made here, and not inside of a function or class."""
        for node in ast.walk(self._tree):
            self._bind(node, self._names)
        for node in _at_the_top(self._tree):
            self._bind(node, self.bound)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.defined.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.defined.add(node.id)
        self.defined -= self.bound.keys()
        self.uses: list[Use] = []
        self.is_unresolved = False
        """Whether something is imported whose name is not written there."""
        self._read(self._tree, for_types=path.suffix == ".pyi")

    def _bind(self, node: ast.AST, names: dict[str, list[Ref]]) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for ref, name in self._imported(node):
                names.setdefault(name, []).append(ref)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name, value in _pairs(target, node.value):
                    known = names.get(name, [])
                    # Attributes only once: `node = node.parent` would have no end.
                    if refs := [ref for ref in self._refs(value) if not (known and ref.attributes)]:
                        names[name] = [*known, *(ref for ref in refs if ref not in known)]

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[Ref, str]]:
        """Yield what the statement imports, by the name that it gives it."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.name if alias.asname else alias.name.split(".")[0]
                yield Ref(bound), alias.asname or bound
        else:
            for alias in node.names:
                yield Ref(self._origin(node), (alias.name,)), alias.asname or alias.name

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parents = self.name.split(".")
        kept = parents[: len(parents) - node.level + self.is_package]
        return ".".join([*kept, node.module] if node.module else kept)

    def _refs(self, node: ast.expr) -> list[Ref]:
        """Return what an expression may stand for."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id, [])
        if isinstance(node, ast.Attribute):
            return [Ref(ref.module, (*ref.attributes, node.attr)) for ref in self._refs(node.value)]
        if not isinstance(node, ast.Call):
            return []
        if isinstance(node.func, ast.Name) and node.func.id == "getattr":
            owner, name = node.args[0], _text(node.args[1])
            return [Ref(ref.module, (*ref.attributes, name)) for ref in self._refs(owner) if name]
        return [ref for ref in [self._imported_by_name(node)] if ref is not None]

    def _imported_by_name(self, call: ast.Call) -> Ref | None:
        """Return what a call imports; without a name if that is not written there."""
        texts = [_text(argument) or "" for argument in [*call.args, *(word.value for word in call.keywords)]]
        if self._is_call_of(call, *IMPORTERS, f"{self._lazy}.LazyModule"):
            return Ref(texts[0])
        if self._is_call_of(call, f"{self._lazy}.LazyAttribute"):
            return Ref(texts[0], (texts[1],))
        return None

    def _is_call_of(self, call: ast.Call, *functions: str) -> bool:
        return any(ref.full_name in functions for ref in self._refs(call.func))

    def _read(self, node: ast.AST, *, for_types: bool) -> None:
        if isinstance(node, ast.Import):
            self.uses += (Use(Ref(alias.name), for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            self.uses += (Use(ref, for_types) for ref, _ in self._imported(node))
        elif isinstance(node, (ast.Attribute, ast.Call)):
            refs = self._refs(node)
            self.is_unresolved |= any(not ref.module or "" in ref.attributes for ref in refs)
            # A `LazyModule` is imported where something of it is used.
            is_later = isinstance(node, ast.Call) and self._is_call_of(node, f"{self._lazy}.LazyModule")
            self.uses += (Use(ref, for_types or is_later) for ref in refs if ref.module)
        for name, value in ast.iter_fields(node):
            is_for_types = for_types or name in ("annotation", "returns") or self._is_for_types(node, name)
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self._read(child, for_types=is_for_types)

    def _is_for_types(self, node: ast.AST, branch: str) -> bool:
        if not isinstance(node, ast.If):
            return False
        is_negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
        test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
        is_asked = any(ref.attributes == ("TYPE_CHECKING",) for ref in self._refs(test))
        return is_asked and branch == ("orelse" if is_negated else "body")

    def is_lazy(self) -> bool:
        """Whether the names of the package are those of its stub."""
        return any(use.ref.full_name == f"{self._lazy}.make_lazy" for use in self.uses)


def _at_the_top(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what is not inside of a function or class, blocks of statements included."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, its_value in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, its_value)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


class Package:
    """All modules below a directory.

    What comes through one of ``facades``, packages whose whole purpose is to show names of others, is the facade's.
    """

    def __init__(self, root: Path, facades: Collection[str] = (), added: Mapping[str, str] | None = None) -> None:
        """``added`` is by module what its source is read with besides, at its end."""
        self.name = root.name
        self._root = root
        self.facades = facades
        self._added = added or {}
        # A stub alone is a module for type checkers.
        self._paths = {
            self._name_of(path): path for suffix in ("pyi", "py") for path in sorted(root.rglob(f"*.{suffix}"))
        }
        self._read: dict[str, Module] = {}

    def _name_of(self, path: Path) -> str:
        parts = [self.name, *path.relative_to(self._root).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def path(self, module: str) -> Path:
        return self._paths[module]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._paths))

    def _module(self, name: str) -> Module:
        if name not in self._read:
            module = self._read[name] = self._parsed(name, self._paths[name])
            if module.is_lazy():
                stub = self._parsed(name, self._paths[name].with_suffix(".pyi"))
                module.bound |= stub.bound
                module.uses += (use._replace(for_types=False) for use in stub.uses)
        return self._read[name]

    def _parsed(self, name: str, path: Path) -> Module:
        return Module(name, path, path.read_text(encoding="utf-8") + self._added.get(name, ""), self.name)

    def reached(self, name: str, *, for_types: bool = True) -> set[str]:
        """Return the modules that one has its names from: each that defines one, and those that it comes through.

        What is outside of the package is there with its full name. The package itself, which is imported with each of
        its modules, is not. Without ``for_types``, only what is imported when a program runs.
        """
        uses = [use for use in self._module(name).uses if for_types or not use.for_types]
        return {passed for use in uses for passed in self._passed(use.ref)} - {self.name, name}

    def unresolved(self) -> set[str]:
        """Return the modules with imports that their source does not show."""
        return {name for name in self if self._module(name).is_unresolved}

    def _passed(self, ref: Ref, seen: frozenset[Ref] = frozenset()) -> Iterator[str]:
        """Yield the modules that lead to the definition, which is in the last one; names outside by their full name."""
        module, attributes = ref
        if module.split(".")[0] != self.name:
            yield ref.full_name
            return
        if module not in self._paths:  # a name that is imported as if it were a module
            parent, _, last = module.rpartition(".")
            yield from self._passed(Ref(parent, (last, *attributes)), seen)
            return
        yield module
        if not attributes or module in self.facades or ref in seen:
            return
        for origin in self._origins(self._module(module), attributes[0]):
            yield from self._passed(Ref(origin.module, (*origin.attributes, *attributes[1:])), seen | {ref})

    def _origins(self, module: Module, name: str) -> list[Ref]:
        """Return where a name of the module comes from; nothing if it is made there."""
        if name == "*":
            return [ref for name, refs in module.bound.items() if not name.startswith("_") for ref in refs]
        if name in module.bound:
            return module.bound[name]
        if name in module.defined:
            return []
        if f"{module.name}.{name}" in self._paths:
            return [Ref(f"{module.name}.{name}")]
        return [Ref(ref.module, (name,)) for ref in module.bound.get("*", []) if self._has(ref.module, name)]

    def _has(self, module: str, name: str) -> bool:
        if module not in self._paths:
            return False
        known = self._module(module)
        return name in known.defined or bool(self._origins(known, name))

    def imports(self, name: str, *, for_types: bool) -> set[str]:
        """Return the modules of the package that are executed for one that imports from them.

        That is also the packages around them, apart from those around the importing module, which are being executed.
        """
        executed = set()
        for use in self._module(name).uses:
            if use.for_types and not for_types:
                continue
            module = use.ref.module
            for attribute in use.ref.attributes:
                if f"{module}.{attribute}" not in self._paths or attribute in self._bound_in(module):
                    break
                module = f"{module}.{attribute}"
            if module in self._paths:
                around = _around(module) - _around(name) - {name}
                executed |= around | ({module} - {self.name})
        return executed - {name}

    def _bound_in(self, module: str) -> Collection[str]:
        return self._module(module).bound if module in self._paths else ()

    def cycle(self, *, for_types: bool, apart_from: Collection[tuple[str, str]] = ()) -> list[str]:
        """Return modules of which each imports the one before it, the first and the last being the same; or none."""
        graph = {
            name: {other for other in self.imports(name, for_types=for_types) if (name, other) not in apart_from}
            for name in self
        }
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            found: list[str] = error.args[1]
            return found
        return []


def _around(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts))}
