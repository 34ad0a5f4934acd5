"""Calls, written to a log."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Collection
from typing import Any, ClassVar, TypeVar

_Call = TypeVar("_Call", bound=Callable[..., Any])


class trace_call:  # noqa: N801  # a decorator
    """A decorator that writes each call and its arguments to a logger, at :attr:`LEVEL`.

    Arguments that hold secrets or content belong into ``skip``; with ``only``, all others are left out. A subclass may
    have another ``LEVEL``.
    """

    LEVEL: ClassVar[int] = logging.DEBUG

    def __init__(
        self, logger: logging.Logger, only: Collection[str] | None = None, skip: Collection[str] | None = None
    ) -> None:
        self.logger = logger
        self.only = only
        self.skip: Collection[str] | tuple[()] = skip or ()

    def __call__(self, function: _Call) -> _Call:
        signature = inspect.signature(function)
        name = function.__qualname__.rpartition("<locals>.")[2]

        @functools.wraps(function)
        def traced(*args: object, **kwargs: object) -> object:
            if self.logger.isEnabledFor(self.LEVEL):
                self._log(name, signature, args, kwargs)
            return function(*args, **kwargs)

        return traced  # type: ignore[return-value]  # the same, seen from outside

    def _log(self, name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return  # the call itself is about to say so
        bound.apply_defaults()
        shown = {key: value for key, value in bound.arguments.items() if self._is_shown(key)}
        hidden = [key for key in bound.arguments if key not in shown]
        arguments = ", ".join(f"{key}={value!r}" for key, value in shown.items())
        self.logger.log(
            self.LEVEL, "calling %s(%s)%s", name, arguments, f" (hidden args: {', '.join(hidden)})" if hidden else ""
        )

    def _is_shown(self, name: str) -> bool:
        return name not in self.skip and (self.only is None or name in self.only)
