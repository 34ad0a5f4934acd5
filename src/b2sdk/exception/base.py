"""What every error carries, and whether a retry may help: of the same request, or of an upload with another URL."""

from __future__ import annotations

import re
from abc import ABCMeta
from typing import Any

from typing_extensions import Self


class B2Error(Exception, metaclass=ABCMeta):
    """Any error this package raises about B2, other than plain ``ValueError`` and ``TypeError`` for bad arguments."""

    retry_after_seconds: int | None = None
    """How long the service asked to wait before the next attempt; ``None`` if it did not say."""
    server_status: int | None = None
    """The HTTP status of the response that this error reports; ``None`` if there was no response from the service."""
    server_code: str | None = None
    """The error code in that response."""
    server_message: str | None = None
    """The error message in that response."""
    host: str | None = None
    """Scheme, host and port of the failed request."""
    attempts: int = 1
    """How many times that request was sent."""

    def __init__(self, *args: object, retry_after_seconds: int | None = None) -> None:
        super().__init__(*args)
        self.retry_after_seconds = retry_after_seconds

    def __reduce__(self) -> tuple[Any, ...]:
        # The default protocol calls the class with `args`, which the constructors below do not accept. Errors cross
        # process boundaries in worker pools, so they are rebuilt from their state instead.
        return _rebuild, (type(self), self.args), self.__dict__

    def in_place_of(self, error: B2Error) -> Self:
        """Copy the details of the response and the request from the error that this one replaces; return this one."""
        self.server_status, self.server_code = error.server_status, error.server_code
        self.server_message = error.server_message
        self.host, self.attempts = error.host, error.attempts
        return self

    @property
    def prefix(self) -> str:
        """The class name as words: ``FileAlreadyHidden`` gives ``File already hidden``, ``SSECKeyError``
        ``Ssec key error``.
        """
        words = re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<!^)(?=[A-Z][a-z])", type(self).__name__.removeprefix("B2"))
        return " ".join(words).capitalize()

    def should_retry_http(self) -> bool:
        """Whether the same request may be sent again, after a wait."""
        return False

    def should_retry_upload(self) -> bool:
        """Whether the upload may be sent again, at once, to a fresh upload URL."""
        return False


def _rebuild(cls: type[B2Error], args: tuple[object, ...]) -> B2Error:
    return cls.__new__(cls, *args)


class B2SimpleError(B2Error):
    """An error whose text is its class name, as words, and its arguments."""

    def __str__(self) -> str:
        return f"{self.prefix}: {super().__str__()}"


class TransientErrorMixin:
    """Marks transient failures: both the request and the upload may be retried."""

    def should_retry_http(self) -> bool:
        """Return whether a call that raised this is sent again: always."""
        return True

    def should_retry_upload(self) -> bool:
        """Return whether an upload that raised this is sent to another upload URL: always."""
        return True


_rebuild.__module__ = "b2sdk.exception"


def publish_as(module: str, *values: object) -> None:
    """Let the classes of errors among these have the path under which b2sdk prints them.

    Tracebacks print the module of a class, and programs match that text. These modules can be imported, which pickles
    need.
    """
    for value in values:
        if isinstance(value, type) and issubclass(value, B2Error | TransientErrorMixin):
            value.__module__ = module


publish_as("b2sdk._internal.exception", B2Error, B2SimpleError, TransientErrorMixin)
