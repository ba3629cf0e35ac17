"""Two releases on one case and backend, replicate after replicate until they are decided.

A replicate is a new life of new processes, the two releases' not even copies of the last ones'
originals. Inside it the arms are visited in mirrored order (ABBA), the controls at its ends. Every
replicate is on the disk before the next begins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import ClassVar

import polars as pl

from mlx_asv.engine.plan import Setting
from mlx_asv.engine.probe import Probe
from mlx_asv.engine.session import Session
from mlx_asv.job import Arm, Case
from mlx_asv.measurement.arms import arms
from mlx_asv.measurement.blocks import mirrored
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.observations.store import read
from mlx_asv.verdicts.evidence import Finding, finding
from mlx_asv.verdicts.sequential import StoppingRule

#: Mirrored order is even after so many blocks.
ROUND = 4


@dataclass(frozen=True)
class Design(Setting):
    """What a confirmation is going to measure."""

    kind: ClassVar[str] = "-confirm"
    what: ClassVar[str] = "confirmation"
    parts: ClassVar[str] = "replicates"

    before: str
    after: str
    cases: tuple[Case, ...]
    #: What is undecided by one rule is not taken up by another.
    rule: StoppingRule


@dataclass(frozen=True)
class Candidate:
    """A case on one backend, on which one release may be slower than the other."""

    case: Case
    backend: str
    #: The group of its block sets: the place of its backend among the case's.
    group: int

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.case.name} {self.backend}".strip()


@dataclass
class Pair:
    """Measures the candidates of one confirmation, begun or continued."""

    design: Design
    session: Session
    #: The pair's observations of earlier confirmations: what is decided with them is not measured.
    earlier: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))

    def candidates(self) -> list[Candidate]:
        """Every case on every backend but the controls; those whose replicates are short first."""
        found = [
            Candidate(case, backend, group)
            for case in self.design.cases
            for group, backend in enumerate(sorted(set(case.backends) - self.session.controls))
        ]
        return sorted(found, key=self.seconds)

    def seconds(self, candidate: Candidate) -> float:
        """What a replicate takes, by a look at the earlier release; 0 if that does not run it."""
        found = self._probe(candidate.case)
        if candidate.backend in found.missing:
            return 0.0
        return found.cost(self._arms(candidate, 0), self.session.loaders).seconds

    def inapplicable(self) -> dict[Candidate, str]:
        """The candidates that the earlier release skips here, with its reason: no such device, or
        no such function."""
        return {
            candidate: why[1]
            for candidate in self.candidates()
            if (why := self._probe(candidate.case).missing.get(candidate.backend))
            and why[0] == "skipped"
        }

    def looks(self, candidate: Candidate) -> Iterator[Finding]:
        """What is known before anything is measured now, and after each replicate from then on.

        Ends when it is settled. Whoever has seen enough need not ask for the next.
        """
        observed = self._observed(candidate)
        if not observed.is_empty() and (found := finding(observed, self.design.rule)).settled:
            yield found
            return
        if reason := self._missing(candidate):
            yield finding(self._observed(candidate), self.design.rule).ended(reason)
            return
        while True:
            found = finding(observed, self.design.rule)
            yield found
            if found.settled:
                return
            observed = pl.concat([observed, self._replicate(candidate, observed)])

    # -- measuring ----------------------------------------------------------------------------

    def _missing(self, candidate: Candidate) -> str | None:
        """Why the earlier release does not run the case, if it does not; that is stored, too.

        The later release is not even started.
        """
        reference = [arm for arm in self._arms(candidate, 0) if arm.role == "reference"]
        lives = self._probe(candidate.case).lives(reference)
        if lives and not self._done(candidate):
            self.session.save(self.design, candidate.case, 0, candidate.group, lives)
        return next((f"{life.arm} {life.outcome}: {life.reason}" for life in lives), None)

    def _replicate(self, candidate: Candidate, observed: pl.DataFrame) -> pl.DataFrame:
        """Measure another replicate; its observations, which are on the disk by then."""
        case, number = candidate.case, len(self._done(candidate))
        # Controls tell of the machine: a fresh import of PyTorch, at every replicate, would take
        # longer than all the rest.
        self.session.workers.renew(but=self.session.controls)
        # The two releases are tried again; what is besides, and was lost, is not.
        lost = observed.filter(pl.col("outcome") != "ok", pl.col("role").is_in(["twin", "control"]))
        gone = set(lost.select("backend", "label").iter_rows())
        found = [a for a in self._arms(candidate, number) if (a.backend, a.label) not in gone]
        blocks = self._probe(case).cost(found, self.session.loaders).blocks
        return self.session.measure(
            *(self.design, case, number, candidate.group, found, ROUND * ceil(blocks / ROUND)),
            order=mirrored,
        )

    # -- what there is ------------------------------------------------------------------------

    def _arms(self, candidate: Candidate, number: int) -> Sequence[Arm]:
        """The arms of a replicate, in the order that is mirrored.

        The earlier release, its twin and the later one take turns in the middle, where an arm
        always comes after one of the other two; the controls are at the ends.
        """
        controls = self.session.controls
        wanted = {candidate.backend, *controls}
        here = {name: index for name, index in candidate.case.backends.items() if name in wanted}
        alone = replace(candidate.case, backends=here)
        found = arms(alone, self.session.releases, self.design.before, controls)
        pair = [arm for arm in found if arm.role != "control"]
        ends = [arm for arm in found if arm.role == "control"]
        turn = number % len(pair)
        return [*ends[::2], *pair[turn:], *pair[:turn], *ends[1::2]]

    def _observed(self, candidate: Candidate) -> pl.DataFrame:
        """All that is known of a candidate: earlier confirmations, and this one so far."""
        case, wanted = candidate.case, [candidate.backend, *self.session.controls]
        earlier = self.earlier.filter(
            pl.col("backend").is_in(wanted),
            benchmark=case.benchmark,
            version=case.version,
            case=case.label,
        )
        return pl.concat([earlier, read(self._done(candidate))])

    def _done(self, candidate: Candidate) -> list[Path]:
        """The files of its replicates."""
        case, found = candidate.case, list[Path]()
        while True:
            path = self.session.running.file(
                case.benchmark, case.label, len(found), candidate.group
            )
            if not path.exists():
                return found
            found.append(path)

    def _probe(self, case: Case) -> Probe:
        return self.session.look(case, self.design.before)
