"""The calls about files: parameters in, operation, shape out.

What belongs here is, per call, which fields it takes and which operation it is. Tokens and capabilities have been
checked before; transport is the gateway's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from b2sdk.protocol_constants import LIST_FILE_NAMES_MAX_LIMIT, LONGEST_AUTHORIZATION
from b2sdk.simulator.cloud import file_lock
from b2sdk.simulator.cloud.content import Content
from b2sdk.simulator.cloud.copies import Source, check_directive
from b2sdk.simulator.cloud.files import NewVersion
from b2sdk.simulator.cloud.listing import Page
from b2sdk.simulator.cloud.model import Bucket
from b2sdk.simulator.cloud.refusals import bad_request
from b2sdk.simulator.cloud.versions import Folder, Way
from b2sdk.simulator.protocol import file_headers, settings, shapes
from b2sdk.simulator.protocol.calls import Call, DeferredResponse, Handler
from b2sdk.simulator.protocol.fields import Fields
from b2sdk.values.json import JsonObject

_LARGEST_PART_PAGE: Final = 1000
_LARGEST_UNFINISHED_PAGE: Final = 100

# --- listings ---


def _way(fields: Fields) -> Way:
    return Way(
        fields.optional_text("startFileName") or "",
        fields.optional_text("prefix") or "",
        fields.optional_text("delimiter") or "",
    )


def _entries(call: Call, bucket: Bucket, page: Page) -> list[JsonObject]:
    return [
        shapes.folder(entry, bucket, call.dialect)
        if isinstance(entry, Folder)
        else shapes.file_version(entry, call.key, call.dialect)
        for entry in page.entries
    ]


def _list_file_names(call: Call) -> JsonObject:
    bucket, limit = call.bucket(), call.page_size("maxFileCount", LIST_FILE_NAMES_MAX_LIMIT)
    page = call.cloud.listing.names(call.key, call.dialect, bucket, _way(call.fields), limit)
    return {"files": _entries(call, bucket, page), "nextFileName": page.next_name}


def _list_file_versions(call: Call) -> JsonObject:
    bucket, limit = call.bucket(), call.page_size("maxFileCount", LIST_FILE_NAMES_MAX_LIMIT)
    start_id = call.fields.optional_text("startFileId") or None
    page = call.cloud.listing.versions(call.key, call.dialect, bucket, _way(call.fields), start_id, limit)
    return {"files": _entries(call, bucket, page), "nextFileId": page.next_id, "nextFileName": page.next_name}


def _list_unfinished_large_files(call: Call) -> JsonObject:
    fields, bucket = call.fields, call.bucket()
    limit = call.page_size("maxFileCount", _LARGEST_UNFINISHED_PAGE)
    prefix = fields.optional_text("namePrefix") or ""
    start_id = fields.optional_text("startFileId") or None
    page = call.cloud.listing.unfinished(call.key, bucket, prefix, start_id, limit)
    files = [
        shapes.started_file(entry, call.key, call.dialect) for entry in page.entries if not isinstance(entry, Folder)
    ]
    return {"files": files, "nextFileId": page.next_id}


def _list_parts(call: Call) -> JsonObject:
    start = call.fields.optional_integer("startPartNumber", 0) or 1
    limit = call.page_size("maxPartCount", _LARGEST_PART_PAGE)
    parts, next_number = call.cloud.large_files.list_parts(call.key, call.fields.text("fileId"), start, limit)
    return {"parts": [shapes.part(part) for part in parts], "nextPartNumber": next_number}


# --- files ---


def _get_file_info(call: Call) -> JsonObject:
    version = call.cloud.files.find(call.key, call.fields.text("fileId"))
    return shapes.file_version(version, call.key, call.dialect)


def _hide_file(call: Call) -> JsonObject:
    marker = call.cloud.files.hide(call.key, call.bucket(), call.fields.text("fileName"))
    return shapes.file_version(marker, call.key, call.dialect)


def _delete_file_version(call: Call) -> JsonObject:
    fields = call.fields
    name, file_id = fields.text("fileName"), fields.text("fileId")
    version = call.cloud.files.delete(call.key, name, file_id, bypass=bool(fields.flag("bypassGovernance")))
    return {"fileId": version.file_id, "fileName": version.name}


def _update_file_retention(call: Call) -> JsonObject:
    fields = call.fields
    version = call.cloud.files.find_named(call.key, fields.text("fileName"), fields.text("fileId"))
    retention = settings.read_retention(fields.object("fileRetention"))
    if retention is None:
        raise bad_request("fileRetention is required")
    file_lock.set_retention(
        call.key,
        call.cloud.state.buckets[version.bucket_id],
        version,
        retention,
        bypass=bool(fields.flag("bypassGovernance")),
        now=call.cloud.clock.now(),
        strict=call.cloud.policy.strict_locks,
    )
    call.cloud.state.report_change(version)
    return {
        "fileId": version.file_id,
        "fileName": version.name,
        "fileRetention": shapes.retention(version.retention),
    }


def _update_file_legal_hold(call: Call) -> JsonObject:
    fields = call.fields
    version = call.cloud.files.find_named(call.key, fields.text("fileName"), fields.text("fileId"))
    legal_hold = settings.read_legal_hold(fields.text("legalHold"))
    bucket = call.cloud.state.buckets[version.bucket_id]
    strict = call.cloud.policy.strict_locks
    file_lock.set_legal_hold(call.key, bucket, version, legal_hold or "off", strict=strict)
    call.cloud.state.report_change(version)
    return {"fileId": version.file_id, "fileName": version.name, "legalHold": version.legal_hold}


def _duration(call: Call) -> int:
    if not call.cloud.policy.checks_keys:
        return call.fields.integer("validDurationInSeconds")
    return call.fields.integer("validDurationInSeconds", 1, LONGEST_AUTHORIZATION)


def _get_download_authorization(call: Call) -> JsonObject:
    fields, bucket = call.fields, call.bucket()
    asked = {name: fields.optional_text(name) for name in file_headers.OVERRIDES}
    authorization = call.cloud.downloads.authorize(
        call.key,
        bucket,
        fields.text("fileNamePrefix"),
        _duration(call),
        {name: value for name, value in asked.items() if value is not None},
    )
    return {
        "authorizationToken": authorization.text,
        "bucketId": bucket.bucket_id,
        "fileNamePrefix": authorization.name_prefix,
    }


# --- uploads and large files ---


def _get_upload_url(call: Call) -> JsonObject:
    bucket = call.bucket()
    lease = call.cloud.leases.for_files(call.token, bucket, call.endpoint_path + "b2_upload_file")
    return {
        "authorizationToken": lease.token,
        "bucketId": bucket.bucket_id,
        "uploadUrl": call.addresses.upload + lease.path,
    }


def _get_upload_part_url(call: Call) -> JsonObject:
    large_file = call.cloud.large_files.find(call.key, call.fields.text("fileId"))
    lease = call.cloud.leases.for_parts(call.token, large_file, call.endpoint_path + "b2_upload_part")
    return {
        "authorizationToken": lease.token,
        "fileId": large_file.file_id,
        "uploadUrl": call.addresses.upload + lease.path,
    }


def _new_version(call: Call, encryption_field: str, content_type: str) -> NewVersion:
    fields = call.fields
    timestamp = fields.optional_integer("customUploadTimestamp", 0)
    if timestamp is None:
        timestamp = fields.optional_integer("custom_upload_timestamp", 0)  # as b2sdk 2.13 spells it
    return NewVersion(
        name=fields.text("fileName"),
        content_type=content_type,
        info=fields.optional_string_map("fileInfo") or {},
        encryption=settings.read_encryption(fields.optional_object(encryption_field), call.cloud.policy),
        retention=settings.read_retention(fields.optional_object("fileRetention")),
        legal_hold=settings.read_legal_hold(fields.optional_text("legalHold")),
        timestamp=timestamp,
    )


def _start_large_file(call: Call) -> JsonObject:
    new = _new_version(call, "serverSideEncryption", call.fields.text("contentType"))
    large_file = call.cloud.large_files.start(call.key, call.bucket(), new)
    shape = shapes.started_file(large_file, call.key, call.dialect)
    if large_file.encryption.key_md5 is not None:  # which the service tells nowhere else
        shape["serverSideEncryption"]["customerKeyMd5"] = large_file.encryption.key_md5
    return shape


def _finish_large_file(call: Call) -> JsonObject:
    file_id, sha1s = call.fields.text("fileId"), call.fields.strings("partSha1Array")
    version = call.cloud.large_files.finish(call.key, file_id, sha1s)
    return shapes.file_version(version, call.key, call.dialect)


def _cancel_large_file(call: Call) -> JsonObject:
    cancelled = call.cloud.large_files.cancel(call.key, call.fields.text("fileId"))
    return {
        "accountId": cancelled.account_id,
        "bucketId": cancelled.bucket_id,
        "fileId": cancelled.file_id,
        "fileName": cancelled.name,
    }


# --- copies ---


def _source(call: Call) -> Source:
    fields = call.fields
    return Source(
        file_id=fields.text("sourceFileId"),
        range_=file_headers.read_range(fields.optional_text("range")),
        encryption=settings.read_encryption(fields.optional_object("sourceServerSideEncryption"), call.cloud.policy),
    )


def _copy_file(call: Call) -> DeferredResponse:
    fields, copies = call.fields, call.cloud.copies
    directive = fields.optional_choice("metadataDirective", ("COPY", "REPLACE"))
    content_type = fields.optional_text("contentType")
    replaces = check_directive(directive, content_type, fields.optional_string_map("fileInfo"), call.cloud.policy)
    new = _new_version(call, "destinationServerSideEncryption", content_type or "")
    copy = copies.decide_file(
        call.key, _source(call), fields.optional_text("destinationBucketId"), new, replace_metadata=replaces
    )

    def answer(content: Content) -> JsonObject:
        version = copies.store_file(copy, content)
        # The version is an upload to every later call; only this response says how it was made.
        return {**shapes.file_version(version, call.key, call.dialect), "action": "copy"}

    return DeferredResponse(copy.excerpt.content, answer)


def _copy_part(call: Call) -> DeferredResponse:
    fields, copies = call.fields, call.cloud.copies
    copy = copies.decide_part(
        call.key,
        _source(call),
        fields.text("largeFileId"),
        fields.integer("partNumber"),
        settings.read_encryption(fields.optional_object("destinationServerSideEncryption"), call.cloud.policy),
    )
    return DeferredResponse(copy.excerpt.content, lambda content: shapes.part(copies.store_part(copy, content)))


HANDLERS: Final[Mapping[str, Handler]] = {
    "b2_cancel_large_file": _cancel_large_file,
    "b2_copy_file": _copy_file,
    "b2_copy_part": _copy_part,
    "b2_delete_file_version": _delete_file_version,
    "b2_finish_large_file": _finish_large_file,
    "b2_get_download_authorization": _get_download_authorization,
    "b2_get_file_info": _get_file_info,
    "b2_get_upload_part_url": _get_upload_part_url,
    "b2_get_upload_url": _get_upload_url,
    "b2_hide_file": _hide_file,
    "b2_list_file_names": _list_file_names,
    "b2_list_file_versions": _list_file_versions,
    "b2_list_parts": _list_parts,
    "b2_list_unfinished_large_files": _list_unfinished_large_files,
    "b2_start_large_file": _start_large_file,
    "b2_update_file_legal_hold": _update_file_legal_hold,
    "b2_update_file_retention": _update_file_retention,
}
"""Every JSON call about files."""
