"""Calls that find, change and read what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.simulator.raw.played.cloud import NAMES, PREFIXES, Play, move

# --- versions ---


@move
def hide(play: Play) -> None:
    play.made(play.call(play.raw.hide_file, play.raw.API_URL, play.token(), play.bucket_id(), play.of(*NAMES)))


@move
def delete_version(play: Play) -> None:
    file_id, name = play.file()
    play.call(play.raw.delete_file_version, play.raw.API_URL, play.token(), file_id, name, play.of(False, True))


@move
def info_by_id(play: Play) -> None:
    play.call(play.raw.get_file_info_by_id, play.raw.API_URL, play.token(), play.file()[0])


def told(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return headers without those of locks that b2sdk sends whatever the file has: a legal hold, and no retention."""
    return {
        name: value
        for name, value in headers.items()
        if name != "X-Bz-File-Legal-Hold" and not (name.startswith("X-Bz-File-Ret") and value in (None, "None"))
    }


@move
def info_by_name(play: Play) -> None:
    name = play.rarely(play.of(*NAMES, *(name for _, name in play.files[-2:] if name.isprintable())), "missing")

    def headers() -> Any:
        found = play.raw.get_file_info_by_name(play.raw.API_URL, play.token(), play.bucket_name(), name)
        return told(found)

    play.call(headers)


@move
def update_retention(play: Play) -> None:
    setting = play.retention() or play.b2.NO_RETENTION_FILE_SETTING
    play.call(
        play.raw.update_file_retention, play.raw.API_URL, play.token(), *play.file(), setting, play.of(False, True)
    )


@move
def update_legal_hold(play: Play) -> None:
    hold = play.of(play.b2.LegalHold.ON, play.b2.LegalHold.OFF)
    play.call(play.raw.update_file_legal_hold, play.raw.API_URL, play.token(), *play.file(), hold)


# --- listings ---


@move
def list_file_names(play: Play) -> None:
    prefix = play.of(*PREFIXES)
    start = prefix or play.of(None, "", *NAMES)
    play.call(
        play.raw.list_file_names,
        play.raw.API_URL,
        play.token() if prefix is None else play.any_token(),  # without a prefix, b2sdk shows all
        play.bucket_id(),
        start,
        play.of(None, 1, 2, 1000, 20_000),
        prefix,
    )


@move
def list_file_versions(play: Play) -> None:
    prefix = play.of(*PREFIXES)
    start = prefix or play.of(None, "", *NAMES)
    file_id = play.of(None, play.file()[0]) if start else None
    play.call(
        play.raw.list_file_versions,
        play.raw.API_URL,
        play.token() if prefix is None else play.any_token(),  # without a prefix, b2sdk shows all
        play.bucket_id(),
        start,
        file_id,
        play.of(None, 1, 2, 1000, 20_000),
        prefix,
    )


@move
def list_unfinished(play: Play) -> None:
    play.call(
        play.raw.list_unfinished_large_files,
        play.raw.API_URL,
        play.token(),
        play.bucket_id(),
        play.of(None, None, play.large()),
        play.of(None, 1, 2, 1000),
        play.of(*PREFIXES),
    )


# --- downloads ---


def download_from(play: Play, url: str) -> None:
    def read() -> Any:
        token = play.of(play.token(), play.token(), None)
        range_ = play.of(None, None, (0, 4), (0, 0), (0, 300), (1, 3))
        with play.raw.download_file_from_url(token, url, range_, play.encryption()) as response:
            body = b"".join(response.iter_content(chunk_size=50))
            return [told(response.headers), response.request.headers, body, response.request.url]

    play.call(read)


@move
def download_by_id(play: Play) -> None:
    play.note("url", url := play.raw.get_download_url_by_id(play.raw.DOWNLOAD_URL, play.file()[0]))
    download_from(play, url)


@move
def download_by_name(play: Play) -> None:
    name = play.rarely(play.of(*NAMES), "missing")
    play.note("url", url := play.raw.get_download_url_by_name(play.raw.DOWNLOAD_URL, play.bucket_name(), name))
    download_from(play, url)


@move
def authorize_download(play: Play) -> None:
    play.call(
        play.raw.get_download_authorization,
        play.raw.API_URL,
        play.token(),
        play.bucket_id(),
        play.of("", "a", "a/ü"),
        play.rarely(60, 0, 604_801, -1),
    )
