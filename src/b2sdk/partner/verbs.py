"""What makes of a flow the verb of a client that blocks, with its parameters, docstring and result."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, ParamSpec, TypeVar

from b2sdk import blocking

P = ParamSpec("P")
T = TypeVar("T")
_NameOnly = Callable[..., None]
_Verb = TypeVar("_Verb", bound=Callable[..., Any])


def runs(
    flow: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]],
) -> Callable[[_NameOnly], Callable[Concatenate[Any, P], T]]:
    """Make of the decorated method, which is only a name, one that runs a flow of ``self.flows``."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return blocking.run(flow(self.flows, *args, **kwargs))

    return lambda name_only: present_as(name_only, flow, call)


def iterates(
    flow: Callable[Concatenate[Any, P], AsyncGenerator[Iterator[T], None]],
) -> Callable[[_NameOnly], Callable[Concatenate[Any, P], Iterator[T]]]:
    """Make of the decorated method one that iterates over what the batches of a flow have."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return blocking.iterate(flow(self.flows, *args, **kwargs))

    return lambda name_only: present_as(name_only, flow, call, "Iterator[{}]")


def present_as(name_only: _NameOnly, flow: Callable[..., Any], verb: _Verb, result: str | None = None) -> _Verb:
    """Give a verb the name of the decorated method, and the docstring and signature of its flow."""
    signature = inspect.signature(flow)
    if result is not None:
        item = str(signature.return_annotation).removeprefix("AsyncGenerator[Iterator[").partition("]")[0]
        signature = signature.replace(return_annotation=result.format(item))
    verb.__name__, verb.__qualname__, verb.__module__ = flow.__name__, name_only.__qualname__, name_only.__module__
    verb.__doc__ = flow.__doc__
    verb.__signature__ = signature  # type: ignore[attr-defined]  # inspect reads it
    return verb
