"""Calls through ``B2Api``, and what tests look at besides."""

from __future__ import annotations

import importlib
import io
from typing import Any

from tests.simulator.raw.played.cloud import BODIES, NAMES, Listener, Play, move

# --- through B2Api ---


def bucket_of_api(play: Play) -> Any:
    return play.call(play.api.get_bucket_by_name, play.bucket_name())


@move
def api_upload(play: Play) -> None:
    bucket = bucket_of_api(play)
    if bucket is None:
        return
    listener = Listener()
    content = play.of(*BODIES)
    made = play.call(
        bucket.upload_bytes,
        content,
        play.of(*NAMES),
        content_type=play.of(None, "text/plain"),
        progress_listener=listener,
        file_info=play.of(None, {}, {"key": "value"}, {"long": "v" * 7_500}),
        encryption=play.encryption(),
        file_retention=play.retention(),
        legal_hold=play.legal_hold(),
    )
    play.note("totals", [listener.heard[:1], max([0, *filter(is_count, listener.heard)])])
    if made is not None:
        play.files.append((made.id_, made.file_name))


def is_count(heard: Any) -> bool:
    return isinstance(heard, int)


@move
def api_stream(play: Play) -> None:
    bucket = bucket_of_api(play)
    if bucket is None:
        return
    content = io.BytesIO(play.of(*BODIES, b"q" * 450))
    made = play.call(bucket.upload_unbound_stream, content, play.of(*NAMES), encryption=play.encryption())
    if made is not None:
        play.files.append((made.id_, made.file_name))
        play.call(play.raw.list_parts, play.raw.API_URL, play.token(), made.id_, None, None)


@move
def api_download(play: Play) -> None:
    bucket = bucket_of_api(play)
    if bucket is None:
        return

    def read() -> Any:
        downloaded = bucket.download_file_by_name(play.of(*NAMES), range_=play.range(), encryption=play.encryption())
        target = io.BytesIO()
        downloaded.save(target)
        return [target.getvalue(), {**downloaded.download_version.as_dict(), "legalHold": None}]

    play.call(read)


@move
def api_list(play: Play) -> None:
    bucket = bucket_of_api(play)
    if bucket is None:
        return

    def listed() -> Any:
        entries = bucket.ls(
            play.of("", "a", "a/c"), latest_only=play.of(True, False), recursive=play.of(True, False), fetch_count=2
        )
        return [[version.as_dict(), folder] for version, folder in entries]

    play.call(listed)


@move
def api_info(play: Play) -> None:
    bucket = bucket_of_api(play)
    if bucket is not None:
        name = play.of(*NAMES)

        def info() -> Any:
            return {**bucket.get_file_info_by_name(name).as_dict(), "legalHold": None}

        play.call(info)
        play.call(bucket.get_file_info_by_id, play.file()[0])


@move
def api_hide(play: Play) -> None:
    bucket = bucket_of_api(play)
    if bucket is not None:
        play.call(play.of(bucket.hide_file, bucket.unhide_file), play.of(*NAMES))


@move
def api_copy(play: Play) -> None:
    bucket = bucket_of_api(play)
    if bucket is not None:
        play.call(
            bucket.copy,
            play.file()[0],
            play.of(*NAMES),
            **play.of({}, {"content_type": "text/x-copied", "file_info": {"copied": "2"}}),
            offset=play.of(0, 0, 1),
            length=play.of(None, 3, 250),
        )


@move
def api_buckets(play: Play) -> None:
    play.call(play.api.list_buckets)
    play.call(play.api.list_keys)


@move
def api_update(play: Play) -> None:
    play.raw.current_token = play.master  # as in `update_bucket`
    bucket = bucket_of_api(play)
    if bucket is not None:
        play.call(
            bucket.update,
            bucket_type=play.of(None, "allPrivate"),
            bucket_info=play.of(None, {"e": "f"}),
            default_retention=play.default_retention(),
            is_file_lock_enabled=play.of(None, None, True),
        )


@move
def api_delete(play: Play) -> None:
    play.call(play.api.delete_file_version, *play.file())


# --- what tests look at ---


@move
def private_names(play: Play) -> None:
    raw, name, bucket_id = play.raw, play.bucket_name(), play.bucket_id()
    play.call(lambda: raw._get_bucket_by_name(name).bucket_id)  # these are what is compared
    play.call(lambda: raw._get_bucket_by_id(bucket_id).bucket_name)
    play.call(raw._get_bucket_id_or_none_for_bucket_name, name)
    capability = play.of("listFiles", "writeFiles", "flyToTheMoon")
    play.call(
        raw._assert_account_auth,
        play.rarely(raw.API_URL, "http://nowhere"),
        token := play.any_token(),
        play.rarely(play.account_id, "account-9"),
        capability,
        play.of(None, bucket_id),
        play.of(None, "", "a/b", "b"),
    )
    for bucket in list(raw.bucket_id_to_bucket.values())[:3]:
        play.note("matches", raw._bucket_matches(bucket, play.of(None, bucket_id), play.of(None, name)))
        play.call(bucket._check_capability, token, capability)
        play.call(bucket._next_file_id)
        for file in bucket.file_id_to_file.values():
            play.note("locks", [file._file_retention_dict(token), file._legal_hold_dict(token)])
    if play.surface == "v3":  # what it does with the keys of v2 is an error
        play.note("keys", [key._get_bucket_ids() for key in raw.all_application_keys])


@move
def attributes(play: Play) -> None:
    internal = importlib.import_module("b2sdk._internal.raw_simulator")
    raw, bucket = play.raw, next(iter(play.raw.bucket_id_to_bucket.values()))
    names = ("API_URL", "S3_API_URL", "DOWNLOAD_URL", "MIN_PART_SIZE", "MAX_PART_ID", "MAX_DURATION_IN_SECONDS")
    play.note("numbers", [getattr(raw, name) for name in names])
    play.note("patterns", [getattr(raw, name).pattern for name in ("UPLOAD_PART_MATCHER", "UPLOAD_URL_MATCHER")])
    play.note(
        "classes", [raw.BUCKET_SIMULATOR_CLASS is internal.BucketSimulator, type(bucket) is internal.BucketSimulator]
    )
    play.note("files", [bucket.FILE_SIMULATOR_CLASS is internal.FileSimulator, bucket.MAX_SIMPLE_COPY_SIZE])
    play.note(
        "answers", [bucket.RESPONSE_CLASS is internal.FakeResponse, bucket.FIRST_FILE_ID, bucket.FIRST_FILE_NUMBER]
    )
    play.note("by name", sorted(raw.bucket_name_to_bucket))
    play.note("counted", [len(raw.upload_errors), len(raw.expired_auth_tokens), len(raw.auth_token_to_key)])


@move
def look(play: Play) -> None:
    raw = play.raw
    play.note("tokens", [raw.current_token, raw.auth_token_counter, raw.account_counter, raw.app_key_counter])
    # Without those of copies, by which b2sdk does not find them.
    play.note("ids", {file_id: raw.file_id_to_bucket_id.get(file_id) for file_id, _ in play.files})
    play.note("keys", [key.as_key() for key in raw.all_application_keys])
    for bucket_id, bucket in raw.bucket_id_to_bucket.items():
        play.note(bucket_id, bucket.bucket_dict(play.master))
        for file_id, file in sorted(bucket.file_id_to_file.items()):
            info = file.file_info or {}
            known = [file.name, file.action, file.content_type, file.content_sha1, info, file.data_bytes]
            sizes = [getattr(file, "content_length", 0), file.upload_timestamp, file.is_visible(), file.sort_key()]
            retention = file.file_retention or play.b2.NO_RETENTION_FILE_SETTING
            locks = [file.server_side_encryption, retention, file.legal_hold, file.replication_status]
            play.note(
                file_id,
                [*known, *sizes, *locks, [part and part.as_list_parts_dict() for part in getattr(file, "parts", [])]],
            )
