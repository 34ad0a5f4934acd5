"""A program that deletes files, and is killed while it does; see test_kills."""

from __future__ import annotations

import sys

from b2sdk.v3 import B2Api, InMemoryAccountInfo

if __name__ == "__main__":
    url, key_id, key = sys.argv[1:]
    api = B2Api(InMemoryAccountInfo())
    api.authorize_account(key_id, key, realm=url)
    for _ in api.get_bucket_by_name("test-bucket").delete_many(map(str, range(40)), workers=4):
        sys.stdout.write("deleted\n")
        sys.stdout.flush()
        sys.stdin.readline()  # until the test lets it continue, or kills it
