"""Whether an unfinished large file is the beginning of the file that is to be made: a comparison of two values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.part import PlannedPart, Sha1Of, UploadPart
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, LegalHold
from b2sdk.values.new_file import AUTO_CONTENT_TYPE, NewFile
from b2sdk.vocabulary import LARGE_FILE_SHA1


def refusal(candidate: UnfinishedLargeFile, new_file: NewFile, by_plan_id: bool) -> str | None:
    """Return why the candidate is another file, or ``None``.

    What the caller leaves to the service may be anything: the content type, the encryption, the timestamp. Without a
    plan id, the candidate need not note the SHA-1 of the whole content: the SHA-1 of each part is compared.
    """
    if not _same_info(candidate.file_info, info_sent(new_file), by_plan_id):
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


def finished_parts(
    listed: Mapping[int, Part], planned: Sequence[PlannedPart], sha1_of: Sha1Of
) -> dict[int, Part] | None:
    """Return the parts that the service has, or ``None`` if one of them is not planned so.

    Content that is here is read to compare it; content that is copied within the service is known by the plan id.
    """
    for number, part in listed.items():
        if not 1 <= number <= len(planned) or part.content_length != planned[number - 1].length:
            return None
        expected = planned[number - 1]
        if isinstance(expected, UploadPart) and expected.is_local and sha1_of(expected.pieces) != part.content_sha1:
            return None
    return dict(listed)


def info_sent(new_file: NewFile) -> dict[str, str]:
    """Return the file info as the service would have it: with the id of the customer key, and :func:`noted`."""
    info = dict(new_file.file_info or {})
    if new_file.encryption is not None:
        new_file.encryption.add_key_id_to_file_info(info)
    return noted(info)


def noted(file_info: Mapping[str, str]) -> dict[str, str]:
    """Return a file info with its names as the service keeps them, in lower case."""
    return {name.lower(): value for name, value in file_info.items()}


def _same_info(theirs: Mapping[str, str] | None, ours: Mapping[str, str], by_plan_id: bool) -> bool:
    if theirs is None:
        return False
    theirs = noted(theirs)
    if theirs == ours:
        return True
    # What the candidate notes stays noted, and downloads are compared with it.
    return not by_plan_id and theirs == {name: value for name, value in ours.items() if name != LARGE_FILE_SHA1}


def _same_encryption(theirs: EncryptionSetting, ours: EncryptionSetting) -> bool:
    if (theirs.mode, theirs.algorithm) != (ours.mode, ours.algorithm):
        return False
    if ours.mode is not EncryptionMode.SSE_C or ours.key is None or theirs.key is None:
        return theirs == ours
    # The service tells no secret; the application's own name for the key has to do, if it has one.
    return ours.key.key_id is not None and ours.key.key_id == theirs.key.key_id
