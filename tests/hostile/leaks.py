"""Checks everything that the tests log or print: no log, warning, error or output may contain a secret.

Secrets are known by their forms, as the simulator makes them, and customer keys by having been made. Loggers of the
package and of what it sends with are read as if at DEBUG; other handlers get only what they would get without this.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

from b2sdk.exception import B2Error
from b2sdk.values.encryption import EncryptionKey

WATCHED = ("b2sdk", "urllib3", "requests")
FORMS = re.compile(
    r"""
      4_[0-9A-Za-z-]+_[0-9a-f]{8}_[0-9a-f]{6}_acct_[\w-]{20}    # account token
    | 4_[0-9a-f]{24}_[0-9a-f]{14}_up(?:ld|lg)_[\w-]{20}         # upload token
    | 3_[0-9a-f]{14}_[0-9a-f]{32}_001_\d+_\d{4}_dnld            # download authorization
    | K001[\w-]{27}                                             # application key
    """,
    re.VERBOSE,
)
PLAIN = re.compile(r"(?<![\w-])test-key(?![\w-])|(?<![\w/-])(?:masterKey-|appKey|auth_token_)\d+(?![\w-])")
"""The default key of a server, and what the simulator in the process counts. As names, Hypothesis finds them in the
source and tries them."""
SHORTEST_CUSTOMER_KEY = 16
"""Bytes. Shorter ones are made in tests as placeholders, and are words."""


class Leaks:
    """Where secrets were seen."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._customer_keys: dict[str, None] = {}
        self.are_logs_watched = True
        self.are_names_secret = True
        """Whether what reads like a name is a secret, too."""

    def know(self, key: EncryptionKey) -> None:
        """Remember a customer key in every form in which it may be printed."""
        secret = key.secret
        if secret is not None and len(secret) >= SHORTEST_CUSTOMER_KEY:
            for form in (repr(secret)[2:-1], secret.hex(), base64.b64encode(secret).decode()):
                self._customer_keys[form] = None

    def look(self, text: str, where: str) -> None:
        """Note a secret in a text."""
        is_told = FORMS.search(text) or (self.are_names_secret and PLAIN.search(text))
        if is_told or any(key in text for key in self._customer_keys):
            self._seen.append(f"{where}: {text}")

    def look_at_error(self, error: BaseException | None, depth: int = 5) -> None:
        """Note secrets in an error and those it came of."""
        if error is None or depth == 0:
            return
        with contextlib.suppress(Exception):  # a test may have made one that cannot be printed
            self.look(f"{error}\n{error!r}\n{error.args}", type(error).__name__)
        for other in (error.__cause__, error.__context__):
            self.look_at_error(other, depth - 1)

    def take(self) -> list[str]:
        """Return what was seen since the last time."""
        seen, self._seen = self._seen, []
        self._customer_keys.clear()
        return seen

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look at every record, warning and error of the package."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._watching_logs())
            stack.enter_context(self._watching_warnings())
            stack.enter_context(self._watching_errors())
            stack.enter_context(self._watching_keys())
            yield

    def _watching_logs(self) -> contextlib.AbstractContextManager[None]:
        is_enabled, handle = logging.Logger.isEnabledFor, logging.Logger.handle

        def is_watched(logger: logging.Logger, level: int) -> bool:
            return is_enabled(logger, level) or (self.are_logs_watched and logger.name.startswith(WATCHED))

        def watch(logger: logging.Logger, record: logging.LogRecord) -> None:
            if logger.filter(record):
                self.look(record.getMessage(), f"log of {record.name}")
                if record.exc_info:
                    self.look_at_error(record.exc_info[1])
            if is_enabled(logger, record.levelno):
                handle(logger, record)

        return replaced(logging.Logger, isEnabledFor=is_watched, handle=watch)

    def _watching_warnings(self) -> contextlib.AbstractContextManager[None]:
        warn: Any = warnings.warn

        def watch(
            message: Warning | str, category: Any = None, stacklevel: int = 1, source: Any = None, **more: Any
        ) -> None:
            self.look(str(message), "warning")
            warn(message, category, stacklevel + 1, source, **more)

        return replaced(warnings, warn=watch)

    def _watching_errors(self) -> contextlib.AbstractContextManager[None]:
        def watch(error: B2Error) -> None:
            self.look_at_error(error)

        # When it ends, an error has its text and its causes; to keep it until then would keep what its frames hold.
        return replaced(B2Error, __del__=watch)

    def _watching_keys(self) -> contextlib.AbstractContextManager[None]:
        init: Any = EncryptionKey.__init__

        def watch(key: EncryptionKey, *args: Any, **kwargs: Any) -> None:
            init(key, *args, **kwargs)
            self.know(key)

        return replaced(EncryptionKey, __init__=watch)


@contextlib.contextmanager
def replaced(owner: Any, **attributes: Any) -> Iterator[None]:
    """Let attributes be others for a while."""
    before = {name: vars(owner).get(name) for name in attributes}
    for name, value in attributes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
