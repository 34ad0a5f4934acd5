"""What a process made by ``fork`` must not go on using: connections, pairs that serve one upload, locks, threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import MethodType
from typing import Any, cast
from weakref import ref

_renewals: dict[tuple[int, Any], ref[Any]] = {}
"""By function and id, the objects that live; an id is free again only when its object is gone, and not in here."""


def renew_in_children(method: Callable[[], Any]) -> None:
    """Have the bound method called in every child that ``fork`` makes while its object lives.

    It must replace the locks of the object rather than take them: the thread that may hold one is in the parent.
    """
    bound, renewals = cast("MethodType", method), _renewals
    key = id(bound.__self__), bound.__func__
    # Not a `WeakMethod`: when an interpreter ends, it can be gone before what it refers to, and complains on stderr.
    renewals[key] = ref(bound.__self__, lambda _: renewals.pop(key, None))


def _renew() -> None:
    for (_, function), reference in list(_renewals.items()):
        owner = reference()
        if owner is not None:
            function(owner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
