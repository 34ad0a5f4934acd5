"""Two arguments of uploads from before v3: ``file_infos`` for ``file_info``, and ``cache_control`` beside it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from b2sdk.deprecation import renamed_argument

_WHEN = ". Support for the old name is going to be dropped in v3."


class WithOlderArguments:
    """For the body of a subclass: the inherited method, which takes the older arguments too.

    The cache control is put into ``file_info`` unless the inherited method has an argument for it.
    """

    def __init__(self, inherited: Callable[..., Any], *, keeps_cache_control: bool = False) -> None:
        self._is_of_class = inspect.ismethod(inherited)
        self._function: Callable[..., Any] = getattr(inherited, "__func__", inherited)
        self._keeps_cache_control = keeps_cache_control

    def __set_name__(self, owner: type, name: str) -> None:
        """Make the method, now that it is known which class it is in."""
        signature = _with_older_parameters(inspect.signature(self._function))
        cache_control = list(signature.parameters).index("cache_control")
        folds = not self._keeps_cache_control

        def call(self_or_class: Any, /, *args: Any, **kwargs: Any) -> Any:
            # `super()` finds the inherited method now: programs replace it.
            inherited = getattr(super(owner, self_or_class), name)
            if "file_infos" in kwargs:
                kwargs = renamed_argument(name, "file_infos", "file_info", kwargs, _WHEN)
            if folds and (len(args) >= cache_control or "cache_control" in kwargs):
                args, kwargs = _folded(signature.bind(self_or_class, *args, **kwargs))
            return inherited(*args, **kwargs)

        call.__name__, call.__qualname__ = name, f"{owner.__qualname__}.{name}"
        call.__doc__ = self._function.__doc__
        call.__signature__ = signature  # type: ignore[attr-defined]  # inspect reads it
        setattr(owner, name, classmethod(call) if self._is_of_class else call)


def _with_older_parameters(signature: inspect.Signature) -> inspect.Signature:
    """Return the signature up to ``cache_control``, which is added if need be; what follows is taken as it comes."""
    kind = inspect.Parameter
    parameters = [parameter for parameter in signature.parameters.values() if parameter.kind != kind.KEYWORD_ONLY]
    names = [parameter.name for parameter in parameters]
    if "cache_control" in names:
        parameters = parameters[: names.index("cache_control") + 1]
    else:
        parameters.append(kind("cache_control", kind.POSITIONAL_OR_KEYWORD, default=None, annotation="str | None"))
    rest = [kind("args", kind.VAR_POSITIONAL), kind("kwargs", kind.VAR_KEYWORD)]
    return signature.replace(parameters=[*parameters, *rest])


def _folded(bound: inspect.BoundArguments) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what follows the first argument, with the cache control in the file info (in the very object, if any)."""
    bound.apply_defaults()
    cache_control = bound.arguments.pop("cache_control")
    if cache_control is not None:
        if bound.arguments["file_info"] is None:
            bound.arguments["file_info"] = {}
        bound.arguments["file_info"]["b2-cache-control"] = cache_control
    extras, named = bound.arguments.pop("args"), bound.arguments.pop("kwargs")
    _self_or_class, *arguments = bound.arguments.values()
    return (*arguments, *extras), named
