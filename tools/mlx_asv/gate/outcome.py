"""What a gate found, and whether it opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from math import isfinite
from statistics import median

import polars as pl

from mlx_asv.confirm.pair import Candidate
from mlx_asv.metric import TIME, Metric
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.verdict import Verdict


class Status(IntEnum):
    """The exit status of the command."""

    NOTHING_SLOWER = 0
    SLOWER = 1
    UNUSABLE = 2
    NOT_MEASURED = 3
    INCONCLUSIVE = 4


#: The order in which statuses matter.
WORST_FIRST = (
    Status.SLOWER,
    Status.NOT_MEASURED,
    Status.INCONCLUSIVE,
    Status.NOTHING_SLOWER,
)

#: A benchmark on a backend, and what became of it.
Found = tuple[Candidate, Finding]


@dataclass(frozen=True)
class Outcome:
    """Both sides by name, what was found, and what does not apply here, with the reason.

    `threshold`: the change of `metric` that matters, a log ratio. `seconds`: wall time of the
    measurement. `observations`: what the findings rest on.
    """

    base: str
    head: str
    machine: str
    conditions: Mapping[str, str]
    threshold: float
    seconds: float
    findings: Mapping[Candidate, Finding]
    inapplicable: Mapping[Candidate, str]
    metric: Metric = TIME
    observations: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))

    def of(self, verdict: str | None) -> list[Found]:
        """What has this verdict (None: what could not be measured), the largest change first."""
        found = [each for each in self.findings.items() if each[1].decision == verdict]
        if verdict is None:
            return found
        return sorted(found, key=lambda each: -abs(each[1].change.effect))

    def status(self, strict: bool) -> Status:
        """0 only if something was measured, all of it, and nothing is slower.

        `strict`: nor may anything be undecided.
        """
        if self.of(self.metric.worse):
            return Status.SLOWER
        if not self.findings or self.of(None):
            return Status.NOT_MEASURED
        if strict and self.of(Verdict.INCONCLUSIVE):
            return Status.INCONCLUSIVE
        return Status.NOTHING_SLOWER

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        total = len(self.findings)
        metric = self.metric
        if worse := self.of(metric.worse):
            largest = metric.change(worse[0][1].change.effect)
            what = metric.worse.capitalize()
            return f"{what}: {len(worse)} of {total} benchmarks, the largest {largest}"
        if not self.findings:
            return "Nothing was measured: no benchmark that was selected runs here"
        counts = [
            (len(self.of(None)), "could not be measured"),
            (len(self.of(Verdict.INCONCLUSIVE)), "inconclusive"),
            (len(self.of(metric.better)), metric.better),
        ]
        rest = "".join(f"; {count} {what}" for count, what in counts if count)
        if len(self.of(None)) == total:
            return f"Nothing was measured: all {total} benchmarks failed or found no time"
        return f"Nothing {_is(metric)}{metric.worse} among {total - counts[0][0]} benchmarks{rest}"

    @cached_property
    def noise(self) -> str:
        """What the A/A arm, the base against itself, shows."""
        twins = [abs(f.twin.effect) for f in self.findings.values() if f.twin.replicates]
        if not twins:
            return "A/A: not measured"
        spread = self.metric.spread
        middle, largest = spread(median(twins)), spread(max(twins))
        return f"A/A: median {middle}, largest {largest} of {len(twins)}"

    @cached_property
    def detectable(self) -> str:
        """The changes that it could have seen."""
        found = [f.change.detectable for f in self.findings.values()]
        known = [each for each in found if isfinite(each)]
        if not known:
            return "unknown: too few replicates"
        change = self.metric.change
        return f"median {change(median(known))}, largest {change(max(known))}"


def _is(metric: Metric) -> str:
    """The verb between "nothing" and what is worse; none in "nothing slower"."""
    return "" if metric.verb == "is" else f"{metric.verb} "


def worst(outcomes: Sequence[Outcome], strict: bool) -> Status:
    """The status of outcomes by several metrics: that of the first that is worst."""
    found = {outcome.status(strict) for outcome in outcomes}
    return next(each for each in WORST_FIRST if each in found)
