"""URLs of the S3-compatible API, signed with an application key: Signature Version 4, computed here.

What belongs here computes. It sends nothing, and knows the clock only by what it is given.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from b2sdk.links.arguments import checked_base
from b2sdk.values.file_name import b2_url_encode

ALGORITHM = "AWS4-HMAC-SHA256"
_HOST_OF_B2 = re.compile(r"s3\.([a-z0-9-]+)\.backblazeb2\.com(?::\d+)?")
_REGION = re.compile(r"[a-z0-9-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class SigningKey(NamedTuple):
    """What URLs are signed with; for S3 it is called access key and secret key."""

    key_id: str
    key: str

    def __repr__(self) -> str:
        return f"SigningKey(key_id={self.key_id!r})"


class Endpoint(NamedTuple):
    """Where the S3-compatible API is."""

    scheme: str
    host: str
    """With its port, if that is not the usual one."""
    region: str


@lru_cache(maxsize=32)
def find_endpoint(url: str, region: str | None) -> Endpoint:
    """Return the endpoint at a URL. The hosts of B2 have their region in their names.

    :raises ValueError: it is no ``https`` URL of a host, or the region is not known.
    """
    parts = checked_base(url, "endpoint")
    if parts.path:
        raise ValueError("endpoint has to be a host without a path, as the path is signed")
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port not in (None, _DEFAULT_PORTS[parts.scheme]):
        host = f"{host}:{parts.port}"
    if region is None:
        of_b2 = _HOST_OF_B2.fullmatch(host)
        if of_b2 is None:
            raise ValueError(
                f"the region of {host} is not known: give region=, the one that it compares signatures with"
            )
        region = of_b2[1]
    if not _REGION.fullmatch(region):
        raise ValueError(f"{region!r} is not the name of a region")
    return Endpoint(parts.scheme, host, region)


@lru_cache(maxsize=32)
def _key_of_day(signing_key: SigningKey, region: str, day: str) -> tuple[bytes, str, str]:
    """Return the key of a day, what it is good for, and the same in the form that it has in URLs."""
    scope = f"{day}/{region}/s3/aws4_request"
    key = f"AWS4{signing_key.key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key, scope, quote(f"{signing_key.key_id}/{scope}", safe="")


def presign(
    method: str,
    endpoint: Endpoint,
    path: str,
    signing_key: SigningKey,
    now: str,
    seconds: int,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
) -> str:
    """Return a signed URL.

    :param path: the path, as it is: bucket and file, encoded with :func:`path_of`.
    :param now: the time in UTC: ``20261130T180509Z``.
    :param parameters: more parameters, whose names begin with a small letter.
    :param headers: what the request has to be sent with, by names in small letters.
    """
    key, scope, credential = _key_of_day(signing_key, endpoint.region, now[:8])
    signed, lines = "host", f"host:{endpoint.host}\n"
    if headers:
        in_order = sorted({"host": endpoint.host, **headers}.items())
        signed = ";".join(name for name, _ in in_order)
        lines = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in in_order)
    # In the order of bytes, as the signature wants it: capitals first.
    query = (
        f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={now}"
        f"&X-Amz-Expires={seconds}&X-Amz-SignedHeaders={quote(signed, safe='')}"
    )
    for name in sorted(parameters):
        query += f"&{name}={quote(parameters[name], safe='')}"
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{signed}\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.digest(key, f"{ALGORITHM}\n{now}\n{scope}\n{digest}".encode(), "sha256").hex()
    return f"{endpoint.scheme}://{endpoint.host}{path}?{query}&X-Amz-Signature={signature}"


def path_of(bucket_name: str, file_name: str) -> str:
    """Return the path of a file below the endpoint."""
    return f"/{b2_url_encode(bucket_name)}/{b2_url_encode(file_name)}"
