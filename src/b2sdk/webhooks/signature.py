"""Signatures of notifications, and the secrets that they are made with.

The service signs the body of a request with the secret of the rule: ``v1=`` and the HMAC-SHA256 in hex. Nothing that it
signs says when. So a notification that is sent again is as valid as before; only its event ids show it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as randomness
import string
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from b2sdk.exception import B2SimpleError
from b2sdk.values.notification import (
    NotificationRule,
    NotificationRuleResponse,
    notification_rule_response_to_request,
)

Secrets = str | Sequence[str] | Callable[[], Sequence[str]]
"""One signing secret, several, or what returns those that are valid now."""

_SECRET_LENGTH = 32
_SECRET = re.compile(rf"[A-Za-z0-9]{{{_SECRET_LENGTH}}}")
_VERSION = "v1="


class InvalidSignature(B2SimpleError):
    """A notification is not signed, or not with a secret that is known here: it may be anybody's."""


def verify_signature(body: bytes, signature: str | None, secrets: Secrets) -> None:
    """Refuse a body that none of the secrets has signed, in a time that says nothing about them.

    :raises InvalidSignature: there is no signature, or a wrong one.
    :raises ValueError: there is no secret, or an empty one.
    """
    known = _list_of(secrets)
    if not signature:
        raise InvalidSignature("the notification is not signed")
    # While a secret is changed, there may be several signatures.
    given = [part.strip().encode("utf-8", "replace") for part in signature.split(",")]
    right = [(_VERSION + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()).encode() for secret in known]
    if not any([hmac.compare_digest(one, other) for one in right for other in given]):  # noqa: C419  # all of them
        raise InvalidSignature("no known secret has signed the notification")


def check_secrets(secrets: Secrets) -> None:
    """Refuse secrets with which nothing could ever be verified, unless they are found out later.

    :raises ValueError: there is none, or an empty one.
    """
    if not callable(secrets):
        _list_of(secrets)


def _list_of(secrets: Secrets) -> list[str]:
    found = secrets() if callable(secrets) else secrets
    known = [found] if isinstance(found, str) else list(found)
    if not known or not all(known):
        raise ValueError("a webhook needs a signing secret that is not empty")
    return known


def new_signing_secret() -> str:
    """Return a random secret of the form that the service asks for: 32 letters and digits."""
    return "".join(randomness.choice(string.ascii_letters + string.digits) for _ in range(_SECRET_LENGTH))


def with_signing_secret(
    rules: Iterable[NotificationRule | NotificationRuleResponse], secret: str, *, rule_name: str | None = None
) -> list[NotificationRule]:
    """Return the rules of a bucket with another secret, ready for ``set_notification_rules``.

    The service has no call that changes a secret: all rules of a bucket are set at once. Notifications that are under
    way are still signed with the old secret, so a webhook should know both for some time.

    :param rules: what ``get_notification_rules`` returned; they are not changed.
    :param secret: 32 letters and digits; see :func:`new_signing_secret`.
    :param rule_name: the only rule that gets the secret; by default, all of them do.
    :raises ValueError: the secret has another form, or there is no rule of this name.
    """
    if not _SECRET.fullmatch(secret):
        raise ValueError(f"a signing secret consists of {_SECRET_LENGTH} letters and digits")
    new = [notification_rule_response_to_request(cast("NotificationRuleResponse", rule)) for rule in rules]
    chosen = [rule for rule in new if rule_name is None or rule["name"] == rule_name]
    if rule_name is not None and not chosen:
        raise ValueError(f"there is no notification rule {rule_name!r}")
    for rule in chosen:
        rule["targetConfiguration"] = {**rule["targetConfiguration"], "hmacSha256SigningSecret": secret}
    return new
