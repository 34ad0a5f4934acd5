"""Server-side encryption: settings, customer keys, and how both look in JSON and in headers."""

from __future__ import annotations

import enum
import functools
import hashlib
from base64 import b64encode
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Literal
from urllib.parse import quote, unquote

from typing_extensions import Self

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.protocol_constants import FILE_INFO_HEADER_PREFIX, SSE_C_KEY_ID_FILE_INFO_KEY_NAME

SSE_HEADER: Final = "X-Bz-Server-Side-Encryption"
SSE_C_ALGORITHM_HEADER: Final = "X-Bz-Server-Side-Encryption-Customer-Algorithm"
SSE_C_KEY_HEADER: Final = "X-Bz-Server-Side-Encryption-Customer-Key"
SSE_C_KEY_MD5_HEADER: Final = "X-Bz-Server-Side-Encryption-Customer-Key-Md5"
SSE_C_KEY_ID_HEADER: Final = FILE_INFO_HEADER_PREFIX + SSE_C_KEY_ID_FILE_INFO_KEY_NAME


class EncryptionAlgorithm(enum.Enum):
    """How the content is encrypted."""

    AES256 = "AES256"

    def get_length(self) -> int:
        """Bytes of a key."""
        return 32


class EncryptionMode(enum.Enum):
    """Who holds the key."""

    UNKNOWN = None
    """The application key may not see it."""
    NONE = "none"
    SSE_B2 = "SSE-B2"
    SSE_C = "SSE-C"

    def can_be_set_as_bucket_default(self) -> bool:
        """Return whether a bucket can have this mode as its default; SSE-C cannot be one."""
        return self is EncryptionMode.SSE_B2


class _UnknownKeyId(enum.Enum):
    unknown_key_id = 0


UNKNOWN_KEY_ID: Final = _UnknownKeyId.unknown_key_id
"""Key id of a customer key that is known only to have been used."""

KeyId = str | Literal[_UnknownKeyId.unknown_key_id] | None


class EncryptionKey:
    """A customer key (SSE-C): ``secret`` is 32 bytes, or ``None`` when only its id is known.

    The id is the application's own name for the key; it is stored with the file, the secret is not. The
    representation never shows the secret.
    """

    SECRET_REPR = "******"  # noqa: S105  # what is shown instead of the secret

    def __init__(self, secret: bytes | None, key_id: KeyId) -> None:
        self.secret = secret
        self.key_id = key_id

    @classmethod
    def generate(cls, key_id: str | None = None) -> Self:
        """Make a key of 32 random bytes. Who loses its ``secret`` loses the files, as the service does not have it.

        :param key_id: the application's own name for the key; ``None`` stores none with the files.
        """
        from secrets import token_bytes  # noqa: PLC0415  # most programs make no key

        return cls(token_bytes(EncryptionAlgorithm.AES256.get_length()), key_id)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EncryptionKey):
            return NotImplemented
        return self.secret == other.secret and self.key_id == other.key_id

    def __repr__(self) -> str:
        secret = None if self.secret is None else self.SECRET_REPR
        key_id = "unknown" if self.key_id is UNKNOWN_KEY_ID else repr(self.key_id)
        return f"<{type(self).__name__}({secret}, {key_id})>"

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form; without a secret both values are masked."""
        if self.secret is None:
            return {"customerKey": self.SECRET_REPR, "customerKeyMd5": self.SECRET_REPR}
        return {"customerKey": self.key_b64(), "customerKeyMd5": self.key_md5()}

    def key_b64(self) -> str:
        """Return the secret in base64, as headers need it."""
        return b64encode(self._known_secret()).decode("ascii")

    def key_md5(self) -> str:
        """Base64 of the MD5 of the secret."""
        return b64encode(hashlib.md5(self._known_secret()).digest()).decode("ascii")

    def _known_secret(self) -> bytes:
        if self.secret is None:
            raise ValueError("Cannot use an unknown key in http headers")
        return self.secret


class EncryptionSetting:
    """How a file is, or is to be, encrypted; also the default of a bucket.

    :raises TypeError: the mode is none, such as a text.
    :raises ValueError: algorithm and key do not go with the mode.
    """

    def __init__(
        self, mode: EncryptionMode, algorithm: EncryptionAlgorithm | None = None, key: EncryptionKey | None = None
    ) -> None:
        if not isinstance(mode, EncryptionMode):
            raise TypeError(f"mode must be EncryptionMode, not {type(mode).__name__}")
        if mode is EncryptionMode.NONE and (algorithm or key):
            raise ValueError("cannot specify algorithm or key for 'plaintext' encryption mode")
        if mode in (EncryptionMode.SSE_B2, EncryptionMode.SSE_C) and not algorithm:
            raise ValueError(f"must specify algorithm for encryption mode {mode}")
        if mode is EncryptionMode.SSE_C and not key:
            raise ValueError(f"must specify key for encryption mode {mode} and algorithm {algorithm}")
        self.mode = mode
        self.algorithm = algorithm
        self.key = key

    def __eq__(self, other: object) -> bool:
        if other is None:
            raise ValueError("cannot compare a known encryption setting to an unknown one")
        if not isinstance(other, EncryptionSetting):
            return NotImplemented
        return (self.mode, self.algorithm) == (other.mode, other.algorithm) and self.key == other.key

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.mode}, {self.algorithm}, {self.key})>"

    def as_dict(self) -> dict[str, str | None]:
        """Return the setting as JSON, with the secret of a customer key if it is known."""
        result: dict[str, str | None] = {"mode": self.mode.value}
        if self.algorithm is not None:
            result["algorithm"] = self.algorithm.value
        if self.mode is EncryptionMode.SSE_C and self.key is not None:
            result.update(self.key.as_dict())
        return result

    def serialize_to_json_for_request(self) -> dict[str, str | None]:
        """Return what a call sends.

        :raises ValueError: the customer key has no secret.
        """
        if self.key is not None and self.key.secret is None:
            raise ValueError("cannot use an unknown key in requests")
        return self.as_dict()

    def can_be_used_for_file_write(self) -> bool:
        """Whether the service takes this setting for a new file; plain text it does not take."""
        if self.algorithm is not EncryptionAlgorithm.AES256:
            return False
        if self.mode is EncryptionMode.SSE_C:
            return self.key is not None and self.key.secret is not None
        return self.mode is EncryptionMode.SSE_B2 and self.key is None

    def is_unknown(self) -> bool:
        """Whether the mode is ``NONE``. The name says something else; callers rely on what it does."""
        return self.mode is EncryptionMode.NONE

    def add_to_upload_headers(self, headers: MutableMapping[str, Any]) -> None:
        """Add what an upload sends; the id of a customer key goes along as file info.

        :raises ValueError: the key has no secret, or its id is unknown, or contradicts the headers.
        :raises NotImplementedError: the mode is ``UNKNOWN``.
        """
        if self.mode is EncryptionMode.NONE:
            headers[SSE_HEADER] = self.mode.name
            return
        self._add_headers(headers)
        if self.key is not None:
            self._add_key_id_header(headers)

    def add_to_download_headers(self, headers: MutableMapping[str, Any]) -> None:
        """Add what a download sends.

        :raises ValueError: the key has no secret.
        :raises NotImplementedError: the mode is ``UNKNOWN``.
        """
        if self.mode is not EncryptionMode.NONE:
            self._add_headers(headers)

    def add_key_id_to_file_info(self, file_info: dict[str, str] | None) -> dict[str, str] | None:
        """Put the key id into ``file_info`` (in place, or into a new one) and return it.

        :raises ValueError: the id is unknown, or another one is there already.
        """
        if self.key is None or self.key.key_id is None:
            return file_info
        if self.key.key_id is UNKNOWN_KEY_ID:
            raise ValueError("Cannot add an unknown key id to file info")
        file_info = {} if file_info is None else file_info
        self._put_key_id(file_info, SSE_C_KEY_ID_FILE_INFO_KEY_NAME, self.key.key_id, "file_info")
        return file_info

    def _add_headers(self, headers: MutableMapping[str, Any]) -> None:
        if self.mode is EncryptionMode.SSE_B2 and self.algorithm is not None:
            headers[SSE_HEADER] = self.algorithm.value
        elif self.mode is EncryptionMode.SSE_C and self.key is not None and self.algorithm is not None:
            headers[SSE_C_ALGORITHM_HEADER] = self.algorithm.value
            headers[SSE_C_KEY_HEADER] = self.key.key_b64()
            headers[SSE_C_KEY_MD5_HEADER] = self.key.key_md5()
        else:
            raise NotImplementedError(f"unsupported encryption setting: {self}")

    def _add_key_id_header(self, headers: MutableMapping[str, Any]) -> None:
        if self.key is None or self.key.key_id is None:
            return
        if self.key.key_id is UNKNOWN_KEY_ID:
            raise ValueError("Cannot upload a file with an unknown key id")
        self._put_key_id(headers, SSE_C_KEY_ID_HEADER, quote(self.key.key_id), "headers")

    def _put_key_id(self, target: MutableMapping[str, Any], name: str, key_id: str, place: str) -> None:
        present = target.get(name)
        if present is not None and present != key_id:
            raise ValueError(f'Ambiguous key id set: "{present}" in {place} and "{key_id}" in {type(self).__name__}')
        target[name] = key_id


def without_key_id(file_info: Mapping[str, str]) -> dict[str, str]:
    """Return file info for a file with another key, or none: all entries but the id of the customer key."""
    return {name: value for name, value in file_info.items() if name != SSE_C_KEY_ID_FILE_INFO_KEY_NAME}


SSE_NONE: Final = EncryptionSetting(EncryptionMode.NONE)
SSE_B2_AES: Final = EncryptionSetting(EncryptionMode.SSE_B2, EncryptionAlgorithm.AES256)


_SSE_C: Final = EncryptionMode.SSE_C.value  # looking it up takes as long as the rest of a plain setting


class EncryptionSettingFactory:
    """Settings as the service reports them; it never reports a secret."""

    @classmethod
    def from_file_version_dict(cls, file_version_dict: Mapping[str, Any]) -> EncryptionSetting:
        """Read ``serverSideEncryption`` of a file version; a missing one means none."""
        sse = file_version_dict.get("serverSideEncryption")
        if sse is None:
            return _without_key(None, None)
        mode = sse.get("mode")
        if mode != _SSE_C:
            return _without_key(mode, sse.get("algorithm"))
        key_id = (file_version_dict.get("fileInfo") or {}).get(SSE_C_KEY_ID_FILE_INFO_KEY_NAME)
        return cls._from_value(sse, None if key_id is None else unquote(key_id))

    @classmethod
    def from_bucket_dict(cls, bucket_dict: Mapping[str, Any]) -> EncryptionSetting:
        """Read ``defaultServerSideEncryption`` of a bucket; ``UNKNOWN`` when the key may not see it.

        :raises UnexpectedCloudBehaviour: the service says it may be seen, and does not show it.
        """
        wrapped = bucket_dict.get("defaultServerSideEncryption")
        if wrapped is None or not wrapped.get("isClientAuthorizedToRead"):
            return EncryptionSetting(EncryptionMode.UNKNOWN)
        if "value" not in wrapped:
            raise UnexpectedCloudBehaviour("defaultServerSideEncryption has no value")
        return cls._from_value(wrapped["value"], None)

    @classmethod
    def from_response_headers(cls, headers: Mapping[str, Any]) -> EncryptionSetting:
        """Make a setting of the headers of a download."""
        if headers.get(SSE_HEADER) is not None:
            return EncryptionSetting(EncryptionMode.SSE_B2, EncryptionAlgorithm(headers[SSE_HEADER]))
        if headers.get(SSE_C_ALGORITHM_HEADER) is not None:
            key_id = headers.get(SSE_C_KEY_ID_HEADER)
            key = EncryptionKey(secret=None, key_id=None if key_id is None else unquote(key_id))
            return EncryptionSetting(
                EncryptionMode.SSE_C, EncryptionAlgorithm(headers[SSE_C_ALGORITHM_HEADER]), key=key
            )
        return EncryptionSetting(EncryptionMode.NONE)

    @classmethod
    def _from_value(cls, value: Mapping[str, Any] | None, key_id: str | None) -> EncryptionSetting:
        mode, algorithm = (None, None) if value is None else (value.get("mode"), value.get("algorithm"))
        if mode != _SSE_C:
            return _without_key(mode, algorithm)
        key = EncryptionKey(secret=None, key_id=key_id)
        return EncryptionSetting(EncryptionMode.SSE_C, _algorithm(algorithm), key=key)


def _algorithm(name: str | None) -> EncryptionAlgorithm | None:
    return EncryptionAlgorithm(name) if name else None


@functools.lru_cache(maxsize=8)
def _without_key(mode: str | None, algorithm: str | None) -> EncryptionSetting:
    """Return the one setting that all files share: a listing of 10,000 files would make as many, all the same."""
    return EncryptionSetting(EncryptionMode(mode or EncryptionMode.NONE.value), _algorithm(algorithm))
