#!/usr/bin/env bash
# redis 8.1.0 (PyPI): not every error of the client is a RedisError.
#
# Guessed: `except redis.RedisError` catches whatever the client raises, as its own name for the base class suggests.
# Seen: RedisClusterException and its kin (SlotNotCoveredError and CrossSlotTransactionError, which a cluster raises
# in daily life) derive from Exception alone. A program that takes RedisError for "the store is away" stops when a node dies.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet redis==8.1.0
"$work/venv/bin/python" - <<'PROGRAM'
from redis import exceptions

apart = sorted(
    name
    for name, kind in vars(exceptions).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, exceptions.RedisError)
)
print(*apart)
assert {"RedisClusterException", "SlotNotCoveredError", "CrossSlotTransactionError"} <= set(apart), apart
PROGRAM
