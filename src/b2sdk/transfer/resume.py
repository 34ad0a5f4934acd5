"""Resuming large files: which unfinished one is the beginning of the new one, which parts it lacks, when it is deleted.

What belongs here compares values and decides. The requests that bring the values, and those that follow from a
decision, are made elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from b2sdk.exception import B2Error, Cancelled, ChecksumMismatch, InvalidUploadSource
from b2sdk.protocol_constants import AUTO_CONTENT_TYPE, LARGE_FILE_SHA1
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.part import CopyPart, PlannedPart, Sha1Of, UploadPart
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, LegalHold
from b2sdk.values.new_file import NewFile
from b2sdk.values.responses import FILE_VERSION

logger: logging.Logger = logging.getLogger(__name__)

SECONDS_TO_TIDY_UP = 1.0


class Resumable(NamedTuple):
    """An unfinished file that is the beginning of the new one."""

    file: UnfinishedLargeFile
    parts: dict[int, Part]
    """Those that need not be made again, by their numbers."""


class ResumeSearch:
    """The search among unfinished files, which are shown to it one after the other.

    With a plan id, the file with the most parts is the best. Without one, the first that fits is taken.
    """

    def __init__(self, new_file: NewFile, parts: Sequence[PlannedPart], sha1_of: Sha1Of, by_plan_id: bool) -> None:
        """``sha1_of`` reads content that is here, where it has to be compared with a finished part."""
        self._new_file = new_file
        self._parts = parts
        self._sha1_of = sha1_of
        self._by_plan_id = by_plan_id
        self.best: Resumable | None = None

    @property
    def is_over(self) -> bool:
        """Whether no other candidate can be better."""
        return self.best is not None and not self._by_plan_id

    def is_candidate(self, file: UnfinishedLargeFile) -> bool:
        """Whether the parts of the file are worth looking at."""
        if file.file_name != self._new_file.name:
            return False
        reason = why_not_resumable(file, self._new_file, self._by_plan_id)
        if reason is not None:
            _log_rejection(file, reason)
        return reason is None

    def compare(self, file: UnfinishedLargeFile, listed: Mapping[int, Part]) -> None:
        """Compare the parts of a candidate with those that are planned."""
        finished = match_finished_parts(listed, self._parts, self._sha1_of)
        if finished is None:
            _log_rejection(file, "its parts are not those of this file")
        elif self.best is None or len(finished) > len(self.best.parts):
            self.best = Resumable(file, finished)


def _log_rejection(file: UnfinishedLargeFile, reason: str) -> None:
    logger.debug("Rejecting %s: %s", file.file_id, reason)


def is_overtaken(unfinished: UnfinishedLargeFile, versions: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the file has been written or hidden since: a large file counts as uploaded when it was started.

    :param versions: of its name and the names that follow, as the service lists them, newest first.
    :raises UnexpectedCloudBehaviour: one of them is not what the protocol promises.
    """
    for version in versions:
        FILE_VERSION.check(version)
        if version["fileName"] == unfinished.file_name and version["action"] != "start":
            is_newer = (version.get("uploadTimestamp") or 0) > (unfinished.upload_timestamp or 0)
            if is_newer:
                _log_rejection(unfinished, "the file would end up behind a version that is newer")
            return is_newer
    return False


class Cleanup(NamedTuple):
    """That an unfinished file is to be cancelled."""

    seconds: float | None
    """How long that may take at most; ``None`` leaves it to the retry policy."""


def choose_cleanup(error: BaseException, *, is_new: bool, is_kept: bool) -> Cleanup | None:
    """Return what becomes of the unfinished file after an error; ``None`` if it stays, to be resumed.

    :param is_new: whether it was started by the call that failed.
    :param is_kept: whether the caller wants it to stay.
    """
    # What is not as it was announced will not be so the next time; of what was started before, that is not known.
    is_wrong = is_new and isinstance(error, ChecksumMismatch | InvalidUploadSource)
    if is_kept and not is_wrong:
        return None
    is_failure = isinstance(error, B2Error) and not isinstance(error, Cancelled)
    return Cleanup(None if is_failure else SECONDS_TO_TIDY_UP)  # who cancelled wants to go


def is_finished(version: Mapping[str, Any], file_id: str) -> bool:
    """Whether a version is the large file with this id, finished: the response to an earlier attempt was lost then."""
    return version.get("action") == "upload" and version.get("fileId") == file_id


def why_not_resumable(candidate: UnfinishedLargeFile, new_file: NewFile, by_plan_id: bool) -> str | None:
    """Return why the candidate is another file, or ``None``.

    What the caller leaves to the service may be anything: the content type, the encryption, the timestamp. Without a
    plan id, the candidate need not record the SHA-1 of the whole content: the SHA-1 of each part is compared.
    """
    if not _same_info(candidate.file_info, file_info_to_send(new_file), by_plan_id):
        return "its file info differs"
    if new_file.content_type not in (None, AUTO_CONTENT_TYPE, candidate.content_type):
        return "its content type differs"
    if new_file.encryption is None and candidate.encryption.mode is EncryptionMode.SSE_C:
        return "it is encrypted with a customer key"
    if new_file.encryption is not None and not _same_encryption(candidate.encryption, new_file.encryption):
        return "its encryption differs"
    if candidate.legal_hold != (new_file.legal_hold or LegalHold.UNSET):
        return "its legal hold differs"
    if candidate.file_retention != (new_file.file_retention or NO_RETENTION_FILE_SETTING):
        return "its retention differs"
    if new_file.custom_upload_timestamp not in (None, candidate.upload_timestamp):
        return "its timestamp differs"
    return None


def match_finished_parts(
    listed: Mapping[int, Part], planned: Sequence[PlannedPart], sha1_of: Sha1Of
) -> dict[int, Part] | None:
    """Return the parts that the service has, or ``None`` if one of them is not planned so.

    Content that is here is read to compare it; content that is copied within the service is known by the plan id. What
    is made of both is left out, to be sent again: neither says what it was when it was sent.
    """
    for number, part in listed.items():
        if not 1 <= number <= len(planned) or part.content_length != planned[number - 1].length:
            return None
        expected = planned[number - 1]
        if isinstance(expected, UploadPart) and expected.is_local and sha1_of(expected.pieces) != part.content_sha1:
            return None
    return {number: part for number, part in listed.items() if _is_told_apart(planned[number - 1])}


def _is_told_apart(part: PlannedPart) -> bool:
    return part.is_local or isinstance(part, CopyPart)


def sha1_of_made(made: Part | None, part: PlannedPart, sha1: str | None) -> str | None:
    """Return the SHA-1 of a part that the service has; ``None`` if it is not the planned one, as far as can be known.

    One whose SHA-1 the service does not name is not, as the file cannot be finished without it.
    """
    if made is None or made.content_length != part.length or sha1 not in (None, made.content_sha1):
        return None
    return made.content_sha1


def check_same_info(unfinished: UnfinishedLargeFile, new_file: NewFile) -> None:
    """Check that a file that the caller chose has the file info of the new one.

    :raises ValueError: it has another.
    """
    if lower_case_names(unfinished.file_info or {}) != file_info_to_send(new_file):
        raise ValueError("Cannot manually resume unfinished large file with different file_info")


def file_info_to_send(new_file: NewFile) -> dict[str, str]:
    """Return the file info as the service would have it: with the id of the customer key, names in lower case."""
    info = dict(new_file.file_info or {})
    if new_file.encryption is not None:
        new_file.encryption.add_key_id_to_file_info(info)
    return lower_case_names(info)


def lower_case_names(file_info: Mapping[str, str]) -> dict[str, str]:
    """Return a file info with its names as the service keeps them, in lower case."""
    return {name.lower(): value for name, value in file_info.items()}


def _same_info(theirs: Mapping[str, str] | None, ours: Mapping[str, str], by_plan_id: bool) -> bool:
    if theirs is None:
        return False
    theirs = lower_case_names(theirs)
    if theirs == ours:
        return True
    # What the candidate records stays recorded, and downloads are compared with it.
    return not by_plan_id and theirs == {name: value for name, value in ours.items() if name != LARGE_FILE_SHA1}


def _same_encryption(theirs: EncryptionSetting, ours: EncryptionSetting) -> bool:
    if (theirs.mode, theirs.algorithm) != (ours.mode, ours.algorithm):
        return False
    if ours.mode is not EncryptionMode.SSE_C or ours.key is None or theirs.key is None:
        return theirs == ours
    # The service returns no secret; the application's own name for the key has to do, if it has one.
    return ours.key.key_id is not None and ours.key.key_id == theirs.key.key_id
