#!/usr/bin/env bash
# b2sdk 2.13.1 (PyPI): the id of a file that was copied in a RawSimulator.
#
# Guessed: the copy is found by its id, as an upload is.
# Seen: B2Api.get_file_info of it is KeyError, while it is found by its name; so a program that copies and then looks at
# the copy cannot be tested with it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet b2sdk==2.13.1
"$work/venv/bin/python" - <<'PROGRAM'
from b2sdk.v3 import B2Api, B2HttpApiConfig, InMemoryAccountInfo, RawSimulator

api = B2Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=RawSimulator))
api.authorize_account(*api.session.raw_api.create_account(), "production")
bucket = api.create_bucket("bucket-of-photos", "allPrivate")
uploaded = bucket.upload_bytes(b"content", "original")
copied = bucket.copy(uploaded.id_, "copy")
assert api.get_file_info(uploaded.id_).file_name == "original"
assert bucket.get_file_info_by_name("copy").id_ == copied.id_
try:
    api.get_file_info(copied.id_)
except KeyError as error:
    print(f"KeyError: {error}, which is the id of the copy: {error.args == (copied.id_,)}")
    assert error.args == (copied.id_,)
else:
    raise AssertionError("it is found")
PROGRAM
