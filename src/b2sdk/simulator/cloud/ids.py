"""What the cloud calls things: ids, secrets, tokens, upload paths, and the time stamp a new version gets.

What belongs here is form only; who gets a name for what is decided elsewhere. :class:`ServiceIds` spells them as the
service does, :class:`CountingIds` as tests written against ``b2sdk.v3.RawSimulator`` expect.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import count
from typing import Protocol
from urllib.parse import quote


class IdSource(Protocol):
    """Every method returns something never returned before, except where it says otherwise."""

    def account(self) -> tuple[str, str]:
        """Return the id of an account, which is also that of its master key, and the secret of that key."""

    def key(self, account_id: str) -> tuple[str, str]:
        """Return the id and the secret of an application key."""

    def account_token(self, key_id: str) -> str:
        """Return an account authorization token."""

    def download_token(self, bucket_id: str, name_prefix: str, seconds: int) -> str:
        """Return a download authorization token; it may repeat an earlier one with the same arguments."""

    def upload_lease(self, endpoint: str, target: str, account_token: str) -> tuple[str, str]:
        """Return the path of an upload URL for a bucket or a large file (``target``), and its token.

        ``endpoint`` is what the path should look like, such as ``/b2api/v4/b2_upload_file``.
        """

    def bucket(self, account_id: str) -> str:
        """Return the id of a bucket."""

    def group(self) -> str:
        """Return the id of a group, in decimal digits."""

    def computer(self) -> str:
        """Return the id of a computer, in 24 hexadecimal digits."""

    def file(self, bucket_id: str, now: int, *, large: bool = False) -> str:
        """Return the id of a version that is made ``now`` (milliseconds)."""

    def timestamp(self, bucket_id: str, now: int) -> int:
        """Return the upload timestamp (milliseconds) of a version that is made ``now``; it may repeat."""

    def is_file_id(self, text: str) -> bool:
        """Return whether ``text`` has the form of a file id."""


class ServiceIds:
    """Ids in the forms of the service; secrets and tokens are random."""

    _FILE_ID = re.compile(r"4_z[0-9a-f]{24}_f[0-9a-f]{17}_d\d{8}_m\d{6}_c\d{3}_v\d{7}_t\d{4}(_u\d{14})?")

    def __init__(self) -> None:
        self.issued: int = 0
        """How many numbers have gone into ids so far; no number goes into two."""

    def _next(self) -> int:
        self.issued += 1
        return self.issued

    def account(self) -> tuple[str, str]:
        return f"{0x30F204260000 + self._next():012x}", self._secret()

    def key(self, account_id: str) -> tuple[str, str]:
        return f"001{account_id}{self._next():010x}", self._secret()

    def _secret(self) -> str:
        return "K001" + secrets.token_urlsafe(21)[:27]

    def account_token(self, key_id: str) -> str:
        return f"4_{key_id}_{secrets.token_hex(4)}_{secrets.token_hex(3)}_acct_{secrets.token_urlsafe(20)}"

    def download_token(self, bucket_id: str, name_prefix: str, seconds: int) -> str:
        return f"3_{secrets.token_hex(7)}_{secrets.token_hex(16)}_001_{seconds}_0001_dnld"

    def upload_lease(self, endpoint: str, target: str, account_token: str) -> tuple[str, str]:
        kind = "uplg" if endpoint.endswith("_part") else "upld"
        path = f"{endpoint}/{target}/c001_v0001000_t{self._next():04d}"
        return path, f"4_{secrets.token_hex(12)}_{secrets.token_hex(7)}_{kind}_{secrets.token_urlsafe(20)}"

    def bucket(self, account_id: str) -> str:
        return f"{self._next():012x}{account_id[-12:]:0>12}"

    def group(self) -> str:
        return str(165_900 + self._next())

    def computer(self) -> str:
        return f"{self._next():024x}"

    def file(self, bucket_id: str, now: int, *, large: bool = False) -> str:
        moment = datetime.fromtimestamp(now / 1000, tz=timezone.utc)
        kind = 2 if large else 1
        return f"4_z{bucket_id}_f{kind}{self._next():016x}_{moment:d%Y%m%d_m%H%M%S}_c001_v0001000_t0000_u{now:014d}"

    def timestamp(self, bucket_id: str, now: int) -> int:
        return now

    def is_file_id(self, text: str) -> bool:
        return self._FILE_ID.fullmatch(text) is not None


class CountingIds:
    """Small numbers, counted per kind and per bucket, so that expected values can be written down in a test."""

    FIRST_FILE_NUMBER = 9999
    FIRST_TIMESTAMP = 5000

    def __init__(self, upload_origin: str) -> None:
        self._upload_origin = upload_origin
        self.issued: Counter[str] = Counter()
        """How many there have been of each kind that is counted for the whole cloud."""
        self.bucket_numbers: Iterator[int] = count()
        self.file_numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(self.FIRST_FILE_NUMBER, -1))
        """The numbers still to come, by bucket; so are the next two."""
        self.timestamps: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(self.FIRST_TIMESTAMP))
        self.upload_numbers: defaultdict[str, Iterator[int]] = defaultdict(count)

    def _next(self, kind: str) -> int:
        self.issued[kind] += 1
        return self.issued[kind] - 1

    def account(self) -> tuple[str, str]:
        number = self._next("account")
        return f"account-{number}", f"masterKey-{number}"

    def key(self, account_id: str) -> tuple[str, str]:
        number = self._next("key")
        return f"appKeyId{number}", f"appKey{number}"

    def account_token(self, key_id: str) -> str:
        return f"auth_token_{self._next('token')}"

    def download_token(self, bucket_id: str, name_prefix: str, seconds: int) -> str:
        return f"fake_download_auth_token_{bucket_id}_{quote(name_prefix)}_{seconds}"

    def upload_lease(self, endpoint: str, target: str, account_token: str) -> tuple[str, str]:
        if endpoint.endswith("_part"):
            path = f"/part/{target}/{1 + secrets.randbelow(10**9)}/{account_token}"
        else:
            path = f"/{target}/{next(self.upload_numbers[target])}/{account_token}"
        return path, self._upload_origin + path

    def bucket(self, account_id: str) -> str:
        return f"bucket_{next(self.bucket_numbers)}"

    def group(self) -> str:
        return str(100 + self._next("group"))

    def computer(self) -> str:
        return f"{self._next('computer'):024x}"

    def file(self, bucket_id: str, now: int, *, large: bool = False) -> str:
        return str(next(self.file_numbers[bucket_id]))

    def timestamp(self, bucket_id: str, now: int) -> int:
        return next(self.timestamps[bucket_id])

    @contextmanager
    def lease(self, bucket_id: str, to: str) -> Iterator[None]:
        """Let what is made in another bucket meanwhile be counted in this one."""
        counters = (self.file_numbers, self.timestamps)
        own = [counter[to] for counter in counters]
        for counter in counters:
            counter[to] = counter[bucket_id]
        try:
            yield
        finally:
            for counter, numbers in zip(counters, own, strict=True):
                counter[to] = numbers

    def is_file_id(self, text: str) -> bool:
        return True
