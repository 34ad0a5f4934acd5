#!/usr/bin/env bash
# b2sdk 2.13.1 (PyPI): b2sdk.v1.PreSeekedDownloadDest, which writes a download into a file that exists, from a place on.
#
# Guessed: when the download fails, the file is as it was up to that place, and perhaps partly overwritten behind it.
# Seen: the whole file is deleted, with the bytes before that place, which were never a part of the download.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet b2sdk==2.13.1
cd "$work"
"$work/venv/bin/python" - <<'PROGRAM'
import os
import threading

from b2sdk.v1 import AbstractProgressListener, B2Api, InMemoryAccountInfo, PreSeekedDownloadDest, RawSimulator

threading.excepthook = lambda _: None  # what the listener raises comes out of a thread of b2sdk
raw_api = RawSimulator()
api = B2Api(InMemoryAccountInfo(), raw_api=raw_api)
api.authorize_account("production", *raw_api.create_account())
version = api.create_bucket("bucket-of-images", "allPrivate").upload_bytes(b"the second half", "half")
with open("image", "wb") as image:
    image.write(b"the first half, kept")


class Stopped(AbstractProgressListener):
    def set_total_bytes(self, total_byte_count: int) -> None: ...
    def bytes_completed(self, byte_count: int) -> None:
        raise RuntimeError("the program stops the download")


try:
    api.download_file_by_id(version.id_, PreSeekedDownloadDest("image", 20), progress_listener=Stopped())
except Exception as error:
    print(f"{type(error).__name__}, and the file exists: {os.path.exists('image')}")
    assert not os.path.exists("image")
else:
    raise AssertionError("the download has not failed")
PROGRAM
