"""Attempts at something that may fail, each a block that is entered again until one succeeds::

    attempts = ...
    while True:
        with attempts:
            return send()

An exception in the block ends its attempt, and no more. Where the next one would begin it is decided whether there is
one, and after which wait; if there is none, that is where the exception goes on. It is outside of any ``except``, so
that errors do not have those of earlier attempts as their context.

``async with attempts`` is the same for calls that are awaited.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType

from typing_extensions import Self

from b2sdk import blocking


class Attempts(ABC):
    """The attempts at one thing, and the one that is being made."""

    number: int = 0
    """Of the attempt, counted from 1."""
    failure: Exception | None = None
    """What ended the attempt, until the next one begins."""

    @abstractmethod
    async def recover(self, failure: Exception) -> Exception | None:
        """Do what lets another attempt be of use, such as waiting, or return the error that is to be raised instead."""

    def __enter__(self) -> Self:
        if self.failure is not None:
            try:
                error = blocking.run(self.recover(self.failure))
            finally:
                self.failure = None
            self._begin_again(error)
        self.number += 1
        return self

    async def __aenter__(self) -> Self:
        if self.failure is not None:
            try:
                error = await self.recover(self.failure)
            finally:
                self.failure = None
            self._begin_again(error)
        self.number += 1
        return self

    def _begin_again(self, error: Exception | None) -> None:
        if error is not None:
            try:
                raise error
            finally:
                del error  # which leads to this frame

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        if not isinstance(exc_val, Exception):
            return False
        self.failure = exc_val
        return True

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        return self.__exit__(exc_type, exc_val, exc_tb)
