"""A small application: it keeps the photos of a directory in a bucket, and brings them back."""

from __future__ import annotations

from pathlib import Path

from b2sdk.v3 import Bucket


def back_up(directory: Path, bucket: Bucket) -> list[str]:
    """Upload the photos that the bucket does not have yet, and return their names."""
    known = {version.file_name for version, _ in bucket.ls("photos")}
    new = [path for path in sorted(directory.glob("*.jpg")) if f"photos/{path.name}" not in known]
    for path in new:
        bucket.upload_local_file(str(path), f"photos/{path.name}")
    return [path.name for path in new]


def restore(bucket: Bucket, directory: Path) -> int:
    """Download all photos, and return how many there are."""
    names = [version.file_name for version, _ in bucket.ls("photos")]
    for name in names:
        bucket.download_file_by_name(name).save_to(str(directory / Path(name).name))
    return len(names)
