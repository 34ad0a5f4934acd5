#!/usr/bin/env bash
# b2sdk 2.13.1 (PyPI): RawSimulator.list_file_names with a prefix and no start name.
#
# Guessed: the names with the prefix, as the service answers.
# Seen: nothing, as soon as any name in the bucket sorts before the prefix. Bucket.ls finds them, because it starts at the
# prefix; so a test double that is asked as the service may be asked shows an empty folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet b2sdk==2.13.1
"$work/venv/bin/python" - <<'PROGRAM'
from b2sdk.v3 import B2Api, B2HttpApiConfig, InMemoryAccountInfo, RawSimulator

api = B2Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=RawSimulator))
raw_api, info = api.session.raw_api, api.account_info
api.authorize_account(*raw_api.create_account(), "production")
bucket = api.create_bucket("bucket-of-photos", "allPrivate")
for name in ("index", "photos/1", "photos/2"):
    bucket.upload_bytes(b"content", name)
page = raw_api.list_file_names(info.get_api_url(), info.get_account_auth_token(), bucket.id_, prefix="photos/")
listed = [version.file_name for version, _ in bucket.ls("photos/", recursive=True)]
print(f"by list_file_names: {page['files']}, by ls: {listed}")
assert page["files"] == []
assert listed == ["photos/1", "photos/2"]
PROGRAM
