"""What a store must be able to do, so that the account state of a fleet of processes can live in it.

A store keeps texts that it does not understand, and is exclusive where it says so. What the texts mean, whether they
are encrypted, and what happens while the store is away, is the business of :mod:`shared_account_info`.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from typing_extensions import Self

from b2sdk.exception import AccountInfoError

NEVER_STORED = ""
"""The generation of a store that nothing was ever stored in, or that has lost everything."""


class AccountStoreUnavailable(AccountInfoError):
    """The store of the account state cannot be reached, or cannot be written to at the moment.

    What the store's own client raised is the cause. It is never reported as missing data.
    """

    @classmethod
    def because_of(cls, error: Exception) -> Self:
        """Return one with this cause."""
        unavailable = cls()
        unavailable.__cause__ = error
        return unavailable

    def __str__(self) -> str:
        return f"The store of the account state is unavailable ({type(self.__cause__).__name__})"


class AccountStoreUnreadable(AccountInfoError):
    """What the store holds cannot be read: it was encrypted with another key, or something else wrote it."""

    def __str__(self) -> str:
        return "What the store holds as the account state cannot be read with this key"


@dataclass(frozen=True)
class StoredState:
    """What was stored last."""

    generation: str
    """Another text for each authorization, and after each clearing."""
    payload: str | None = field(repr=False)
    """``None`` when nothing is stored."""
    now: int
    """The store's own time, in seconds since 1970."""


@dataclass(frozen=True)
class StoredUrl:
    """An upload URL that nobody uses, with its token."""

    payload: str = field(repr=False)
    generation: str
    """Of the authorization that it was obtained with."""
    expires_at: int
    """Seconds since 1970, by the store's clock."""


class AccountStore(ABC):
    """Called by many threads, processes and hosts at once. A method does all that it says, or nothing."""

    unavailable: ClassVar[tuple[type[Exception], ...]]
    """What the methods raise while the store is away, as far as the classes tell; see :meth:`translate`."""

    def translate(self, error: Exception) -> Exception:
        """Return what to raise instead of an error of a method, which may be the error itself.

        It is an :class:`AccountStoreUnavailable` while the store is away. Its text, and those of its causes, do not
        quote what was to be stored.
        """
        return AccountStoreUnavailable.because_of(error) if isinstance(error, self.unavailable) else error

    def told_as(self, error: Exception) -> Exception:
        """Call :meth:`translate`, of which this is the deprecated name; a store that overrides it overrides both."""
        warnings.warn("AccountStore.told_as is called translate now", DeprecationWarning, stacklevel=2)
        # An override that calls this one is `translate` in its class, too.
        translates = (vars(owner).get("translate") for owner in type(self).__mro__ if "told_as" not in vars(owner))
        translate = next((found for found in translates if found is not None), AccountStore.translate)
        translated: Exception = translate(self, error)
        return translated

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "told_as" in vars(cls):
            warnings.warn(f"{cls.__name__}.told_as is called translate now", DeprecationWarning, stacklevel=2)
            cls.translate = vars(cls).get("translate", cls.told_as)  # type: ignore[method-assign]  # of an older store

    @abstractmethod
    def load(self) -> StoredState:
        """Return what is stored; its generation is :data:`NEVER_STORED` when nothing ever was."""

    @abstractmethod
    def replace(self, generation: str, payload: str) -> None:
        """Store an authorization in place of the one that is there."""

    @abstractmethod
    def clear(self, generation: str) -> None:
        """Forget the authorization and the names of buckets."""

    # --- names of buckets ---

    @abstractmethod
    def buckets(self) -> list[tuple[str, str]]:
        """Return the ``(name, id)`` pairs."""

    @abstractmethod
    def replace_buckets(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Replace all stored names of buckets by pairs of name and id."""

    @abstractmethod
    def save_bucket(self, name: str, id_: str) -> None:
        """Store the id of a bucket; a name that is stored already gets the new id."""

    @abstractmethod
    def remove_bucket(self, name: str) -> None:
        """Remove the name of a bucket; an unknown one is no error."""

    @abstractmethod
    def bucket_id(self, name: str) -> str | None:
        """Return the id that is stored with a name, or ``None``."""

    @abstractmethod
    def bucket_name(self, id_: str) -> str | None:
        """Return the name that is stored with an id, or ``None``."""

    # --- upload URLs ---

    @abstractmethod
    def take_url(self, target: str) -> StoredUrl | None:
        """Remove and return an upload URL of the present generation that has not expired.

        It is removed before anybody sees it, so it goes to one caller at most, and nobody gets it when that one dies.
        """

    @abstractmethod
    def put_url(self, target: str, url: StoredUrl) -> None:
        """Keep an upload URL, once: a client that repeats what it sent must not make two of it."""

    @abstractmethod
    def drop_urls(self, target: str) -> None:
        """Forget the upload URLs for one target."""

    # --- who authorizes ---

    @abstractmethod
    def try_lock(self, holder: str, seconds: int) -> bool:
        """Become the holder of the one lock for so many seconds at most; return whether that was possible."""

    @abstractmethod
    def unlock(self, holder: str) -> None:
        """Let go of the lock, unless it has another holder by now."""

    def close(self) -> None:  # noqa: B027  # most were given what they use
        """Close the connections that are the store's own. It opens new ones when it is used again."""

    def begin_in_child(self) -> None:  # noqa: B027  # some clients see to that themselves
        """Drop the connections in a forked process, as they belong to the parent."""
