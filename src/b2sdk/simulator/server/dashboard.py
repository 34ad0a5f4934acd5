"""The page at ``/``: what is in the cloud and what was called last, for a person with a browser.

What belongs here is HTML. It only reads, has no script, and every name in it is shown as text whatever it contains:
what cannot be seen by its code, and what runs from right to left within its own cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from html import escape
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.model import Bucket, FileVersion
from b2sdk.simulator.cloud.versions import Way
from b2sdk.simulator.protocol.faults import Journal
from b2sdk.simulator.protocol.messages import Response

FILES_SHOWN: Final = 200
REQUESTS_SHOWN: Final = 100
_HEADERS: Final = {
    "Content-Type": "text/html;charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>B2 simulator</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884; overflow-wrap: anywhere }
h2, td { unicode-bidi: isolate }
.number { text-align: right; font-variant-numeric: tabular-nums }
.failed { color: #c33 }
</style></head><body><h1><a href="/">B2 simulator</a></h1>
"""


def page(cloud: Cloud, journal: Journal, query: Mapping[str, str]) -> Response:
    """Return the page: all buckets, the files of the ``bucket`` that the query names from ``start`` on, the calls."""
    with cloud.lock:
        bucket = cloud.state.find_bucket_named(query.get("bucket", ""))
        sections = [_buckets(cloud)]
        if bucket is not None:
            sections.append(_files(bucket, query.get("start", "")))
    sections.append(_requests(journal))
    body = (_HEAD + "".join(sections) + "</body></html>\n").encode("utf-8", "replace")
    return Response(200, _HEADERS, body, len(body))


def _table(title: str, identity: str, columns: Iterable[str], rows: Iterable[str], nothing: str) -> str:
    body = "".join(rows)
    head = "".join(f"<th>{column}</th>" for column in columns)
    shown = f'<table id="{identity}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"<h2>{_text(title)}</h2>" + (shown if body else f'<p id="{identity}">{nothing}</p>')


def _text(text: str) -> str:
    """Return text as HTML in which nothing is invisible, nor what it is not."""
    return escape("".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text))


def _row(*cells: str, kind: str = "") -> str:
    return f'<tr class="{kind}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _link(text: str, **query: str) -> str:
    return f'<a href="/?{escape(urlencode(query))}">{_text(text)}</a>'


def _buckets(cloud: Cloud) -> str:
    rows = (
        _row(
            _link(bucket.name, bucket=bucket.name),
            bucket.bucket_type,
            _text(bucket.account_id),
            _text(bucket.bucket_id),
        )
        for bucket in sorted(cloud.state.buckets.values(), key=lambda bucket: bucket.name)
    )
    return _table("Buckets", "buckets", ("name", "type", "account", "id"), rows, "There are no buckets.")


def _files(bucket: Bucket, start: str) -> str:
    found = bucket.versions.walk(Way(start), lambda versions: versions)
    versions = [entry for entry in islice(found, FILES_SHOWN + 1) if isinstance(entry, FileVersion)]
    rows = (_file_row(version) for version in versions[:FILES_SHOWN])
    columns = ("name", "action", "size", "uploaded", "SHA-1")
    shown = _table(f"Files of {bucket.name}", "files", columns, rows, "There are no files.")
    if len(versions) > FILES_SHOWN:
        shown += f"<p>{_link('More', bucket=bucket.name, start=versions[-1].name)}</p>"
    return shown


def _file_row(version: FileVersion) -> str:
    uploaded = datetime.fromtimestamp(version.timestamp / 1000, tz=timezone.utc)
    size = f'<span class="number">{version.content.size:,}</span>'
    return _row(_text(version.name), version.action, size, f"{uploaded:%Y-%m-%d %H:%M:%S}", _text(version.sha1 or ""))


def _requests(journal: Journal) -> str:
    rows = (
        _row(
            str(entry.seq),
            _text(entry.method),
            _text(entry.endpoint),
            entry.version or "",
            _text(" ".join(filter(None, ("/".join(filter(None, (entry.bucket, entry.name))), entry.range)))),
            "no answer" if entry.status is None else str(entry.status),
            entry.fault or "",
            entry.upload_url_id or "",
            kind="failed" if entry.status is None or entry.status >= 400 else "",
        )
        for entry in reversed(journal.entries[-REQUESTS_SHOWN:])
    )
    columns = ("", "method", "call", "version", "about", "status", "fault", "upload URL")
    return _table("Last requests", "requests", columns, rows, "Nothing has been called.")
