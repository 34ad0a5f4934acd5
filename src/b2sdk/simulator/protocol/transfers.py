"""The exchanges that move content: uploads of files and parts, downloads, and the preflight requests of browsers before
them.

What belongs here is the order of checks, bytes and effects of one transfer. The cloud's lock is held while it is
decided and while it takes effect, never while bytes are moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.content import Content
from b2sdk.simulator.cloud.downloads import Download
from b2sdk.simulator.cloud.model import Bucket, UploadLease
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.cloud.storage import HashingSink
from b2sdk.simulator.protocol import cors, file_headers, settings, shapes
from b2sdk.simulator.protocol.fields import parse_object
from b2sdk.simulator.protocol.headers import Headers, percent_decode, query_of
from b2sdk.simulator.protocol.messages import RequestHead, Response, json_response
from b2sdk.values.json import JsonObject

_LONGEST_PARAMETERS: Final = 65536
SHA1_MISMATCH: Final = "Sha1 did not match data received"


class NewFile:
    """What an upload to the URL of a bucket becomes."""

    endpoint = "b2_upload_file"

    def __init__(self, cloud: Cloud, lease: UploadLease, headers: Headers) -> None:
        self._cloud = cloud
        self._key = lease.key
        self.body: file_headers.DeclaredBody = file_headers.read_body(headers, cloud.policy.maximum_upload_size)
        self.bucket: Bucket = cloud.state.bucket(lease.bucket_id, lease.key.account_id)
        new = file_headers.read_new_version(headers, cloud.policy)
        self._resolved = cloud.files.resolve(lease.key, self.bucket, new)

    def store(self, content: Content) -> JsonObject:
        """Make it so, and return its shape."""
        version = self._cloud.files.add(self.bucket, self._resolved, content, verified=self.body.is_verified)
        return shapes.file_version(version, self._key, 4)


class NewPart:
    """What an upload to the URL of a large file becomes."""

    endpoint = "b2_upload_part"

    def __init__(self, cloud: Cloud, lease: UploadLease, headers: Headers) -> None:
        self._cloud = cloud
        self.body: file_headers.DeclaredBody = file_headers.read_body(headers, cloud.policy.maximum_part_size)
        self.bucket: Bucket = cloud.state.bucket(lease.bucket_id, lease.key.account_id)
        self._number = file_headers.read_part_number(headers)
        self._large_file = cloud.large_files.check_part(
            lease.file_id or "",
            lease.key.account_id,
            self._number,
            settings.read_encryption_headers(headers, cloud.policy),
        )

    def store(self, content: Content) -> JsonObject:
        """Make it so, and return its shape."""
        verified = self.body.is_verified
        return shapes.part(self._cloud.large_files.add_part(self._large_file, self._number, content, verified=verified))


class UploadWork:
    """One upload of a file or of a part, which has its URL for itself until it ends.

    It is made while the cloud's lock is held.
    """

    def __init__(self, cloud: Cloud, lease: UploadLease, head: RequestHead) -> None:
        self._cloud = cloud
        self._lease = lease
        self._head = head
        if head.method != "POST":
            raise Refusal("method_not_allowed", "Only POST is supported")
        cloud.leases.take(lease, head.headers.get("authorization", ""))
        try:
            self._target = (NewFile if lease.file_id is None else NewPart)(cloud, lease, head.headers)
        except Exception as error:
            cloud.leases.give_back(lease, status=error.status if isinstance(error, Refusal) else None)
            raise
        self._body = self._target.body
        self._sink = HashingSink(cloud.state.storage.sink(), self._body.trailer_size)

    def receive(self, chunk: bytes) -> None:
        if self._sink.received + len(chunk) > self._body.length:
            raise bad_request("The body is longer than Content-Length")
        try:
            self._sink.write(chunk)
        except OSError:
            self._sink.discard()  # or it would keep the disk full for as long as its client goes on sending
            raise

    def complete(self) -> Response:
        content = self._verify()
        bucket = self._target.bucket
        with self._cloud.lock:
            self._cloud.state.bucket(bucket.bucket_id, bucket.account_id)  # it may be gone by now
            shape = self._target.store(content)
            return json_response(shape, headers=cors_headers(bucket, self._head, self._target.endpoint))

    def _verify(self) -> Content:
        if self._sink.received != self._body.length:
            raise bad_request("error reading uploaded data: the body is shorter than Content-Length")
        if not self._body.accepts(self._sink.sha1, self._sink.trailer):
            raise bad_request(SHA1_MISMATCH)
        return self._sink.keep()

    def end(self, status: int | None) -> None:
        try:
            self._sink.discard()
        finally:
            with self._cloud.lock:
                self._cloud.leases.give_back(self._lease, status=status)


class DownloadWork:
    """One download, by id or by name."""

    def __init__(self, cloud: Cloud, endpoint: str, head: RequestHead) -> None:
        self._cloud = cloud
        self._endpoint = endpoint
        self._head = head
        self.parameters: dict[str, str] = query_of(head.target)
        """Those of the query; of a POST, also those of its body once it is complete."""
        self._body = bytearray()
        if head.method not in ("GET", "HEAD", "POST"):
            raise Refusal("method_not_allowed", "Only GET, HEAD and POST are supported")

    def receive(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > _LONGEST_PARAMETERS:
            raise bad_request("The request body is too long")

    def complete(self) -> Response:
        if self._head.method == "POST":
            posted = parse_object(bytes(self._body))
            self.parameters.update((name, value) for name, value in posted.items() if isinstance(value, str))
        asked = file_headers.read_overrides(self.parameters)
        with self._cloud.lock:
            download = self._decide(asked)
            length = download.end - download.start
            if self._head.method != "HEAD":
                self._cloud.meter.count_download(length)
            headers = file_headers.download_headers(download, asked)
        status = 200
        if download.is_partial:
            status = 206
            headers["Content-Range"] = f"bytes {download.start}-{download.end - 1}/{download.version.content.size}"
        headers.update(cors_headers(download.bucket, self._head, self._endpoint))
        return Response(status, headers, download.version.content.blob.blocks(download.start, download.end), length)

    def _decide(self, asked: Mapping[str, str]) -> Download:
        headers, downloads = self._head.headers, self._cloud.downloads
        token, range_ = headers.get("authorization"), file_headers.read_range(headers.get("range"))
        given = settings.read_encryption_headers(headers, self._cloud.policy)
        if self._endpoint == "b2_download_file_by_id":
            file_id = self.parameters.get("fileId")
            if not file_id:
                raise bad_request("fileId is required")
            return downloads.by_id(token, file_id, given, range_, asked)
        bucket_name, name = parse_file_path(self._head.path)
        token = token or self.parameters.get("Authorization")
        return downloads.by_name(token, bucket_name, name, given, range_, asked)

    def end(self, status: int | None) -> None:
        """Nothing was taken."""


def parse_file_path(path: str) -> tuple[str, str]:
    """Return the bucket and the file that a path ``/file/<bucket>/<file>`` names; it is decoded once."""
    _, _, rest = path.partition("/file/")
    bucket_name, _, name = rest.partition("/")
    if not name:
        raise Refusal("not_found", "The path names no file")
    return percent_decode(bucket_name, "The bucket name"), percent_decode(name, "The file name")


def cors_headers(bucket: Bucket, head: RequestHead, endpoint: str) -> Mapping[str, str]:
    """Return the headers that let a browser pass the response to the page, if the bucket's rules allow it."""
    origin = head.headers.get("origin")
    rule = None if origin is None else cors.find_rule(bucket.cors_rules, origin, endpoint)
    return {} if rule is None or origin is None else _allowing_headers(rule, origin)


def _allowing_headers(rule: Mapping[str, Any], origin: str) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    if exposed := rule.get("exposeHeaders"):  # missing in a rule that was not checked
        headers["Access-Control-Expose-Headers"] = ", ".join(exposed)
    return headers


class PreflightWork:
    """The request by which a browser finds out whether a page may make another one."""

    def __init__(self, cloud: Cloud, endpoint: str, lease: UploadLease | None, head: RequestHead) -> None:
        self._cloud = cloud
        self._endpoint = endpoint
        self._lease = lease
        self._head = head

    def receive(self, chunk: bytes) -> None:
        """Take a body, which is of no interest."""

    def complete(self) -> Response:
        headers = self._head.headers
        origin, wanted = headers.get("origin", ""), headers.get("access-control-request-headers", "")
        with self._cloud.lock:
            bucket = self._bucket()
            rules = [] if bucket is None else bucket.cors_rules
            rule = cors.find_rule(rules, origin, self._endpoint, filter(None, wanted.split(",")))
        if rule is None:
            raise Refusal("access_denied", "The bucket has no CORS rule that allows this")
        allowed = _allowing_headers(rule, origin)
        allowed["Access-Control-Allow-Methods"] = headers.get("access-control-request-method", "GET")
        allowed["Access-Control-Allow-Headers"] = wanted
        allowed["Access-Control-Max-Age"] = str(rule.get("maxAgeSeconds", 0))
        return Response(200, allowed)

    def _bucket(self) -> Bucket | None:
        if self._lease is not None:
            return self._cloud.state.buckets.get(self._lease.bucket_id)
        if self._endpoint == "b2_download_file_by_name":
            return self._cloud.state.find_bucket_named(parse_file_path(self._head.path)[0])
        version = self._cloud.state.files.get(query_of(self._head.target).get("fileId", ""))
        return None if version is None else self._cloud.state.buckets.get(version.bucket_id)

    def end(self, status: int | None) -> None:
        """Nothing was taken."""
