from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlsplit

import botocore.auth
import botocore.config
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, strategies as st

from b2sdk.links.signature_v4 import Endpoint, SigningKey, find_endpoint, path_of, presign

KEY = SigningKey("0014aba10000000000000000a", "K001/signing+key")
ENDPOINT = Endpoint("https", "s3.us-west-001.backblazeb2.com", "us-west-001")

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
PARAMETERS = st.dictionaries(
    st.sampled_from(["response-content-disposition", "response-content-type", "response-expires", "versionId"]),
    NAMES,
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "content-length", "cache-control", "x-amz-meta-a", "x-amz-meta-author_name"]),
    VALUES,
)


def signed_by_botocore(method: str, path: str, parameters: dict[str, str], headers: dict[str, str]) -> str:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    request = AWSRequest(method, f"https://{ENDPOINT.host}{path}{'?' * bool(query)}{query}", headers)
    signer = botocore.auth.S3SigV4QueryAuth(Credentials(*KEY), "s3", ENDPOINT.region, 3600)
    signer.add_auth(request)
    url: str = request.url
    return url


def read(url: str) -> tuple[str, str, str, dict[str, str]]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def time_of(url: str) -> str:
    """Return when a URL was signed."""
    return read(url)[3]["X-Amz-Date"]


def test_a_url_is_signed_as_amazon_publishes_it() -> None:
    """The example of "Authenticating Requests: Using Query Parameters" in the reference of the S3 API."""
    url = presign(
        "GET",
        Endpoint("https", "examplebucket.s3.amazonaws.com", "us-east-1"),
        "/test.txt",
        SigningKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "20130524T000000Z",
        86400,
        {},
        {},
    )

    assert url == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@given(NAMES, PARAMETERS)
def test_a_download_is_signed_as_botocore_signs_it(name: str, parameters: dict[str, str]) -> None:
    path = path_of("a.bucket", name)

    theirs = signed_by_botocore("GET", path, parameters, {})

    ours = presign("GET", ENDPOINT, path, KEY, time_of(theirs), 3600, parameters, {})

    assert read(ours) == read(theirs)


@given(NAMES, HEADERS)
def test_an_upload_is_signed_as_botocore_signs_it(name: str, headers: dict[str, str]) -> None:
    path = path_of("a-bucket", name)

    theirs = signed_by_botocore("PUT", path, {}, headers)

    ours = presign("PUT", ENDPOINT, path, KEY, time_of(theirs), 3600, {}, headers)

    assert read(ours) == read(theirs)


@pytest.mark.parametrize("name", ["file", "a/b c+d=e&f?g#h%20.txt", "ä/!'()*~-._/", "a//b"])
def test_a_url_is_the_one_that_programs_with_botocore_make(name: str) -> None:
    config = botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"})
    client = botocore.session.Session().create_client(
        "s3",
        region_name=ENDPOINT.region,
        endpoint_url=f"https://{ENDPOINT.host}",
        aws_access_key_id=KEY.key_id,
        aws_secret_access_key=KEY.key,
        config=config,
    )
    params = {"Bucket": "a-bucket", "Key": name, "ResponseContentDisposition": 'attachment; filename="ä b"'}
    theirs = client.generate_presigned_url("get_object", Params=params, ExpiresIn=3600)

    parameters = {"response-content-disposition": 'attachment; filename="ä b"'}
    ours = presign("GET", ENDPOINT, path_of("a-bucket", name), KEY, time_of(theirs), 3600, parameters, {})

    assert read(ours) == read(theirs)


@pytest.mark.parametrize(
    ("url", "region", "endpoint"),
    [
        (
            "https://s3.eu-central-003.backblazeb2.com",
            None,
            ("https", "s3.eu-central-003.backblazeb2.com", "eu-central-003"),
        ),
        ("https://S3.us-west-001.BackblazeB2.com:443/", None, ENDPOINT),
        ("https://cdn.example.com", "us-west-001", ("https", "cdn.example.com", "us-west-001")),
        ("https://cdn.example.com:8443", "us-west-001", ("https", "cdn.example.com:8443", "us-west-001")),
        ("http://localhost:9000", "local", ("http", "localhost:9000", "local")),
        ("http://[::1]:80", "local", ("http", "[::1]", "local")),
    ],
)
def test_an_endpoint_of_b2_has_a_region(url: str, region: str | None, endpoint: tuple[str, ...]) -> None:
    assert find_endpoint(url, region) == endpoint


@pytest.mark.parametrize(
    ("url", "region", "told"),
    [
        ("https://cdn.example.com", None, "region of cdn.example.com is not known"),
        ("https://s3.us-west-001.backblazeb2.com.example.com", None, "is not known"),
        ("https://s3.us-west-001.backblazeb2.com", "US West", "not the name of a region"),
        ("http://s3.us-west-001.backblazeb2.com", None, "endpoint has to be https"),
        ("https://cdn.example.com/path", "us-west-001", "without a path"),
    ],
)
def test_another_endpoint_is_refused(url: str, region: str | None, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        find_endpoint(url, region)


def test_a_key_is_not_shown() -> None:
    assert KEY.key not in f"{KEY} {KEY!r}"
