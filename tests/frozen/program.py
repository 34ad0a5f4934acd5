"""What is frozen by `nox -s frozen`: it uses all surfaces, and names that nothing but a surface's list mentions."""

from __future__ import annotations

import b2sdk
import b2sdk.v0
import b2sdk.v1
import b2sdk.v2
import b2sdk.v3


def main() -> None:
    for surface in (b2sdk.v0, b2sdk.v1, b2sdk.v2, b2sdk.v3):
        missing = [name for name in surface.__all__ if name not in vars(surface)]
        assert not missing, missing
    config = b2sdk.v3.B2HttpApiConfig(_raw_api_class=b2sdk.v3.RawSimulator)
    with b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo(), api_config=config) as api:
        simulator = api.session.raw_api
        assert isinstance(simulator, b2sdk.v3.RawSimulator)
        api.authorize_account(*simulator.create_account())
        bucket = api.create_bucket("frozen-bucket", "allPrivate")
        bucket.upload_bytes(b"content", "file")
        assert [version.file_name for version, _folder in bucket.ls()] == ["file"]
    print(f"b2sdk {b2sdk.__version__} works in a bundle")  # noqa: T201  # what the session shows


if __name__ == "__main__":
    main()
