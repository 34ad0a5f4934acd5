"""Accounts, application keys, and the tokens that authorize calls.

What belongs here is who is known to the cloud and for how long. What a key may do is in ``permissions``.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from b2sdk.protocol_constants import ALL_CAPABILITIES
from b2sdk.simulator.cloud import names, permissions
from b2sdk.simulator.cloud.model import Account, Dialect, Key, Token
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.cloud.state import State

LONGEST_KEY_LIFE: Final = 86_400_000
"""Seconds; a key must live shorter than that, which is 1000 days."""


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """What is asked of a key that is to be created."""

    name: str
    capabilities: Sequence[str]
    bucket_ids: Sequence[str] | None = None
    name_prefix: str | None = None
    seconds_to_live: int | None = None
    dialect: Dialect


def _check_dialect(key: Key, dialect: Dialect) -> None:
    if key.needs_v4 and dialect < 4:
        raise bad_request(f"This request is not currently supported on API version {dialect}")


class Keys:
    """The accounts, their keys, and the tokens given out for them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create_account(
        self, account_id: str | None = None, key_id: str | None = None, secret: str | None = None
    ) -> Account:
        """Create an account whose master key may do everything. What is not given is made up."""
        made_up_id, made_up_secret = self._state.ids.account()
        account_id = account_id or made_up_id
        master = Key(
            key_id=key_id or account_id,
            secret=secret or made_up_secret,
            account_id=account_id,
            name="master",
            capabilities=tuple(ALL_CAPABILITIES),
            is_master=True,
        )
        account = self._state.accounts[account_id] = Account(account_id, master)
        self._state.keys[master.key_id] = self._state.keys[account_id] = master
        self._state.report_change(master)
        return account

    def authorize(self, key_id: str, secret: str, dialect: Dialect) -> Token:
        """Return a new token; 401 ``unauthorized`` for wrong credentials, 400 for a key that needs a newer version."""
        key = self._state.keys.get(key_id)
        if key is None or not hmac.compare_digest(key.secret.encode(), secret.encode()) or self._is_expired(key):
            raise Refusal(
                "unauthorized",
                "The applicationKeyId or the applicationKey are wrong.",
                headers={"WWW-Authenticate": 'BASIC realm="authorize_account"'},
            )
        _check_dialect(key, dialect)
        expires_at = self._state.clock.now() + self._state.policy.token_lifetime
        token = Token(self._state.ids.account_token(key.key_id), key, expires_at)
        self._state.tokens[token.text] = token
        self._state.report_change(token)
        return token

    def authenticate(self, text: str) -> Token:
        """Return the token spelled ``text``; 401 ``bad_auth_token`` or ``expired_auth_token`` if it is not valid."""
        token = self._state.tokens.get(text)
        if token is None or (token.key.deleted and self._state.policy.checks_keys):
            raise Refusal("bad_auth_token", "Invalid authorization token")
        if token.expires_at <= self._state.clock.now() or token.calls_left == 0 or self._is_expired(token.key):
            raise Refusal("expired_auth_token", "Authorization token has expired")
        if token.calls_left is not None:
            token.calls_left -= 1
        return token

    def expire(self, text: str) -> None:
        """Let a token expire now; ``KeyError`` if none is spelled so."""
        self._state.tokens[text].expires_at = 0
        self._state.report_change(self._state.tokens[text])

    def _is_expired(self, key: Key) -> bool:
        is_over = key.expires_at is not None and key.expires_at <= self._state.clock.now()
        return is_over and self._state.policy.checks_keys

    def create(self, caller: Key, new: NewKey) -> Key:
        """Create an application key."""
        names.check_key_name(new.name)
        if self._state.policy.checks_keys:
            self._check_capabilities(new)
            for bucket_id in new.bucket_ids or ():
                self._state.bucket(bucket_id, caller.account_id)
        expires_at = self._expiry(new.seconds_to_live)
        key_id, secret = self._state.ids.key(caller.account_id)
        key = Key(
            key_id=key_id,
            secret=secret,
            account_id=caller.account_id,
            name=new.name,
            capabilities=tuple(dict.fromkeys(new.capabilities)),
            bucket_ids=None if new.bucket_ids is None else tuple(dict.fromkeys(new.bucket_ids)),
            name_prefix=new.name_prefix,
            expires_at=expires_at,
            needs_v4=new.dialect == 4 and new.bucket_ids is not None,
        )
        self._state.keys[key_id] = self._state.accounts[caller.account_id].keys[key_id] = key
        self._state.report_change(key)
        return key

    def _check_capabilities(self, new: NewKey) -> None:
        if not new.capabilities:
            raise bad_request("capabilities must not be empty")
        if unknown := set(new.capabilities) - permissions.KNOWN_CAPABILITIES:
            raise bad_request(f"Unknown capabilities: {', '.join(sorted(unknown))}")
        if new.bucket_ids is None:
            return
        if not new.bucket_ids:
            raise bad_request("bucketIds must not be empty")
        if misplaced := set(new.capabilities) & permissions.ACCOUNT_CAPABILITIES:
            raise bad_request(f"Not possible for a key of single buckets: {', '.join(sorted(misplaced))}")

    def _expiry(self, seconds: int | None) -> int | None:
        if seconds is None:
            return None
        if not 0 < seconds < LONGEST_KEY_LIFE + (not self._state.policy.checks_keys):
            raise Refusal("bad_json", "valid duration must be greater than 0, and less than 1000 days in seconds")
        return self._state.clock.now() + seconds * 1000

    def delete(self, caller: Key, key_id: str, dialect: Dialect) -> Key:
        """Delete an application key; its tokens stop working."""
        keys = self._state.accounts[caller.account_id].keys
        key = keys.get(key_id)
        if key is None:
            raise bad_request(f"application key does not exist: {key_id}")
        _check_dialect(key, dialect)
        key.deleted = True
        del keys[key_id], self._state.keys[key_id]
        self._state.report_change(key)
        return key

    def list(self, caller: Key, dialect: Dialect, start: str, limit: int) -> tuple[list[Key], str | None]:
        """Return up to ``limit`` keys with ids from ``start`` on, and the id where the next page begins.

        The master key and expired keys are not listed; nor are, before version 4, keys of several buckets.
        """
        shown = [
            key
            for key_id, key in sorted(self._state.accounts[caller.account_id].keys.items())
            if key_id >= start and not self._is_expired(key) and (dialect == 4 or len(key.bucket_ids or ()) < 2)
        ]
        return shown[:limit], shown[limit].key_id if len(shown) > limit else None
