#!/usr/bin/env bash
# aiob2 0.9.1 (PyPI), an asyncio client for B2: Client.get_buckets() cannot be called.
#
# Guessed: it lists the buckets, or says that the key is wrong.
# Seen: KeyError: 'headers', before anything is sent, whatever the key and the arguments; uploads and downloads by the
# id of a bucket work. So a program has to know that id from elsewhere.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet aiob2==0.9.1
"$work/venv/bin/python" - <<'PROGRAM'
import asyncio

import aiob2


async def main() -> None:
    client = aiob2.Client("0012345678", "key", log_handler=None)
    try:
        await client.get_buckets(name="photos")
    except KeyError as error:
        print("KeyError:", error)
        assert error.args == ("headers",)
    else:
        raise AssertionError("it works")
    finally:
        await client.close()


asyncio.run(main())
PROGRAM
