"""How a verb that is awaited says that it takes what the one that blocks takes: parameters, their checks, docstring."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from b2sdk.values.argument import arguments_checked

P = ParamSpec("P")
Awaited = TypeVar("Awaited", bound="Coroutine[Any, Any, Any] | AsyncGenerator[Any, None]")
"""What a verb returns."""
_SelfT = TypeVar("_SelfT")


def verb(
    blocking: Callable[Concatenate[Any, P], object],
) -> Callable[[Callable[Concatenate[_SelfT, ...], Awaited]], Callable[Concatenate[_SelfT, P], Awaited]]:
    """Give the decorated method the parameters and the docstring of the verb that blocks.

    The arguments are looked at when it is called, before anything is awaited. They come to the method as they were
    given, by position or by name.

    :raises TypeError: an argument is missing, unknown, or of another kind than its parameter.
    """

    def decorate(method: Callable[Concatenate[_SelfT, ...], Awaited]) -> Callable[Concatenate[_SelfT, P], Awaited]:
        accepted = inspect.signature(blocking)
        look = arguments_checked(_looking_like(blocking))
        bound: set[tuple[object, ...]] = set()  # binding takes longer than all else that is done before a request

        @wraps(method)
        def call(self: _SelfT, /, *args: P.args, **kwargs: P.kwargs) -> Awaited:
            shape = (len(args), *kwargs)
            if shape not in bound:
                accepted.bind(self, *args, **kwargs)
                bound.add(shape)
            look(self, *args, **kwargs)
            return method(self, *args, **kwargs)

        returned = inspect.signature(method).return_annotation
        call.__doc__ = blocking.__doc__
        call.__signature__ = accepted.replace(return_annotation=returned)  # type: ignore[attr-defined]  # inspect reads it
        if sys.version_info >= (3, 12) and inspect.iscoroutinefunction(method):
            inspect.markcoroutinefunction(call)
        return call

    return decorate


def _looking_like(function: Callable[..., object]) -> Callable[..., None]:
    @wraps(function)
    def nothing(*_args: object, **_kwargs: object) -> None: ...

    return nothing
