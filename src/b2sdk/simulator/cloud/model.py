"""What the cloud consists of: accounts, keys, tokens, buckets, file versions, parts, upload URLs.

What belongs here is plain typed state. It knows no rules, no JSON, no HTTP, no time of day, does no I/O and starts
no threads. Times are milliseconds since 1970, sizes bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from b2sdk.protocol_constants import EVENT_TYPE
from b2sdk.simulator.cloud.content import EMPTY, Content
from b2sdk.simulator.cloud.versions import Versions

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import CorsRule, LifecycleRule, NotificationRule, Replication

Action = Literal["upload", "hide", "start"]
BucketType = Literal["allPublic", "allPrivate", "restricted", "snapshot", "shared"]
Suite = Literal["groupsApi", "backupApi"]
Dialect = Literal[1, 2, 3, 4]
"""The number in ``/b2api/v4/``."""

NOTHING = Content(EMPTY, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "d41d8cd98f00b204e9800998ecf8427e")


@dataclass(frozen=True)
class Encryption:
    """How content is encrypted at rest, or is to be.

    A customer's key itself is never kept: its MD5 (base64, 16 bytes) tells whether a later request brings the same.
    """

    mode: Literal["SSE-B2", "SSE-C"] | None = None
    key_md5: str | None = None


UNENCRYPTED = Encryption()
SSE_B2 = Encryption("SSE-B2")


@dataclass(frozen=True)
class Retention:
    """Until when a version may not be deleted, and how strictly."""

    mode: Literal["governance", "compliance"] | None = None
    until: int | None = None


NO_RETENTION = Retention()


@dataclass(frozen=True)
class DefaultRetention:
    """What a bucket gives to new versions that bring no retention of their own."""

    mode: Literal["governance", "compliance"] | None = None
    duration: int | None = None
    unit: Literal["days", "years"] | None = None


@dataclass(eq=False, slots=True)
class Key:
    """An application key, or the master key of an account."""

    key_id: str
    secret: str = field(repr=False)
    account_id: str
    name: str
    capabilities: Sequence[str]
    bucket_ids: tuple[str, ...] | None = None
    name_prefix: str | None = None
    expires_at: int | None = None
    needs_v4: bool = False
    """Whether version 4 made it for buckets, one or several: older versions do not authorize it."""
    is_master: bool = False
    deleted: bool = False


@dataclass(eq=False, slots=True)
class Account:
    """An account with its keys by id; the master key is among them."""

    account_id: str
    master_key: Key
    keys: dict[str, Key] = field(default_factory=dict)
    email: str | None = None
    region: str = "us-west"
    suites: tuple[Suite, ...] = ()
    """The APIs that it may use besides that of storage."""
    has_phone: bool = True
    """Whether it has a valid phone number for text messages, which some calls of partners ask for."""
    is_in_good_standing: bool = True
    trial_ends_at: str | None = None
    """The day (``yyyy-MM-dd``, UTC) of an account that was made for a trial."""


@dataclass(eq=False, slots=True)
class Token:
    """What ``b2_authorize_account`` gave out for a key."""

    text: str = field(repr=False)
    key: Key
    expires_at: int
    calls_left: int | None = None
    """After how many calls it expires early; ``None`` without the test mode that makes it do so."""


@dataclass(eq=False, slots=True)
class DownloadAuthorization:
    """Leave to download what begins with a prefix, by name, from one bucket."""

    text: str = field(repr=False)
    key: Key
    bucket_id: str
    name_prefix: str
    expires_at: int
    overrides: Mapping[str, str]
    """Response headers (query parameter name to value) that a download must ask for exactly."""


@dataclass(eq=False, slots=True)
class UploadLease:
    """One upload URL with its token: good for one upload at a time."""

    lease_id: str
    path: str = field(repr=False)
    token: str = field(repr=False)
    key: Key
    bucket_id: str
    file_id: str | None
    """The large file that it takes parts of; ``None`` for whole files."""
    expires_at: int
    busy: bool = False
    dead: bool = False


@dataclass(eq=False, slots=True)
class Part:
    """One part of an unfinished large file."""

    file_id: str
    number: int
    content: Content
    encryption: Encryption
    timestamp: int
    sha1: str
    """What the service shows, which may begin with ``unverified:``."""


@dataclass(eq=False, slots=True, kw_only=True)
class FileVersion:
    """One version of one name: content, a hide marker, or a large file that is not finished."""

    file_id: str
    account_id: str
    bucket_id: str
    name: str
    action: Action
    timestamp: int
    sequence: int
    """The order in which versions arrived; decides between equal timestamps."""
    content: Content = NOTHING
    sha1: str | None = None
    """What the service shows: 40 hex digits, the same after ``unverified:``, or ``none`` for a large file."""
    md5: str | None = None
    content_type: str | None = "application/octet-stream"
    info: Mapping[str, str] = field(default_factory=dict)
    encryption: Encryption = UNENCRYPTED
    retention: Retention = NO_RETENTION
    legal_hold: Literal["on", "off"] | None = None
    replication_status: str | None = None
    parts: dict[int, Part] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int]:
        """Greater is newer."""
        return (self.timestamp, self.sequence)


@dataclass(eq=False, slots=True, kw_only=True)
class Bucket:
    """A bucket with everything in it."""

    bucket_id: str
    account_id: str
    name: str
    bucket_type: BucketType
    info: Mapping[str, str] = field(default_factory=dict)
    cors_rules: list[CorsRule] = field(default_factory=list)
    lifecycle_rules: list[LifecycleRule] = field(default_factory=list)
    notification_rules: list[NotificationRule] = field(default_factory=list)
    replication: Replication | None = None
    encryption: Encryption = UNENCRYPTED
    file_lock: bool = False
    default_retention: DefaultRetention = DefaultRetention()
    options: tuple[str, ...] = ("s3",)
    revision: int = 1
    versions: Versions[FileVersion] = field(default_factory=Versions)
    unfinished: dict[str, FileVersion] = field(default_factory=dict)


@dataclass(eq=False, slots=True, kw_only=True)
class Group:
    """A group of accounts, which another one administers."""

    group_id: str
    admin_id: str
    name: str
    created_at: int
    products: tuple[str, ...] = ("BACKUP", "STORAGE")
    is_managed: bool = True
    """Whether its admin may make and eject members."""
    email_domain: str | None = None
    """What the addresses of its members end in, where they log in by single sign-on."""
    has_enterprise_controls: bool = True
    """Whether its admin sees the computers of its members."""
    lets_admin_delete_backups: bool = True
    member_ids: list[str] = field(default_factory=list)


@dataclass(eq=False, slots=True, kw_only=True)
class Computer:
    """A computer that an account backs up."""

    computer_id: str
    account_id: str
    name: str
    last_upload: int | None = None


Thing = Account | Key | Token | DownloadAuthorization | Bucket | FileVersion | Part | Group | Computer
"""What can appear, change and go, and is worth to be remembered. Upload URLs are not: clients take new ones."""


class Observer(Protocol):
    """Receives what happens in a cloud. Both methods are called with the cloud's lock held, and must be quick."""

    def on_change(self, thing: Thing) -> None:
        """Learn that something appeared, is different now, or went; which of these, its place in the state tells."""

    def on_event(self, event_type: EVENT_TYPE, bucket: Bucket, version: FileVersion) -> None:
        """Learn that something happened to a version that a bucket's notification rules may speak of."""
