"""A/A pairs by asv and by the sweep, in turn, on a quiet machine and on one that is disturbed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.context import Context
from mlx_asv.job import Case
from mlx_asv.known.load import disturbance
from mlx_asv.metric import TIME

from .agenda import Agenda
from .asv_side import AsvProject, log_ratio, stored, wall
from .estimates import PERIODS, Estimate, Method, Period, allowance
from .subjects import BACKEND, Subject
from .sweep_side import sweep

#: A sweep gets as many replicates as its time is enough for, each with the fewest blocks: another
#: life of the processes tells more than more of the same (DESIGN.md, "Measurement").
REPLICATES = 12

#: Half-width (log time) that no sweep of so little time reaches: it uses all of its time.
TARGET = 0.0

#: Seconds that `asv run` is expected to take, per case and besides.
PER_CASE, BESIDES = 1.2, 2.0


@dataclass
class Pairs:
    """What was measured: the estimates, and wall seconds."""

    estimates: list[Estimate] = field(default_factory=list)
    #: What each estimate was made of.
    details: list[dict[str, Any]] = field(default_factory=list)
    #: (method, period) -> seconds of each repeat: a pair of asv runs, or a sweep.
    walls: dict[tuple[Method, Period], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    #: (method, period, case) -> the same, but what is spent on the case alone.
    case_walls: dict[tuple[Method, Period, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    #: Pairs that a method could not measure, and why.
    missing: list[str] = field(default_factory=list)

    def of_case(self, period: Period, case: str) -> tuple[float, float]:
        """Seconds per repeat on a case: asv's, and the sweep's."""
        asv, swept = (self.case_walls[method, period, case] for method in ("asv", "sweep"))
        return fmean(asv or [0.0]), fmean(swept or [0.0])

    def whole(self, period: Period, startup: float) -> tuple[float, float]:
        """Seconds per repeat of the whole commands: asv's, and the sweep's with its start."""
        return (
            fmean(self.walls["asv", period]),
            fmean(self.walls["sweep", period]) + startup,
        )

    def replicates(self) -> str:
        """How many lives of the processes the sweeps' time was enough for."""
        counts = sorted(each["replicates"] for each in self.details if "replicates" in each)
        if not counts:
            return "The sweeps measured nothing."
        return (
            f"Replicates of a case in a sweep: {median(counts):g} "
            f"({counts[0]} to {counts[-1]}); asv's: 2 processes in each run."
        )

    def figures(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "pairs": [
                {**asdict(estimate), **detail}
                for estimate, detail in zip(self.estimates, self.details, strict=True)
            ],
            "wall_seconds": {" ".join(key): each for key, each in self.walls.items()},
            "case_wall_seconds": {" ".join(key): each for key, each in self.case_walls.items()},
            "missing": self.missing,
        }


@dataclass
class Comparison:
    """Measures A/A pairs of `release` on `cases` both ways, `repeats` times in each period."""

    context: Context
    cases: Mapping[Subject, Case]
    release: str
    environ: Mapping[str, str]
    repeats: int
    #: Seconds from typing a sweep's command to knowing its cases.
    startup: float
    agenda: Agenda
    found: Pairs = field(default_factory=Pairs)
    #: The observations of every sweep on the quiet machine.
    observations: list[pl.DataFrame] = field(default_factory=list)

    @staticmethod
    def expected(cases: int) -> dict[str, float]:
        """Seconds that each kind of step may take."""
        run = BESIDES + PER_CASE * cases
        return {"asv": run, "pairs": 2 * run}

    def plan(self) -> None:
        """Tell the agenda what is to come."""
        self.agenda.add("asv", 2 * len(PERIODS) * self.repeats)
        self.agenda.add("pairs", len(PERIODS) * self.repeats)

    def run(self) -> Pairs:
        """Measure. Each method goes first in turn, and so does each period."""
        patterns = [subject.pattern for subject in self.cases]
        with TemporaryDirectory(prefix="mlx-asv-bench-") as path:
            project = AsvProject(Path(path), self.context, patterns)
            for repeat, period, methods in schedule(self.repeats):
                disturbed = disturbance(repeat) if period == "loaded" else nullcontext()
                with disturbed:
                    for method in methods:
                        if method == "asv":
                            self._asv(project, period, repeat)
                        else:
                            self._sweep(period, repeat)
        return self.found

    def _asv(self, project: AsvProject, period: Period, repeat: int) -> None:
        seconds, documents = 0.0, []
        for run in (1, 2):
            with self.agenda.step("asv", self._text(period, repeat, f"asv run, {run} of 2")):
                wall_seconds, document = project.run(self.release)
            seconds += wall_seconds
            documents.append(document)
        self.found.walls["asv", period].append(seconds)
        for case in self.cases.values():
            spent = sum(wall(document, case) for document in documents)
            self.found.case_walls["asv", period, case.name].append(spent)
            before, after = (stored(document, case, BACKEND) for document in documents)
            if before is None or after is None:
                self.found.missing.append(f"asv {period} {repeat} {case.name}: no result")
                continue
            difference, half = log_ratio(before, after)
            self._add(
                Estimate(
                    method="asv",
                    period=period,
                    repeat=repeat,
                    case=case.name,
                    log_ratio=difference,
                    half=half,
                ),
                {"before": asdict(before), "after": asdict(after)},
            )

    def _sweep(self, period: Period, repeat: int) -> None:
        asv, swept = self.found.walls["asv", period], self.found.walls["sweep", period]
        budget = allowance(asv, swept, self.startup)
        with self.agenda.step("pairs", self._text(period, repeat, f"sweep of {budget:.0f} s")):
            result = sweep(
                self.context,
                list(self.cases.values()),
                {self.release: self.environ},
                replicates=REPLICATES,
                target=TARGET,
                budget=budget,
            )
        swept.append(result.seconds)
        self.found.missing += [f"sweep {period} {repeat} {lost}" for lost in result.lost]
        if period == "quiet":
            self.observations.append(result.observations)
        for case in self.cases.values():
            mine = result.observations.filter(
                pl.col("benchmark") == case.benchmark, pl.col("case") == case.label
            )
            spent = float(mine.group_by("replicate", "group").agg(pl.first("life"))["life"].sum())
            self.found.case_walls["sweep", period, case.name].append(spent)
        twins = effects(life_levels(result.observations, TIME)).filter(pl.col("role") == "twin")
        rows = {(row["benchmark"], row["case"]): row for row in twins.iter_rows(named=True)}
        for case in self.cases.values():
            if (row := rows.get((case.benchmark, case.label))) is None:
                self.found.missing.append(f"sweep {period} {repeat} {case.name}: no effect")
                continue
            detail = {key: row[key] for key in ("sd", "df", "replicates", "blocks")}
            detail["seconds"] = row["value"]
            half = (row["high"] - row["low"]) / 2
            estimate = Estimate(
                method="sweep",
                period=period,
                repeat=repeat,
                case=case.name,
                log_ratio=row["effect"],
                half=half,
            )
            self._add(estimate, detail)

    def _add(self, estimate: Estimate, detail: dict[str, Any]) -> None:
        self.found.estimates.append(estimate)
        self.found.details.append(detail)

    def _text(self, period: Period, repeat: int, what: str) -> str:
        return f"precision, {period}, repeat {repeat + 1} of {self.repeats}: {what}"


def schedule(repeats: int) -> Iterator[tuple[int, Period, Sequence[Method]]]:
    """Repeat, period, and the order of the methods: what drifts hits both alike (ABBA)."""
    for repeat in range(repeats):
        turned = repeat % 2 == 1
        for period in PERIODS[::-1] if turned else PERIODS:
            yield repeat, period, ("sweep", "asv") if turned else ("asv", "sweep")
