"""Account state in Redis, or what speaks its protocol, for all processes that use it. Needs the extra ``redis``.

Each method is one script or command, so it is done as a whole and in one round trip, however often the client repeats
it after a broken connection.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, ClassVar

from redis import Redis, RedisCluster
from redis.exceptions import ClusterDownError, ConnectionError, OutOfMemoryError, ReadOnlyError, TimeoutError  # noqa: A004
from typing_extensions import override

from b2sdk.integrations.account_store import NEVER_STORED, AccountStore, StoredState, StoredUrl
from b2sdk.integrations.shared_account_info import Cipher, OnOutage, SharedAccountInfo

_REPEATED_FOR_SECONDS = 3600
"""For how long it is remembered that an upload URL was offered. Clients give up repeating much sooner."""

_LOAD = """
local found = redis.call('HMGET', KEYS[1], 'generation', 'payload')
return {found[1] or '', found[2] or '', redis.call('TIME')[1]}
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
if not redis.call('SET', KEYS[2], '', 'NX', 'EX', ARGV[3]) then return end
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
        client: Redis | RedisCluster,
        *,
        key_prefix: str = "b2sdk",
        cipher: Cipher | None = None,
        on_outage: OnOutage = "raise",
    ) -> None:
        """Use a client of the application, with whatever timeouts and decoding it was made with.

        :param key_prefix: tells account infos apart that share a database. Keys begin with it in braces, so that a
            cluster keeps them together.
        :raises ValueError: the prefix is empty or contains a brace; or as ``SharedAccountInfo``.
        """
        super().__init__(RedisStore(client, key_prefix), cipher=cipher, on_outage=on_outage)


class RedisStore(AccountStore):
    """The scripts. ``state`` and ``buckets`` are hashes, ``urls`` is a sorted set for each target."""

    unavailable: ClassVar[tuple[type[Exception], ...]] = (
        ConnectionError,
        TimeoutError,
        ReadOnlyError,
        ClusterDownError,
        OutOfMemoryError,
    )

    def __init__(self, client: Redis | RedisCluster, prefix: str) -> None:
        if not prefix or set(prefix) & set("{}"):
            raise ValueError(f"not a prefix for keys: {prefix!r}")
        self._client: Any = client  # its annotations mix what it returns with what its asynchronous twin returns
        self._prefix = prefix

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
        self._client.hset(self._key("state"), mapping={"generation": generation, "payload": payload})

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
        once = self._key("put", secrets.token_hex(16))
        member = f"{url.generation}:{url.payload}"
        self._run(_PUT, [self._key("urls", target), once], member, url.expires_at, _REPEATED_FOR_SECONDS)

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


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
