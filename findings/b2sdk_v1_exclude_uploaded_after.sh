#!/usr/bin/env bash
# b2sdk 2.13.1 (PyPI): exclude_uploaded_after of b2sdk.v1.ScanPoliciesManager.
#
# Guessed: a scan of a bucket leaves out what was uploaded later than that, as exclude_modified_after leaves out what
# was modified later.
# Seen: exclude_modified_after works; exclude_uploaded_after is accepted, and leaves nothing out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet b2sdk==2.13.1
"$work/venv/bin/python" - <<'PROGRAM'
from b2sdk.v1 import B2Api, InMemoryAccountInfo, RawSimulator, ScanPoliciesManager, parse_sync_folder

raw_api = RawSimulator()
api = B2Api(InMemoryAccountInfo(), raw_api=raw_api)
api.authorize_account("production", *raw_api.create_account())
api.create_bucket("bucket-of-backups", "allPrivate").upload_bytes(b"content", "name")


def found(policies: ScanPoliciesManager) -> int:
    return len(list(parse_sync_folder("b2://bucket-of-backups", api).all_files(None, policies)))


modified, uploaded = found(ScanPoliciesManager(exclude_modified_after=1)), found(ScanPoliciesManager(exclude_uploaded_after=1))
print(f"files left in: {modified} by exclude_modified_after, {uploaded} by exclude_uploaded_after")
assert (modified, uploaded) == (0, 1)
PROGRAM
