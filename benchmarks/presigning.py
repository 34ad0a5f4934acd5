"""How much CPU it takes to presign URLs of the S3-compatible API, beside botocore.

    python benchmarks/presigning.py [--urls N] [--rounds N]

Needs botocore. Each round signs so many URLs in each way, one after the other, in this process; what is printed is the
least CPU time of each way, and its share of botocore's. Botocore has two: a client of S3, as programs use it, and the
signer alone, which gets a request whose URL has been written already.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import botocore.auth
import botocore.config
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo

KEY_ID: Final = "0014aba10000000000000000a"
KEY: Final = "K001-made-up-for-the-benchmark-"
REGION: Final = "us-west-001"
ENDPOINT: Final = f"https://s3.{REGION}.backblazeb2.com"


def name_of(number: int) -> str:
    return f"reports/2026/{number:06} of a customer.pdf"


def our_bucket() -> Bucket:
    info = InMemoryAccountInfo()
    info.set_auth_data(
        account_id="4aba10000000",
        auth_token="",
        api_url="https://api001.backblazeb2.com",
        download_url="https://f001.backblazeb2.com",
        recommended_part_size=100_000_000,
        absolute_minimum_part_size=5_000_000,
        application_key=KEY,
        realm="production",
        s3_api_url=ENDPOINT,
        allowed={"buckets": None, "capabilities": [], "namePrefix": None},
        application_key_id=KEY_ID,
    )
    return Bucket(B2Api(info), "a-bucket-id", "a-bucket", "allPrivate")


def ways() -> Mapping[str, Callable[[int], str]]:
    """Return what makes a URL, by what it is."""
    bucket = our_bucket()
    client = botocore.session.Session().create_client(
        "s3",
        region_name=REGION,
        endpoint_url=ENDPOINT,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=KEY,
        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    credentials = Credentials(KEY_ID, KEY)

    def by_client(number: int) -> str:
        params = {"Bucket": "a-bucket", "Key": name_of(number)}
        url: str = client.generate_presigned_url("get_object", Params=params, ExpiresIn=3600)
        return url

    def by_signer(number: int) -> str:
        request = AWSRequest("GET", f"{ENDPOINT}/a-bucket/reports/2026/{number:06}%20of%20a%20customer.pdf")
        botocore.auth.S3SigV4QueryAuth(credentials, "s3", REGION, 3600).add_auth(request)
        url: str = request.url
        return url

    return {
        "Bucket.presigned_s3_url": lambda number: bucket.presigned_s3_url(name_of(number), 3600),
        "botocore, client": by_client,
        "botocore, signer": by_signer,
    }


def cpu_seconds(make: Callable[[int], str], urls: int) -> float:
    began = time.process_time()
    for number in range(urls):
        make(number)
    return time.process_time() - began


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--urls", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args(argv)
    makers = ways()
    for make in makers.values():
        make(0)
    rounds = [{way: cpu_seconds(make, arguments.urls) for way, make in makers.items()} for _ in range(arguments.rounds)]
    least = {way: min(seconds[way] for seconds in rounds) for way in makers}
    ours = next(iter(least.values()))
    for way, seconds in least.items():
        print(f"{way:24} {seconds:6.2f} s for {arguments.urls:,} URLs, ours is {ours / seconds:.2f} of it", flush=True)


if __name__ == "__main__":
    main()
