"""What came out: medians, ratios, goals; as a table in Markdown and as JSON."""

from __future__ import annotations

import math
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from cases import Case, Figure
from stand import Tally
from subjects import Taken

FIGURES: Final[tuple[Figure, ...]] = ("cpu", "wall", "peak")


@dataclass
class Results:
    """What one subject took for one case, in each round."""

    taken: list[Taken] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)

    def median(self, figure: Figure, part: str = "work") -> float:
        return float(statistics.median(getattr(getattr(taken, part), figure) for taken in self.taken))

    @property
    def calls(self) -> int:
        return round(statistics.median(sum(tally.calls.values()) for tally in self.tallies))

    @property
    def connections(self) -> int:
        return max(tally.connections for tally in self.tallies)


@dataclass
class Row:
    """One case, and what each subject took; the first one is held against the others."""

    case: Case
    results: dict[str, Results]

    def ratio(self, other: str, figure: Figure, part: str = "work") -> float:
        first = next(iter(self.results.values()))
        return first.median(figure, part) / self.results[other].median(figure, part)

    def goal(self, other: str, figure: Figure) -> float:
        """Return the largest ratio that will do."""
        usual = dict.fromkeys(FIGURES, 1.0) if other == "rclone" else self.case.goals
        return self.case.goals_to.get(other, usual).get(figure, math.inf)

    @property
    def missed(self) -> list[str]:
        """What was to be reached, and was not."""
        missed = []
        for other in list(self.results)[1:]:
            for figure in FIGURES:
                ratio = self.ratio(other, figure, part_for(other))
                if ratio > self.goal(other, figure):
                    missed.append(f"{figure} {ratio:.2f} of {other}, not {self.goal(other, figure):.2f}")
        peak, most_memory = next(iter(self.results.values())).median("peak"), self.case.most_memory
        if most_memory is not None and peak > most_memory:
            missed.append(f"peak {shown(peak, 'peak')} MB, not {shown(most_memory, 'peak')}")
        opened, most = next(iter(self.results.values())).connections, self.case.most_connections
        if most is not None and opened > most:
            missed.append(f"{opened} connections, not {most}")
        return missed

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.case.title,
            "case": asdict(self.case),
            "missed": self.missed,
            "ratios": {
                other: {figure: round(self.ratio(other, figure, part_for(other)), 3) for figure in FIGURES}
                for other in list(self.results)[1:]
            },
            "results": {
                name: {"taken": [asdict(taken) for taken in result.taken], "tallies": [vars(t) for t in result.tallies]}
                for name, result in self.results.items()
            },
        }


def part_for(other: str) -> str:
    """Return what is compared: with rclone whole processes, as it cannot be asked for less."""
    return "process" if other == "rclone" else "work"


def table(rows: Sequence[Row], other: str) -> Iterator[str]:
    """Yield a table in Markdown: the first subject and another one; a ratio that misses its goal is bold."""
    first = next(iter(rows[0].results))
    names = f"{first} / {other}"
    yield f"| {names} | CPU, ms | ratio | elapsed, ms | ratio | peak, MB | ratio | calls | connections |"
    yield "|---|" + "--:|" * 8
    for row in rows:
        if other in row.results:
            yield f"| {' | '.join(_cells(row, other))} |"


def _cells(row: Row, other: str) -> Iterator[str]:
    results, part = [next(iter(row.results.values())), row.results[other]], part_for(other)
    yield row.case.title
    for figure in FIGURES:
        yield " / ".join(shown(result.median(figure, part), figure) for result in results)
        mark = "**" if row.ratio(other, figure, part) > row.goal(other, figure) else ""
        yield f"{mark}{row.ratio(other, figure, part):.2f}{mark}"
    yield " / ".join(str(result.calls) for result in results)
    yield " / ".join(str(result.connections) for result in results)


def shown(value: float, figure: Figure) -> str:
    return f"{value / 1e6:.1f}" if figure == "peak" else f"{1000 * value:,.1f}"


def machine() -> dict[str, str]:
    """Return on what it was measured."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in cpus if line.startswith("model name")]
    memory = next(line.split()[1] for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines())
    return {
        "processor": f"{len(models)} x {models[0]}" if models else platform.machine(),
        "memory": f"{int(memory) / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
