#!/usr/bin/env bash
# fsspec 2026.9.0 (PyPI): a file that is written through simplecache:: when its block fails.
#
# Guessed: what was written to the local copy is dropped, and nothing is put into the filesystem behind it.
# Seen: the copy is put there when the block is left, whatever leaves it: half a file is published. In the filesystem of
# that local copy alone, leaving the block of fs.open() by an exception does the same.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet fsspec==2026.9.0
"$work/venv/bin/python" - <<'PROGRAM'
import fsspec

class Failure(Exception):
    pass

try:
    with fsspec.open("simplecache::memory://by-url", "wb") as file:
        file.write(b"half")
        raise Failure
except Failure:
    pass

cache = fsspec.filesystem("simplecache", target_protocol="memory")
try:
    with cache.open("/by-filesystem", "wb") as file:
        file.write(b"half")
        raise Failure
except Failure:
    pass

memory = fsspec.filesystem("memory")
found = {name: memory.cat(name) for name in memory.find("/")}
print(found)
assert found == {"/by-filesystem": b"half", "/by-url": b"half"}
PROGRAM
