"""django-b2 from PyPI, without Django, as its page shows it: ``python with_django_b2.py KEY_ID KEY BUCKET_NAME``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django_b2 import backblaze_b2

CONTENT = b"some content" * 100


def main(key_id: str, key: str, bucket_name: str) -> None:
    b2: Any = backblaze_b2.BackBlazeB2()
    b2.authorize("production", key_id, key)
    b2.set_bucket(bucket_name)
    Path("file").write_bytes(CONTENT)
    with Path("file").open("rb") as file:
        told = [type(b2.upload_file("a folder/file", file)).__name__]
    told.append(str(b2.download_file("a folder/file") == CONTENT))
    try:
        b2.download_file("another file")
    except Exception as error:  # noqa: BLE001  # reported
        told.append(type(error).__name__)
    sys.stdout.write("\n".join(told) + "\n")


main(*sys.argv[1:])
