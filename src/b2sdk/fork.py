"""What a process made by ``fork`` must not keep using: connections, upload URLs, locks, threads.

The rule: such things are reset in the child, once, before the child uses any. Python's hooks do this where they run. A
server that forks in C (uWSGI) runs none, so code that returns such a thing calls :func:`in_this_process` first.
"""

from __future__ import annotations

import mmap
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import MethodType
from typing import Any, Generic, Protocol, TypeVar, cast
from weakref import ref

T = TypeVar("T")

_Key = tuple[int, Any]

_renewals: dict[_Key, ref[Any]] = {}
"""By id and function, the objects that live; an id is free again only when its object is gone, and not in here."""
_due: dict[_Key, ref[Any]] = {}
"""Those that have not been reset in this process yet, as it has just been made, or as that failed."""


class _Mark(Protocol):
    """Its first item is true once it was set in this process, and false in a child, however that was made."""

    def __getitem__(self, index: int, /) -> int: ...
    def __setitem__(self, index: int, value: int, /) -> None: ...


class _ProcessId:
    """A mark for systems that leave it to us to look. Where that is a system call, it takes 50 to 200 ns."""

    def __init__(self) -> None:
        self._marked = 0

    def __getitem__(self, _index: int) -> int:
        return self._marked == os.getpid()

    def __setitem__(self, _index: int, value: int) -> None:
        self._marked = os.getpid() if value else 0


def _wiped_at_fork() -> _Mark | None:
    """Return memory that Linux gives to children filled with zeros: to look at it takes 30 ns, and no system call."""
    if sys.platform != "linux":
        return None
    wipe_on_fork, unknown = 18, -1  # <linux/mman.h>; the module has no name for it
    memory = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):
        memory.madvise(wipe_on_fork)
        with suppress(OSError):
            memory.madvise(unknown)
            return None  # an emulator that says yes to everything, and does nothing
        return memory
    return None


_mark: _Mark = _wiped_at_fork() or _ProcessId()
_mark[0] = 1
_turns: dict[int, threading.RLock] = {}
"""By process, as one that was inherited may be held by a thread of the parent."""


def reset_after_fork(method: Callable[[], Any]) -> None:
    """Have the bound method called in every child that ``fork`` makes while its object lives.

    It must replace the locks of the object rather than take them: the thread that may hold one is in the parent. It
    must not call :func:`in_this_process`. What it raises is raised by that, each time, until it has succeeded.
    """
    bound, renewals, due = cast("MethodType", method), _renewals, _due
    key = id(bound.__self__), bound.__func__

    def forget(_: object) -> None:
        renewals.pop(key, None)
        due.pop(key, None)

    # Not a `WeakMethod`: when an interpreter ends, it can be gone before what it refers to, and complains on stderr.
    renewals[key] = ref(bound.__self__, forget)


def in_this_process(owner: object) -> None:
    """Reset everything registered if this is a new process; to be called before ``owner`` is used.

    If the reset of the owner failed before, it is tried again, and its error is raised.
    """
    if not _mark[0] or _due:
        _renew(owner)


class PerProcess(Generic[T]):
    """A thing of which each process has its own, made when it is first called for: ``lock = PerProcess(new_lock)``.

    That is after gevent has patched a worker which was forked before, so that greenlets can wait for the lock.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._forget()
        reset_after_fork(self._forget)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._make,)

    def __call__(self) -> T:
        """Return the one of this process."""
        if not _mark[0] or _due:
            _renew(self)
        try:
            return self._made["it"]
        except KeyError:
            return self._made.setdefault("it", self._make())

    def _forget(self) -> None:
        self._made: dict[str, T] = {}


def new_lock() -> threading.Lock:
    """Make a lock of the class that is in place now: gevent replaces it."""
    return threading.Lock()


def new_rlock() -> threading.RLock:
    """Make a lock that its holder may take again, of the class that is in place now."""
    return threading.RLock()


def leave_to_parent(inherited: object) -> None:
    """Let an object live for ever, as what it does when it is gone would be done to what belongs to the parent."""
    _inherited.append(inherited)
    with suppress(ImportError):  # a Python may lack it; then the object lives as long as this module
        import ctypes  # noqa: PLC0415  # hardly ever needed

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(inherited))


_inherited: list[object] = []


def _renew(owner: object) -> None:
    with _turns.setdefault(os.getpid(), threading.RLock()):
        if not _mark[0]:  # no other thread was faster
            # Not the items: while Python up to 3.11 makes the pairs, it may collect garbage, whose entries go.
            _due.update((key, reference) for key in list(_renewals) if (reference := _renewals.get(key)) is not None)
            _mark[0] = 1
            for key in list(_due):
                with suppress(Exception):  # raised when it is used
                    _begin_anew(key)
        for key in list(_due):
            if key[0] == id(owner):
                _begin_anew(key)


def _begin_anew(key: _Key) -> None:
    reference = _due.get(key)
    owner = None if reference is None else reference()
    if owner is not None:
        _, function = key
        function(owner)
        _due.pop(key, None)


def _renew_after_hook() -> None:
    _mark[0] = 0  # a child in another namespace of processes may have the same id
    _renew(None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_after_hook)
