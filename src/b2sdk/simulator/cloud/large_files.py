"""Large files: started, filled part by part, finished or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from b2sdk.protocol_constants import UNVERIFIED_SHA1_PREFIX
from b2sdk.simulator.cloud import encryption, permissions
from b2sdk.simulator.cloud.content import Content, JoinedBlob
from b2sdk.simulator.cloud.files import Files, NewVersion
from b2sdk.simulator.cloud.model import Bucket, Encryption, FileVersion, Key, Part
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.cloud.state import State

LARGEST_PART_NUMBER: Final = 10_000
LARGE_FILE_SHA1_SHOWN: Final = "none"


class LargeFiles:
    """Large files on their way to become versions."""

    def __init__(self, state: State, files: Files) -> None:
        self._state = state
        self._files = files

    def find(self, caller: Key, file_id: str) -> FileVersion:
        """Return the unfinished large file, for a key that may see it."""
        large_file = self._state.unfinished_file(file_id, caller.account_id)
        permissions.require_bucket(caller, large_file.bucket_id)
        permissions.require_name(caller, large_file.name)
        return large_file

    def start(self, caller: Key, bucket: Bucket, new: NewVersion) -> FileVersion:
        """Start a large file; its id and its timestamp stay those of the finished file."""
        large_file = self._files.new_version(bucket, self._files.resolve(caller, bucket, new), "start")
        large_file.sha1 = LARGE_FILE_SHA1_SHOWN
        bucket.unfinished[large_file.file_id] = large_file
        self._files.publish(bucket, large_file)
        return large_file

    def check_part(self, file_id: str, account_id: str, number: int, requested: Encryption | None) -> FileVersion:
        """Refuse a part with an impossible number, for a file that is not being uploaded, or with another key."""
        if not 1 <= number <= LARGEST_PART_NUMBER:
            raise bad_request(f"Part number must be in range 1 - {LARGEST_PART_NUMBER}")
        large_file = self._state.unfinished_file(file_id, account_id)
        encryption.check_same(requested, large_file.encryption)
        return large_file

    def add_part(self, large_file: FileVersion, number: int, content: Content, *, verified: bool = True) -> Part:
        """Add a part, in place of an earlier one with the same number."""
        self._state.unfinished_file(large_file.file_id, large_file.account_id)
        part = large_file.parts[number] = Part(
            file_id=large_file.file_id,
            number=number,
            content=content,
            encryption=large_file.encryption,
            timestamp=self._state.clock.now(),
            sha1=content.sha1 if verified else UNVERIFIED_SHA1_PREFIX + content.sha1,
        )
        self._state.report_change(part)
        return part

    def list_parts(self, caller: Key, file_id: str, start: int, limit: int) -> tuple[list[Part], int | None]:
        """Return up to ``limit`` parts with numbers from ``start`` on, and the number where the next page begins."""
        parts = self.find(caller, file_id).parts
        numbers = sorted(number for number in parts if number >= start)
        return [parts[number] for number in numbers[:limit]], numbers[limit] if len(numbers) > limit else None

    def finish(self, caller: Key, file_id: str, sha1s: Sequence[str]) -> FileVersion:
        """Turn the parts, whose SHA-1 must be given in order, into the content of a version that downloads see."""
        large_file = self.find(caller, file_id)
        parts = self._find_parts(large_file, sha1s)
        bucket = self._state.buckets[large_file.bucket_id]
        self._files.withdraw(bucket, large_file)
        blob = JoinedBlob([part.content.blob for part in parts])
        large_file.action, large_file.content, large_file.parts = "upload", Content(blob, "", ""), {}
        self._files.publish(bucket, large_file)
        self._state.report_event("b2:ObjectCreated:MultipartUpload", bucket, large_file)
        return large_file

    def _find_parts(self, large_file: FileVersion, sha1s: Sequence[str]) -> list[Part]:
        numbers = range(1, len(sha1s) + 1)
        if len(sha1s) < self._state.policy.minimum_parts:
            raise bad_request(f"large files must have at least {self._state.policy.minimum_parts} parts")
        for number in numbers:
            if number not in large_file.parts:
                raise Refusal("missing_part", f"Part number {number} has not been uploaded")
        if len(large_file.parts) > len(sha1s):
            raise bad_request(f"{len(large_file.parts)} parts have been uploaded, and {len(sha1s)} SHA-1 were given")
        parts = [large_file.parts[number] for number in numbers]
        for part, sha1 in zip(parts, sha1s, strict=True):
            self._check_part(part, sha1, is_last=part.number == len(parts))
        return parts

    def _check_part(self, part: Part, sha1: str, *, is_last: bool) -> None:
        if part.content.sha1 != sha1.removeprefix(UNVERIFIED_SHA1_PREFIX).lower():
            raise Refusal("part_sha1_mismatch", f"SHA-1 of part number {part.number} does not match")
        smallest = 1 if is_last else self._state.policy.minimum_part_size
        if self._state.policy.undersized_parts:
            smallest = 0
        if part.content.size < smallest:
            raise bad_request(f"Part number {part.number} is smaller than {smallest} bytes")

    def cancel(self, caller: Key, file_id: str) -> FileVersion:
        """Forget a large file and its parts."""
        cancels_any = self._state.policy.cancels_finished_files
        large_file = (self._files if cancels_any else self).find(caller, file_id)
        self._files.withdraw(self._state.buckets[large_file.bucket_id], large_file)
        return large_file
