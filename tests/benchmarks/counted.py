"""A workload of the benchmarks, with an eye on what it does to the files in its directory; see ``test_counts.py``."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import workloads
from typing_extensions import Self

COUNTS: Counter[str] = Counter()


class CountedEntry:
    """An entry of a directory, whose looks at the file count; the type is known from the directory."""

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self._entry = entry
        self._was_looked_at = False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        COUNTS["stat"] += not self._was_looked_at  # it remembers
        self._was_looked_at = True
        return self._entry.stat(follow_symlinks=follow_symlinks)

    def __fspath__(self) -> str:
        return self._entry.path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)


class CountedScan:
    def __init__(self, path: Any) -> None:
        COUNTS["scandir"] += 1
        self._found = SCANDIR(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._found.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> CountedEntry:
        return CountedEntry(next(self._found))

    def close(self) -> None:
        self._found.close()


SCANDIR = os.scandir


def counted(name: str, directory: str) -> Callable[..., Any]:
    look = getattr(os, name)

    def counting(path: Any, *args: Any, **kwargs: Any) -> Any:
        COUNTS["stat"] += not isinstance(path, int) and os.fspath(path).startswith(directory)
        return look(path, *args, **kwargs)

    return counting


def main(name: str, url: str, directory: str, count: str, size: str) -> None:
    inside = directory + os.sep

    def hear(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str) and args[0].startswith(inside):
            COUNTS["open"] += 1

    work = workloads.WORKLOADS[name](workloads.Task(url, directory, int(count), int(size)))
    for function in ("stat", "lstat"):
        setattr(os, function, counted(function, inside))
    os.scandir = CountedScan  # type: ignore[assignment]
    sys.addaudithook(hear)
    work()
    sys.stdout.write(json.dumps(COUNTS))


if __name__ == "__main__":
    main(*sys.argv[1:])
