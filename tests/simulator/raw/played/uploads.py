"""Calls that make files, at once and in parts, of what is sent and of copies."""

from __future__ import annotations

import hashlib
import importlib
import io
from typing import Any

from tests.simulator.raw.played.cloud import BODIES, CONTENT_TYPES, INFO, NAMES, Play, move


def upload_url(play: Play, bucket_id: str | None = None) -> Any:
    if play.urls and bucket_id is None and play.of(True, False):
        return play.of(*play.urls)
    answer = play.call(play.raw.get_upload_url, play.raw.API_URL, play.token(), bucket_id or play.bucket_id())
    if answer is None:
        return None
    play.urls.append((answer["uploadUrl"], answer["authorizationToken"]))
    return play.urls[-1]


def body_of(play: Play) -> tuple[bytes, int, str, bytes]:
    """Return content, its length, its SHA-1 and what is sent."""
    content = play.of(*BODIES)
    digest = hashlib.sha1(content).hexdigest()
    kind = play.rarely("given", "end", "end", "wrong", "bad", "unverified", "none", "short", "do_not_verify")
    if kind == "end":
        return content, len(content) + 40, "hex_digits_at_end", content + digest.encode()
    if kind == "short":
        return content, len(content) + 1, digest, content
    digests = {"wrong": "0" * 40, "bad": "abc", "unverified": "unverified:" + digest, "none": "none"}
    digests["do_not_verify"] = "do_not_verify"
    return content, len(content), digests.get(kind, digest), content


def timed(play: Play) -> tuple[str, int]:
    """Return a name of its own, with a timestamp: which version of a name is the newest is decided by other means."""
    return f"timed-{len(play.files)}", play.of(1, 5001, 9_999_999_999_999)


@move
def upload(play: Play) -> None:
    url = upload_url(play)
    if url is None:
        return
    _, length, digest, sent = body_of(play)
    name, timestamp = play.rarely((play.of(*NAMES, "", "a\x01", "é" * 600, "/a//b/"), None), timed(play))
    answer = play.call(
        play.raw.upload_file,
        play.rarely(url[0], "http://nowhere"),
        play.rarely(url[1], "other"),
        name,
        length,
        play.rarely(play.of(*CONTENT_TYPES), "", None),
        digest,
        play.of(None, {}, {}, {}, *(None if info is None else dict(info) for info in INFO)),
        io.BytesIO(sent),
        server_side_encryption=play.encryption(),
        file_retention=play.retention(),
        legal_hold=play.legal_hold(),
        custom_upload_timestamp=timestamp,
    )
    play.made(answer)


@move
def upload_errors(play: Play) -> None:
    errors = play.b2.exception if hasattr(play.b2, "exception") else importlib.import_module("b2sdk.v3.exception")
    play.call(play.raw.set_upload_errors, [errors.ServiceError("set")])


@move
def start_large_file(play: Play) -> None:
    # Names of their own: below an unfinished large file, b2sdk finds no file of its name.
    name, timestamp = play.rarely((f"{play.of('a/', '')}large-{len(play.files)}", None), timed(play))
    answer = play.call(
        play.raw.start_large_file,
        play.raw.API_URL,
        play.token(),
        play.bucket_id(),
        name,
        play.of(None, "text/plain", "b2/x-auto"),
        play.of(None, {}, {}, *(None if info is None else dict(info) for info in INFO)),
        server_side_encryption=play.encryption(),
        file_retention=play.retention(),
        legal_hold=play.legal_hold(),
        custom_upload_timestamp=timestamp,
    )
    if answer is not None:
        play.made(answer)
        play.parts[answer["fileId"]] = {}


@move
def upload_part(play: Play) -> None:
    file_id = play.large()
    answer = play.call(play.raw.get_upload_part_url, play.raw.API_URL, play.token(), file_id)
    if answer is None:
        return
    _content, length, digest, sent = body_of(play)
    number = play.rarely(1 + len(play.parts.get(file_id, ())), 1, 2, 3, 10_001)
    part = play.call(
        play.raw.upload_part,
        answer["uploadUrl"],
        answer["authorizationToken"],
        number,
        length,
        digest,
        io.BytesIO(sent),
        server_side_encryption=play.encryption(),
    )
    if part is not None:
        play.parts.setdefault(file_id, {})[number] = part["contentSha1"]


@move
def copy_part(play: Play) -> None:
    file_id = play.large()
    number = play.rarely(1 + len(play.parts.get(file_id, ())), 1, 2, 3, 10_001)
    part = play.call(
        play.raw.copy_part,
        play.raw.API_URL,
        play.token(),
        play.file()[0],
        file_id,
        number,
        play.range(),
        destination_server_side_encryption=play.encryption(),
        source_server_side_encryption=play.encryption(),
    )
    if part is not None:
        play.parts.setdefault(file_id, {})[number] = part["contentSha1"]


@move
def finish_large_file(play: Play) -> None:
    file_id = play.large()
    sha1s = [sha1 for _, sha1 in sorted(play.parts.get(file_id, {}).items())]
    sha1s = play.rarely(sha1s, [], sha1s[:-1], ["0" * 40], [*sha1s, "1" * 40])
    play.call(play.raw.finish_large_file, play.raw.API_URL, play.token(), file_id, sha1s)


@move
def cancel_large_file(play: Play) -> None:
    play.call(play.raw.cancel_large_file, play.raw.API_URL, play.token(), play.large())


@move
def list_parts(play: Play) -> None:
    play.call(
        play.raw.list_parts,
        play.raw.API_URL,
        play.token(),
        play.large(),
        play.of(None, 1, 2),
        play.of(None, 1, 2, 1000, 5000),
    )


@move
def copy_file(play: Play) -> None:
    directive = play.of(None, *play.b2.MetadataDirectiveMode)
    play.call(
        play.raw.copy_file,
        play.raw.API_URL,
        play.token(),
        play.file()[0],
        play.of(*NAMES),
        play.range(),
        directive,
        play.of(None, "text/x-copied"),
        play.of(None, {}, {"copied": "1"}),
        play.of(None, None, play.bucket_id()),
        destination_server_side_encryption=play.encryption(),
        source_server_side_encryption=play.encryption(),
        file_retention=play.retention(),
        legal_hold=play.legal_hold(),
    )
