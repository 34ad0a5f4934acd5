"""Account state in Redis, or what speaks its protocol, for all processes that use it. Needs the extra ``redis``.

Each method is one script or command, so it is done as a whole and in one round trip, however often the client repeats
it after a broken connection.
"""

from __future__ import annotations

import inspect
import itertools
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

try:
    from redis import Redis, RedisCluster
    from redis.exceptions import (
        AskError,
        ClusterError,
        ConnectionError,  # noqa: A004
        InvalidResponse,
        OutOfMemoryError,
        ReadOnlyError,
        RedisClusterException,
        ResponseError,
        TimeoutError,  # noqa: A004
        TryAgainError,
    )
except ImportError as _error:
    raise ImportError("account state in Redis needs redis: pip install 'b2sdk-ng[redis]'", name=_error.name) from _error
from typing_extensions import override

from b2sdk.integrations.account_store import NEVER_STORED, AccountStore, AccountStoreUnavailable, StoredState, StoredUrl
from b2sdk.integrations.shared_account_info import Cipher, OnOutage, SharedAccountInfo

_REPEATED_FOR_SECONDS = 3600
"""For how long it is remembered how many upload URLs a sender has offered. Clients give up repeating sooner."""
_UNABLE = re.compile(r"\b(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY|TRYAGAIN)\b")
"""What a server says that cannot do anything, or cannot write, at the moment. Not all have a class; up to Redis 6 those
of commands in scripts have none."""
_ARGUMENTS = re.compile(r",? with args beginning with.*", re.DOTALL)
"""What a server quotes of a command that it does not know."""

_LOAD = """
local found = redis.call('HMGET', KEYS[1], 'generation', 'payload')
return {found[1] or '', found[2] or '', redis.call('TIME')[1]}
"""
# No text of the server or the client quotes more than the first 128 characters of a command.
_REPLACE = """
-- The generation and the text of an authorization are replaced at once, so that both always belong to the same
-- authorization.
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'payload', ARGV[2])
"""
_CLEAR = """
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'payload', '')
redis.call('DEL', KEYS[2])
"""
_REPLACE_BUCKETS = """
redis.call('DEL', KEYS[1])
for index = 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
"""
# A member is the generation, a colon and the payload; its score is when it expires. What is found to be of the past is
# removed with the rest.
_TAKE = """
local generation = redis.call('HGET', KEYS[1], 'generation') or ''
local now = tonumber(redis.call('TIME')[1])
while true do
    local popped = redis.call('ZPOPMAX', KEYS[2])
    if #popped == 0 then return false end
    local colon = string.find(popped[1], ':', 1, true)
    if string.sub(popped[1], 1, colon - 1) == generation and tonumber(popped[2]) > now then
        return {string.sub(popped[1], colon + 1), generation, popped[2]}
    end
end
"""
_PUT = """
-- A sender numbers what it offers, and offers one at a time: what it repeats after a broken connection has a number
-- that was there. So what is remembered is one number for each sender.
if tonumber(redis.call('GET', KEYS[2]) or 0) >= tonumber(ARGV[3]) then return end
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIREAT', KEYS[1], redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2])
"""
_TRY_LOCK = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) or redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0
"""
_UNLOCK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class RedisAccountInfo(SharedAccountInfo):
    """Shares the account state among all processes that use one Redis database.

    The keys have no end of life, apart from those of upload URLs and of the lock, so the server must not evict them.
    """

    def __init__(
        self,
        client: Redis | RedisCluster | str,
        *,
        key_prefix: str = "b2sdk",
        cipher: Cipher | None = None,
        on_outage: OnOutage = "raise",
    ) -> None:
        """Use a client of the application, with whatever timeouts and decoding it was made with.

        Or make one for the URL of a single server, which :meth:`close` closes.

        :param key_prefix: tells account infos apart that share a database. Keys begin with it in braces, so that a
            cluster keeps them together.
        :raises ValueError: the prefix is empty or contains a brace, or the URL is none; or as ``SharedAccountInfo``.
        :raises TypeError: it is not a client, or an asynchronous one.
        """
        super().__init__(RedisStore(client, key_prefix), cipher=cipher, on_outage=on_outage)


class RedisStore(AccountStore):
    """The scripts. ``state`` and ``buckets`` are hashes, ``urls`` is a sorted set for each target."""

    unavailable: ClassVar[tuple[type[Exception], ...]] = (
        ConnectionError,
        TimeoutError,
        InvalidResponse,
        ReadOnlyError,
        OutOfMemoryError,
        ClusterError,
        RedisClusterException,
        AskError,
        TryAgainError,
    )

    def __init__(self, client: Redis | RedisCluster | str, prefix: str) -> None:
        if not prefix or set(prefix) & set("{}"):
            raise ValueError(f"not a prefix for keys: {prefix!r}")
        self._is_own = isinstance(client, str)
        self._client: Any = _client(client)
        self._prefix = prefix
        self.begin_in_child()

    @override
    def begin_in_child(self) -> None:
        self._idle_senders: list[tuple[str, Iterator[int]]] = []
        """Those that offer nothing at the moment, and the numbers of what they will; one each is kept in Redis."""

    @override
    def close(self) -> None:
        if self._is_own:
            self._client.close()

    @override
    def translate(self, error: Exception) -> Exception:
        shown = error
        if isinstance(error, ResponseError) and _ARGUMENTS.search(str(error)):
            shown = type(error)(_ARGUMENTS.sub("", str(error)))
        is_unable = isinstance(error, ResponseError) and _UNABLE.search(str(error))
        return AccountStoreUnavailable.because_of(shown) if is_unable else super().translate(shown)

    def _key(self, *names: str) -> str:
        return ":".join((f"{{{self._prefix}}}", *names))

    def _run(self, script: str, keys: Sequence[str], *arguments: str | int) -> Any:
        return self._client.eval(script, len(keys), *keys, *arguments)

    # --- the authorization ---

    @override
    def load(self) -> StoredState:
        generation, payload, now = self._run(_LOAD, [self._key("state")])
        return StoredState(_text(generation) or NEVER_STORED, _text(payload) or None, int(now))

    @override
    def replace(self, generation: str, payload: str) -> None:
        self._run(_REPLACE, [self._key("state")], generation, payload)

    @override
    def clear(self, generation: str) -> None:
        self._run(_CLEAR, [self._key("state"), self._key("buckets")], generation)

    # --- names of buckets ---

    @override
    def buckets(self) -> list[tuple[str, str]]:
        return [(_text(name), _text(id_)) for name, id_ in self._client.hgetall(self._key("buckets")).items()]

    @override
    def replace_buckets(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._run(_REPLACE_BUCKETS, [self._key("buckets")], *(text for pair in pairs for text in pair))

    @override
    def save_bucket(self, name: str, id_: str) -> None:
        self._client.hset(self._key("buckets"), name, id_)

    @override
    def remove_bucket(self, name: str) -> None:
        self._client.hdel(self._key("buckets"), name)

    @override
    def bucket_id(self, name: str) -> str | None:
        id_ = self._client.hget(self._key("buckets"), name)
        return None if id_ is None else _text(id_)

    @override
    def bucket_name(self, id_: str) -> str | None:
        return next((name for name, found in self.buckets() if found == id_), None)

    # --- upload URLs ---

    @override
    def take_url(self, target: str) -> StoredUrl | None:
        found = self._run(_TAKE, [self._key("state"), self._key("urls", target)])
        if not found:
            return None
        payload, generation, expires_at = found
        return StoredUrl(_text(payload), _text(generation), int(expires_at))

    @override
    def put_url(self, target: str, url: StoredUrl) -> None:
        try:
            sender = self._idle_senders.pop()
        except IndexError:
            sender = secrets.token_hex(16), itertools.count(1)
        name, numbers = sender
        keys = [self._key("urls", target), self._key("put", name)]
        member = f"{url.generation}:{url.payload}"
        try:
            self._run(_PUT, keys, member, url.expires_at, next(numbers), _REPEATED_FOR_SECONDS)
        finally:
            self._idle_senders.append(sender)

    @override
    def drop_urls(self, target: str) -> None:
        self._client.delete(self._key("urls", target))

    # --- who authorizes ---

    @override
    def try_lock(self, holder: str, seconds: int) -> bool:
        return bool(self._run(_TRY_LOCK, [self._key("lock")], holder, seconds))

    @override
    def unlock(self, holder: str) -> None:
        self._run(_UNLOCK, [self._key("lock")], holder)


def _client(client: Redis | RedisCluster | str) -> Any:
    """Return a client, whose annotations mix what it returns with what its asynchronous twin returns."""
    if isinstance(client, str):
        try:
            return Redis.from_url(client)
        except ValueError:
            pass  # it may quote a password
        raise ValueError("not a URL of Redis, which looks like redis://user:password@host:port/database")
    command = getattr(client, "execute_command", None)
    if command is None:
        raise TypeError(f"not a client of Redis, nor a URL: {type(client).__name__}")
    if inspect.iscoroutinefunction(command):
        raise TypeError("an asynchronous client of Redis; account infos need redis.Redis or redis.RedisCluster")
    return client


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
