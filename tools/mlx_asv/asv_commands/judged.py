"""What time and counts say together of two releases, benchmark by benchmark, for asv's table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, isfinite, nan

import polars as pl

from mlx_asv.asv_edge.compared import Mark, Row, Side
from mlx_asv.asv_edge.listing import Place
from mlx_asv.axes import Name
from mlx_asv.confirm.pair import Candidate
from mlx_asv.confirm.words import in_words
from mlx_asv.gate.outcome import Outcome
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.verdict import Verdict

#: The releases of a comparison, by their roles in the observations.
BEFORE, AFTER = "reference", "release"


@dataclass(frozen=True)
class Judged:
    """A benchmark on both releases.

    `seconds`: per call, of the earlier release; None if it was not timed. `lost`: the roles of the
    releases that could not be measured, with their outcome. `threshold`: a log ratio.
    """

    candidate: Candidate
    time: Finding
    count: Finding | None
    seconds: float | None
    lost: Mapping[str, str]
    threshold: float

    @property
    def measured(self) -> bool:
        """Whether there is a verdict of any kind."""
        return self.time.decision is not None

    @property
    def failed(self) -> bool:
        """Whether a release has failed."""
        return "failed" in self.lost.values()

    @property
    def mark(self) -> Mark:
        """Slower or faster, decided on fresh replicates. Where these cannot tell, what a count
        says, which nothing disturbs: of more instructions and no more time nobody waits longer."""
        time = self.time.decision
        count = self.count.decision if self.count is not None else None
        if time in (None, Verdict.INCONCLUSIVE):
            worse, better = count == INSTRUCTIONS.worse, count == INSTRUCTIONS.better
        else:
            worse, better = time == TIME.worse, time == TIME.better
        if worse or better:
            return Mark.WORSE if worse else Mark.BETTER
        if self.lost.get(AFTER) == "failed" and BEFORE not in self.lost:
            return Mark.BROKEN
        if self.lost.get(BEFORE) == "failed" and AFTER not in self.lost:
            return Mark.MENDED
        return Mark.NONE

    @property
    def unsure(self) -> bool:
        """Whether the change is larger than one that matters, and not decided."""
        effect = abs(self.time.change.effect)
        return self.mark is Mark.NONE and isfinite(effect) and effect > self.threshold

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both releases; the error of the later one is half of the change's interval."""
        change = self.time.change
        if self.seconds is None or not isfinite(change.effect):
            before, after = (
                Side(None if self.lost.get(role) == "failed" else nan) for role in (BEFORE, AFTER)
            )
            return (before if self.seconds is None else Side(self.seconds)), after
        after_seconds = self.seconds * exp(change.effect)
        half = (change.high - change.low) / 2
        error = after_seconds * half if isfinite(half) else None
        return Side(self.seconds), Side(after_seconds, error)

    @property
    def verdict(self) -> str:
        """That of time, and that of a count beside it."""
        said = in_words(self.time)
        if self.count is None or self.count.decision is None:
            return said
        size = INSTRUCTIONS.change(self.count.change.effect)
        word = self.count.decision
        return f"{said}; instructions {size}" + ("" if word in self._plain else f", {word}")

    @property
    def _plain(self) -> tuple[str, ...]:
        """Verdicts of counts that their size says."""
        return (*INSTRUCTIONS.changes, Verdict.SAME)


def judged(time: Outcome, counts: Outcome | None) -> list[Judged]:
    """What the outcomes say of each benchmark; those that do not apply here are left out."""
    seconds = _seconds(time.observations)
    lost = _lost(time.observations)
    counted = {} if counts is None else {_place(each): f for each, f in counts.findings.items()}
    return [
        Judged(
            candidate,
            finding,
            counted.get(_place(candidate)),
            seconds.get(_place(candidate)),
            lost.get(_place(candidate), {}),
            time.threshold,
        )
        for candidate, finding in time.findings.items()
    ]


def rows(found: Iterable[Judged], names: Mapping[Place, Name]) -> list[Row]:
    """The rows of asv's table. `names`: asv's."""
    return [
        Row(names[_place(each.candidate)], each.mark, *each.sides, each.verdict, each.unsure)
        for each in found
    ]


def _place(candidate: Candidate) -> Place:
    return (*candidate.case.subject, candidate.backend)


def _seconds(observations: pl.DataFrame) -> Mapping[Place, float]:
    """The median seconds of the earlier release."""
    times = observations.filter(pl.col("outcome") == "ok", metric=TIME.name, role=BEFORE)
    middle = times.group_by("benchmark", "case", "backend").agg(pl.col("value").median())
    return {(name, case, backend): value for name, case, backend, value in middle.iter_rows()}


def _lost(observations: pl.DataFrame) -> Mapping[Place, dict[str, str]]:
    """The releases that were never measured: role -> how the last try ended."""
    of_pair = observations.filter(pl.col("role").is_in([BEFORE, AFTER]))
    ended = of_pair.group_by("benchmark", "case", "backend", "role").agg(
        (pl.col("outcome") == "ok").any().alias("measured"),
        pl.col("outcome").sort_by("replicate").last(),
    )
    found: dict[Place, dict[str, str]] = {}
    for row in ended.filter(~pl.col("measured")).iter_rows(named=True):
        place = (row["benchmark"], row["case"], row["backend"])
        found.setdefault(place, {})[row["role"]] = row["outcome"]
    return found
