"""Old names that still work, and say that they are old."""

from __future__ import annotations

import functools
import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from b2sdk.version import VERSION

_Call = TypeVar("_Call", bound=Callable[..., Any])


class FeaturePreviewWarning(FutureWarning):
    """What warns of it may change before it is final."""


class Renaming:
    """Something that has had another name since one version, and will lose the old one in another."""

    WHAT: ClassVar[str]
    ALTERNATIVE_DECORATOR: ClassVar[str]

    def __init__(
        self,
        changed_version: str,
        cutoff_version: str | None = None,
        reason: str = "",
        current_version: str | None = None,
    ) -> None:
        self.changed_version = changed_version
        self.cutoff_version = cutoff_version
        self.reason = reason
        self.current_version: str = current_version or VERSION

    def _check_versions(self) -> None:
        """Check that the old name ends after it began to be old.

        :raises AssertionError: it does not.
        """
        if self.cutoff_version is not None and version_numbers(self.changed_version) >= version_numbers(
            self.cutoff_version
        ):
            raise AssertionError(
                f"{self.changed_version} is not before {self.cutoff_version}, so this {self.WHAT} was never old;"
                f" did you mean {self.ALTERNATIVE_DECORATOR}?"
            )


def version_numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


class rename_argument(Renaming):  # noqa: N801  # a decorator
    """A decorator for a function whose argument ``source`` is called ``target`` now.

    The old name, given by keyword, still works and warns.
    """

    WHAT: ClassVar[str] = "argument"
    ALTERNATIVE_DECORATOR: ClassVar[str] = "discourage_argument"

    def __init__(
        self,
        source: str,
        target: str,
        changed_version: str,
        cutoff_version: str | None = None,
        reason: str = "",
        current_version: str | None = None,
    ) -> None:
        super().__init__(changed_version, cutoff_version, reason, current_version)
        self.source = source
        self.target = target

    def __call__(self, func: _Call) -> _Call:
        """Decorate.

        :raises AssertionError: the function has no such argument, or (when it is called) both names are given.
        """
        self._check_versions()
        parameters = inspect.signature(func).parameters.values()
        if all(parameter.name != self.target and parameter.kind != parameter.VAR_KEYWORD for parameter in parameters):
            raise AssertionError(
                f"{self.target!r} is not an argument of the decorated function so it cannot be remapped to from a"
                " deprecated parameter name"
            )

        @functools.wraps(func)
        def renamed(*args: object, **kwargs: object) -> object:
            if self.source in kwargs:
                kwargs = renamed_argument(func.__name__, self.source, self.target, kwargs, self._when())
            return func(*args, **kwargs)

        return renamed  # type: ignore[return-value]  # the same, seen from outside

    def _when(self) -> str:
        end = (
            f" Support for the old name is going to be dropped in {self.cutoff_version}." if self.cutoff_version else ""
        )
        return f" in version {self.changed_version}.{end}"


def renamed_argument(
    function: str, source: str, target: str, kwargs: dict[str, Any], when: str, *, stacklevel: int = 3
) -> dict[str, Any]:
    """Return the keyword arguments with the new name in place of the old one, which is there, and warn.

    :raises AssertionError: the new one is there as well.
    """
    if target in kwargs:
        raise AssertionError(f"both argument names were provided: {source!r} (deprecated) and {target!r} (new)")
    warnings.warn(
        f"{source!r} is a deprecated argument for {function!r} function/method - it was renamed to {target!r}{when}",
        DeprecationWarning,
        stacklevel=stacklevel,
    )
    return {(target if name == source else name): value for name, value in kwargs.items()}


class rename_function(Renaming):  # noqa: N801  # a decorator
    """A decorator for the old name of a function, which is ``target`` (or has that name) now; calling it warns."""

    WHAT: ClassVar[str] = "function"
    ALTERNATIVE_DECORATOR: ClassVar[str] = "discourage_function"

    def __init__(
        self,
        target: str | Callable[..., Any],
        changed_version: str,
        cutoff_version: str | None = None,
        reason: str = "",
        current_version: str | None = None,
    ) -> None:
        super().__init__(changed_version, cutoff_version, reason, current_version)
        self.target: str = target if isinstance(target, str) else target.__name__

    def __call__(self, func: _Call) -> _Call:
        self._check_versions()

        @functools.wraps(func)
        def moved(*args: object, **kwargs: object) -> object:
            warnings.warn(
                f"{func.__name__!r} is deprecated since version {self.changed_version} - it was moved to"
                f" {self.target!r}, please switch to use that. The proxy for the old name is going to be removed in"
                f" {self.cutoff_version}.",
                DeprecationWarning,
                stacklevel=2,
            )
            return func(*args, **kwargs)

        return moved  # type: ignore[return-value]  # the same, seen from outside
