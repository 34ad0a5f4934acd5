"""One cloud of whichever b2sdk the interpreter has, and what is chosen for it, called and recorded.

A move is a function that makes calls; what it chooses follows from a seed. Two b2sdk that did the same so far choose
the same.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from enum import Enum
from random import Random
from typing import Any

NOW = 1_700_000_000
BODIES = [b"", b"hello", b"hello world", b"x" * 199, b"y" * 201, b"z" * 1000]
NAMES = ["a", "a/b", "a/c/d", "b", "ü+%41 #?", "z" * 300]
PREFIXES = [None, "", "a", "a/", "a/c", "b", "none"]
INFO: list[dict[str, str] | None] = [
    None,
    {},
    {"key": "value"},
    {"KEY": "ü +%", "b2-cache-control": "max-age=1", "b2-content-language": "de"},
    {"long": "v" * 7_500},
    {"b2-unknown": "x"},
    {"a b": "space"},
    {"src_last_modified_millis": "1700000000000", "large_file_sha1": "0" * 40},
    {f"n{number}": "x" for number in range(12)},
]
CONTENT_TYPES = ["text/plain", "b2/x-auto", "application/octet-stream", "nonsense"]
CAPABILITIES = [
    ["listFiles", "readFiles", "writeFiles", "listBuckets"],
    ["listFiles"],
    [
        "readFiles",
        "shareFiles",
        "deleteFiles",
        "writeFiles",
        "listBuckets",
        "readFileRetentions",
        "writeFileRetentions",
    ],
    ["listKeys", "writeKeys", "deleteKeys", "listBuckets", "writeBuckets", "readBucketEncryption"],
    ["listBuckets", "readBuckets", "readBucketRetentions", "readFileLegalHolds", "listFiles", "readFiles"],
    ["flyToTheMoon"],
    [],
]
B2Error: Any = importlib.import_module("b2sdk.v3.exception").B2Error
MOVES: dict[str, Callable[[Play], None]] = {}


def move(function: Callable[[Play], None]) -> Callable[[Play], None]:
    MOVES[function.__name__] = function
    return function


def shown(value: Any) -> Any:
    """Return a value as JSON has it, without what is random in it."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return re.sub(r"(/part/[^/]+/)\d+/", r"\1N/", value)
    if isinstance(value, bytes):
        return ["bytes", len(value), value[:30].decode("latin-1")]
    if isinstance(value, Mapping):
        return {str(name): shown(item) for name, item in sorted(value.items(), key=lambda item: str(item[0]))}
    if isinstance(value, (set, frozenset)):
        return sorted(shown(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    if hasattr(value, "as_dict"):
        return [type(value).__name__, shown(value.as_dict())]
    if hasattr(value, "__next__"):
        return [shown(item) for item in value]
    return type(value).__name__


def failed(error: BaseException) -> Any:
    if isinstance(error, AssertionError):
        return {"error": "AssertionError", "meant": False}
    told = {name: shown(getattr(error, name)) for name in ("code", "message", "size") if hasattr(error, name)}
    return {"error": type(error).__name__, "text": str(error), "meant": isinstance(error, B2Error), **told}


class Listener:
    """What a progress listener heard, from its total to its end."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def set_total_bytes(self, total: int) -> None:
        self.heard.append(["total", total])

    def bytes_completed(self, count: int) -> None:
        self.heard.append(count)

    def close(self) -> None:
        self.heard.append("end")

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Play:
    """One cloud, and what is known of it."""

    def __init__(self, surface: str) -> None:
        self.surface = surface
        self.b2: Any = importlib.import_module(f"b2sdk.{surface}")
        config = self.b2.B2HttpApiConfig(_raw_api_class=self.b2.RawSimulator)
        self.api: Any = self.b2.B2Api(self.b2.StubAccountInfo(), api_config=config, max_upload_workers=1)
        self.raw: Any = self.api.session.raw_api
        self.account_id, self.key = self.raw.create_account()
        self.api.authorize_account(application_key_id=self.account_id, application_key=self.key, realm="production")
        self.master: str = self.raw.current_token
        self.tokens: list[str] = [self.master]
        self.confined: list[str] = []
        """Tokens of keys for single buckets or names."""
        self.bucket_ids: list[str] = []
        self.bucket_names: list[str] = []
        self.files: list[tuple[str, str]] = []
        self.keys: list[tuple[str, str, bool]] = [(self.account_id, self.key, False)]
        self.key_ids: list[str] = ["appKeyId99"]
        self.urls: list[tuple[str, str]] = []
        self.part_urls: list[tuple[str, str]] = []
        self.parts: dict[str, dict[int, str]] = {}
        self.log: list[Any] = []
        self.random = Random(0)
        for name, locked in (("first", None), ("second", True)):
            made = self.raw.create_bucket(
                *self.where(), self.account_id, name, "allPublic", is_file_lock_enabled=locked
            )
            self.bucket_ids.append(made["bucketId"])
            self.bucket_names.append(name)

    def where(self) -> tuple[str, str]:
        return self.raw.API_URL, self.master

    # --- choices ---

    def of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def rarely(self, usual: Any, *others: Any) -> Any:
        """Return the usual, or in one of eight cases another."""
        return usual if self.random.randrange(8) else self.random.choice(others)

    def token(self) -> Any:
        return self.rarely(self.master, *self.tokens)

    def any_token(self) -> Any:
        return self.rarely(self.master, *self.tokens, *self.confined)

    def bucket_id(self) -> Any:
        return self.rarely(self.of(*self.bucket_ids[-4:]), "bucket_99")

    def bucket_name(self) -> Any:
        return self.rarely(self.of(*self.bucket_names[-4:]), "missing")

    def file(self) -> Any:
        known = self.of(*self.files[-12:]) if self.files else ("1234", "a")
        return self.rarely(known, (known[0], "other"), ("1234", "a"))

    def large(self) -> Any:
        return self.rarely(self.of(*list(self.parts)[-3:]), self.file()[0]) if self.parts else self.file()[0]

    def encryption(self) -> Any:
        b2 = self.b2
        aes = b2.EncryptionAlgorithm.AES256
        return self.rarely(
            None,
            b2.SSE_NONE,
            b2.SSE_B2_AES,
            b2.EncryptionSetting(b2.EncryptionMode.SSE_C, aes, b2.EncryptionKey(secret=b"some_key", key_id="some-id")),
            b2.EncryptionSetting(b2.EncryptionMode.SSE_C, aes, b2.EncryptionKey(secret=b"some_key", key_id=None)),
            b2.EncryptionSetting(b2.EncryptionMode.SSE_C, aes, b2.EncryptionKey(secret=b"k" * 32, key_id="other-id")),
        )

    def retention(self) -> Any:
        b2 = self.b2
        return self.rarely(
            None,
            b2.NO_RETENTION_FILE_SETTING,
            b2.FileRetentionSetting(b2.RetentionMode.GOVERNANCE, 5),
            b2.FileRetentionSetting(b2.RetentionMode.GOVERNANCE, NOW * 1000 + 1),
            b2.FileRetentionSetting(b2.RetentionMode.COMPLIANCE, NOW + 1),
        )

    def legal_hold(self) -> Any:
        return self.rarely(None, self.b2.LegalHold.ON, self.b2.LegalHold.OFF, self.b2.LegalHold.UNSET)

    def default_retention(self) -> Any:
        b2 = self.b2
        return self.rarely(
            None,
            b2.NO_RETENTION_BUCKET_SETTING,
            b2.BucketRetentionSetting(b2.RetentionMode.GOVERNANCE, b2.RetentionPeriod(days=7)),
            b2.BucketRetentionSetting(b2.RetentionMode.COMPLIANCE, b2.RetentionPeriod(years=70)),
        )

    def replication(self) -> Any:
        b2 = self.b2
        rule = b2.ReplicationRule(destination_bucket_id=self.bucket_ids[0], name="rule")
        return self.rarely(
            None,
            b2.ReplicationConfiguration(rules=[rule], source_key_id="appKeyId0"),
            b2.ReplicationConfiguration(source_to_destination_key_mapping={"appKeyId0": "appKeyId1"}),
            b2.ReplicationConfiguration(),
        )

    def range(self) -> Any:
        return self.of(None, None, (0, 4), (1, 3), (0, 0), (0, 300), (3, 1))

    # --- calls ---

    def call(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call, record the result, and return that; ``None`` after an error."""
        label = [method.__name__, shown(args), shown(options)]
        try:
            answer = method(*args, **options)
            self.log.append([*label, shown(answer)])
        except Exception as error:  # noqa: BLE001  # the errors are what is compared
            self.log.append([*label, failed(error)])
            return None
        return answer

    def note(self, label: str, value: Any) -> None:
        self.log.append([label, shown(value)])

    def made(self, answer: Any, where: dict[str, Any] | None = None) -> None:
        if isinstance(answer, dict) and "fileId" in answer:
            self.files.append((answer["fileId"], answer["fileName"]))
