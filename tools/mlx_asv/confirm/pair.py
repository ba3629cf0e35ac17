"""Two releases on the cases in doubt: what is known of each case, and its next replicate.

A replicate is a new life of new processes, the two releases' not even copies of the last ones'
originals. Inside it the arms are visited in mirrored order (ABBA), the controls at its ends.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf

import polars as pl

from mlx_asv.engine.found import Found, Looked, Measured
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.probe import Probe, starting
from mlx_asv.job import Arm, BlockSet, Case, Ended, Look, Order, Subject
from mlx_asv.measurement.arms import arms, references
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.verdicts.evidence import Finding, finding

from .plan import PairPlan

#: Mirrored order is even after so many blocks.
ROUND = 4


@dataclass(frozen=True)
class Candidate:
    """A case on one backend, on which one release may be slower than the other."""

    case: Case
    backend: str
    #: The group of its block sets: the position of its backend among the case's.
    group: int

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.case.name} {self.backend}".strip()


@dataclass(kw_only=True)
class Pair:
    """What is known of the candidates of one confirmation, and how each is measured."""

    plan: PairPlan
    begun: Begun
    controls: frozenset[str]
    #: Processes that load at the same time.
    loaders: int
    #: The pair's observations of earlier confirmations: what is decided with them is not measured.
    earlier: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))
    _probes: dict[Subject, Probe] = field(default_factory=dict, init=False)
    #: Observations of each replicate.
    _replicates: defaultdict[tuple[Subject, int], dict[int, pl.DataFrame]] = field(
        default_factory=lambda: defaultdict(dict), init=False
    )
    #: How many replicates were asked for: no two share their processes.
    _round: int = field(default=0, init=False)

    def tell(self, found: Found) -> None:
        """Take up what a job has found."""
        subject = found.subject
        match found:
            case Looked(probe=Probe() as probe):
                self._probes[subject] = probe
            case Measured():
                self._replicates[subject, found.group][found.replicate] = found.observations

    def looks(self) -> list[Look]:
        """The looks at the earlier release that nobody has had yet."""
        return [
            Look(case, references(case, self.plan.before, self.controls))
            for case in self.plan.cases
            if case.subject not in self._probes
        ]

    # -- what is known, once all cases were looked at -----------------------------------------

    def candidates(self) -> list[Candidate]:
        """Every case on every backend but the controls; those whose replicates are short first."""
        found = [
            Candidate(case, backend, group)
            for case in self.plan.cases
            for group, backend in enumerate(sorted(set(case.backends) - self.controls))
        ]
        return sorted(found, key=self.seconds)

    def seconds(self, candidate: Candidate) -> float:
        """What a replicate takes, by a look at the earlier release; 0 if that does not run it, and
        infinity if nobody has looked."""
        if candidate.case.subject not in self._probes:
            return inf
        found = self._probe(candidate)
        if candidate.backend in found.missing:
            return 0.0
        arms = self._arms(candidate, 0)
        pair = [arm for arm in arms if arm.role != "control"]  # whose processes are new each time
        new = starting(self._probes.values(), pair, self.loaders)
        return new + found.cost(arms, self.loaders).seconds

    def inapplicable(self) -> dict[Candidate, str]:
        """The candidates that the earlier release skips here, with its reason: no such device, or
        no such function."""
        return {
            candidate: why[1]
            for candidate in self.candidates()
            if candidate.case.subject in self._probes
            and (why := self._probe(candidate).missing.get(candidate.backend))
            and why[0] == "skipped"
        }

    def finding(self, candidate: Candidate) -> Finding:
        """What all replicates so far say of a candidate, and the look at it."""
        found = finding(self._observed(candidate), self.plan.rule)
        if not found.settled:
            for each in self._missing(candidate):
                return found.ended(f"{each.arm} {each.outcome}: {each.reason}")
        return found

    # -- what is measured ----------------------------------------------------------------------

    def unable(self, candidate: Candidate) -> list[BlockSet]:
        """What stores why the earlier release does not run the case; nothing if it does, or if that
        is stored or of no consequence. The later release is not even started."""
        if not self._missing(candidate) or self._done(candidate):
            return []
        if finding(self._observed(candidate), self.plan.rule).settled:
            return []
        return [self._job(candidate, number=0, arms=(), blocks=0)]

    def replicate(self, candidate: Candidate) -> BlockSet:
        """The next replicate."""
        number = len(self._done(candidate))
        # The two releases are tried again; what is besides, and was lost, is not.
        lost = self._observed(candidate).filter(
            pl.col("outcome") != "ok", pl.col("role").is_in(["twin", "control"])
        )
        gone = set(lost.select("backend", "label").iter_rows())
        found = [a for a in self._arms(candidate, number) if (a.backend, a.label) not in gone]
        blocks = self._probe(candidate).cost(found, self.loaders).blocks
        self._round += 1
        return self._job(candidate, number=number, arms=found, blocks=ROUND * ceil(blocks / ROUND))

    def _job(
        self, candidate: Candidate, *, number: int, arms: Sequence[Arm], blocks: int
    ) -> BlockSet:
        return BlockSet(
            case=candidate.case,
            replicate=number,
            group=candidate.group,
            arms=tuple(arms),
            blocks=blocks,
            seed=self.begun.seed,
            order=Order.MIRRORED,
            round=self._round,
            # Controls tell of the machine: a fresh import of PyTorch, at every replicate, would
            # take longer than all the rest.
            shared=self.controls,
            ended=() if arms else self._missing(candidate),
        )

    def _arms(self, candidate: Candidate, number: int) -> Sequence[Arm]:
        """The arms of a replicate, in the order that is mirrored.

        The earlier release, its twin and the later one take turns in the middle, where an arm
        always comes after one of the other two; the controls are at the ends.
        """
        wanted = {candidate.backend, *self.controls}
        here = {name: index for name, index in candidate.case.backends.items() if name in wanted}
        alone = replace(candidate.case, backends=here)
        found = arms(alone, (self.plan.before, self.plan.after), self.plan.before, self.controls)
        pair = [arm for arm in found if arm.role != "control"]
        ends = [arm for arm in found if arm.role == "control"]
        turn = number % len(pair)
        return [*ends[::2], *pair[turn:], *pair[:turn], *ends[1::2]]

    def _missing(self, candidate: Candidate) -> tuple[Ended, ...]:
        """The earlier release, if it is known not to run the case."""
        if candidate.case.subject not in self._probes:
            return ()
        arms = self._arms(candidate, 0)
        return self._probe(candidate).ended(arm for arm in arms if arm.role == "reference")

    def _observed(self, candidate: Candidate) -> pl.DataFrame:
        """All that is known of a candidate: earlier confirmations, and this one so far."""
        case, wanted = candidate.case, [candidate.backend, *self.controls]
        earlier = self.earlier.filter(
            pl.col("backend").is_in(wanted),
            benchmark=case.benchmark,
            version=case.version,
            case=case.label,
        )
        return pl.concat([earlier, *self._done(candidate)])

    def _done(self, candidate: Candidate) -> list[pl.DataFrame]:
        """Its replicates, up to the first that there is none of."""
        every = self._replicates[candidate.case.subject, candidate.group]
        found: list[pl.DataFrame] = []
        while len(found) in every:
            found.append(every[len(found)])
        return found

    def _probe(self, candidate: Candidate) -> Probe:
        return self._probes[candidate.case.subject]
