"""What is compared: each case with its workload, its size, what it is to reach, and how rclone does the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

Door = Literal["near", "tls", "far", "slow"]
Figure = Literal["cpu", "wall", "peak"]

LARGE: Final = 512 << 20
SMALL: Final = 1000
MILLION: Final = 1_000_000
PEAK: Final = 0.85
PEAK_OF_STREAMS: Final = 0.75


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    title: str
    workload: str
    count: int = 1
    size: int = SMALL
    door: Door = "near"
    goals: dict[Figure, float] = field(default_factory=dict)
    """The largest ratio to b2sdk, by figure."""
    goals_to: dict[str, dict[Figure, float]] = field(default_factory=dict)
    """The same to others, by their names."""
    is_whole: bool = False
    """Whether the whole process is measured, not only its work."""
    logs_in_before: bool = False
    """Whether the account state in the file is made before, which is not measured."""
    most_connections: int | None = None
    most_memory: int | None = None
    """Bytes that the process may have at its peak."""
    bucket: str | None = None
    """The bucket of made-up files that is listed; ``COUNT`` is their number."""
    rclone: tuple[str, ...] | None = None
    """The arguments by which rclone does the same; ``{}`` is the directory."""

    def scaled(self, scale: float) -> Case:
        """Return the case with so much less, or more, to do."""
        count = max(1, round(self.count * scale)) if self.count > 1 else 1
        size = round(self.size * scale) if self.size == LARGE else self.size
        return replace(self, count=count, size=size)

    @property
    def figure(self) -> Figure:
        """What the case is about: where round trips decide, elapsed time."""
        return "wall" if self.door in ("far", "slow") else "cpu"

    @property
    def made_up(self) -> str | None:
        return None if self.bucket is None else self.bucket.replace("COUNT", str(self.count))

    @property
    def arguments_of_rclone(self) -> list[str] | None:
        return None if self.rclone is None else [part.replace("COUNT", str(self.count)) for part in self.rclone]


def _goals(cpu: float | None = None, *, peak: float = PEAK, wall: float | None = None) -> dict[Figure, float]:
    goals: dict[Figure, float | None] = {"cpu": cpu, "wall": wall, "peak": peak}
    return {figure: goal for figure, goal in goals.items() if goal is not None}


def _far(title: str, workload: str, *, peak: float = PEAK, rclone: tuple[str, ...] | None = None) -> Case:
    goals = _goals(peak=peak, wall=0.7)
    return Case(title, workload, 1000, door="far", goals=goals, most_connections=32, rclone=rclone)


_WORKERS = ("--transfers=32", "--checkers=32", "--fast-list")
_NUMBERS = "made-up-COUNT"
_UP = ("sync", "{}/small", ":b2:small", *_WORKERS)
_DOWN = ("sync", ":b2:made-up-COUNT", "{}/fetched", *_WORKERS)
_SEND = ("copyto", "{}/large", ":b2:work/large")
_FETCH = ("copyto", ":b2:work/verified", "{}/fetched")

CASES: Final = (
    Case("import", "bare_import", goals=_goals(0.20), is_whole=True),
    Case("import of v1", "import_of_v1", goals=_goals(0.30), is_whole=True),
    Case("import all that most programs name", "everything", goals=_goals(), is_whole=True),
    Case("cold start", "cold_start", goals=_goals(0.60), is_whole=True, logs_in_before=True),
    Case("1,000 small uploads", "small_uploads", 1000, goals=_goals(0.33)),
    Case("1,000 small downloads", "small_downloads", 1000, goals=_goals(0.25)),
    Case("1,000 copies", "small_copies", 1000, goals=_goals(0.35)),
    Case("1,000 file infos", "file_infos", 1000, goals=_goals(0.35)),
    Case("upload of 512 MiB", "upload_large", size=LARGE, goals=_goals(0.72, wall=0.60), rclone=_SEND),
    Case("unbound stream of 512 MiB", "upload_stream", size=LARGE, goals=_goals(0.65, peak=PEAK_OF_STREAMS)),
    Case("download of 512 MiB", "download_large", size=LARGE, goals=_goals(0.80), rclone=_FETCH),
    Case("download of 512 MiB without SHA-1", "download_unverified", size=LARGE, goals=_goals(0.32)),
    Case(
        "listing of 100,000 files",
        "listing",
        100_000,
        goals=_goals(0.50, peak=PEAK_OF_STREAMS),
        bucket=_NUMBERS,
        rclone=("size", "--fast-list", ":b2:made-up-COUNT"),
    ),
    Case(
        "sync of 10,000 files, nothing to do",
        "sync_nothing",
        10_000,
        goals=_goals(0.20, peak=PEAK_OF_STREAMS),
        bucket=_NUMBERS,
        rclone=("sync", "{}/tree", ":b2:made-up-COUNT", "--fast-list"),
    ),
    Case("sync of 1,000 small files up", "sync_up", 1000, goals=_goals(peak=PEAK_OF_STREAMS), rclone=_UP),
    Case(
        "sync of 1,000 small files down",
        "sync_down",
        1000,
        goals=_goals(peak=PEAK_OF_STREAMS),
        bucket=_NUMBERS,
        rclone=_DOWN,
    ),
    Case("file of 10,000 write intents", "plan", 10_000, goals=_goals(0.40)),
    Case("pool of 10,000 upload URLs", "url_pool", 10_000, goals=_goals(0.40)),
    Case("10,000 reads of the SQLite account", "account_reads", 10_000, goals=_goals(0.60), logs_in_before=True),
    Case("TLS: upload of 512 MiB", "upload_large", size=LARGE, door="tls", goals=_goals(), rclone=_SEND),
    Case("TLS: download of 512 MiB", "download_large", size=LARGE, door="tls", goals=_goals(), rclone=_FETCH),
    Case("TLS: 1,000 small uploads", "small_uploads", 1000, door="tls", goals=_goals()),
    Case("TLS: 1,000 small downloads", "small_downloads", 1000, door="tls", goals=_goals()),
    _far("TLS, 50 ms: 1,000 uploads, 32 threads", "threads_up"),
    _far("TLS, 50 ms: 1,000 downloads, 32 threads", "threads_down"),
    _far("TLS, 50 ms: sync of 1,000 files up", "sync_up", peak=PEAK_OF_STREAMS, rclone=_UP),
    _far("TLS, 50 ms: sync of 1,000 files down", "sync_down", peak=PEAK_OF_STREAMS, rclone=_DOWN),
)


def _very_many(title: str, workload: str, kind: str = "numbers") -> Case:
    goals = _goals(0.60, peak=1, wall=0.15)
    bucket = f"made-up-{kind}-COUNT"
    return Case(
        f"slow service: {title}",
        workload,
        MILLION,
        door="slow",
        goals=goals,
        goals_to={"rclone": {"wall": 0.15}},
        most_memory=100_000_000,
        bucket=bucket,
        rclone=("size", "--fast-list", f":b2:{bucket}"),
    )


_COMPARE = ("sync", "{}/tree", ":b2:made-up-COUNT", "--fast-list")
_AS_RCLONE: Final[dict[str, dict[Figure, float]]] = {"rclone": {"cpu": 0.7, "wall": 0.6, "peak": 0.3}}

CASES_OF_MANY: Final = (
    _very_many("listing of 1,000,000 numbers, 8 workers", "ranges_of_numbers"),
    _very_many("listing of 1,000,000 hashes, 8 workers", "ranges_of_hashes", "hashes"),
    _very_many("listing of 1,000,000 dates, 8 workers", "ranges_of_dates", "dates"),
    Case(
        "listing of 1,000,000 files",
        "listing",
        MILLION,
        goals=_goals(0.50, peak=PEAK_OF_STREAMS),
        most_memory=100_000_000,
        bucket=_NUMBERS,
        rclone=("size", "--fast-list", ":b2:made-up-COUNT"),
    ),
    Case(
        "sync of 1,000,000 files, nothing to do",
        "sync_nothing",
        MILLION,
        goals=_goals(0.25, peak=PEAK_OF_STREAMS),
        goals_to=_AS_RCLONE,
        bucket=_NUMBERS,
        rclone=_COMPARE,
    ),
    Case(
        "slow service: sync of 1,000,000 files, nothing to do, 8 workers",
        "sync_nothing_in_ranges",
        MILLION,
        door="slow",
        goals=_goals(0.25, peak=1),
        goals_to=_AS_RCLONE,
        bucket=_NUMBERS,
        rclone=_COMPARE,
    ),
    Case(
        "TLS, 50 ms: deletion of 100,000 versions, 32 workers",
        "deletion",
        MILLION // 10,
        door="far",
        goals={"wall": 0.1},
        bucket=_NUMBERS,
    ),
)
"""Very many files, which take minutes: they are compared only if that is asked for."""
