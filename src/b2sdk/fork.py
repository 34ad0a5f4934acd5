"""What a process made by ``fork`` must not go on using: connections, pairs that serve one upload, locks, threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

_renewals: set[WeakMethod[Callable[[], Any]]] = set()


def renew_in_children(method: Callable[[], Any]) -> None:
    """Have the bound method called in every child that ``fork`` makes while its object lives.

    It must replace the locks of the object rather than take them: the thread that may hold one is in the parent.
    """
    _renewals.add(WeakMethod(method, _renewals.discard))


def _renew() -> None:
    for reference in list(_renewals):
        method = reference()
        if method is not None:
            method()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
