"""Two releases on one case and backend, replicate after replicate until they are decided.

A replicate is a new life of new processes, not even copies of the last ones' originals. Inside it
the arms are visited in mirrored order (ABBA), the controls at its ends. Every replicate is on the
disk before the next begins.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import ClassVar, Protocol

import polars as pl

from tools.measurement.arms import Arm, Case, arms
from tools.measurement.blocks import BlockSet, Life, mirrored
from tools.observations.store import Running, read
from tools.sweep.plan import Setting, Sweep
from tools.sweep.probe import Probe, probe
from tools.sweep.rows import rows
from tools.sweep.run import Workers

from .evidence import Finding, finding
from .sequential import Rule

#: Mirrored order is even after so many blocks.
ROUND = 4


@dataclass(frozen=True)
class Design(Setting):
    """What a confirmation is going to measure."""

    kind: ClassVar[str] = "-confirm"

    before: str
    after: str
    cases: tuple[Case, ...]
    #: What is undecided by one rule is not taken up by another.
    rule: Rule


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


class Watcher(Protocol):
    """Is told how a measurement goes."""

    def step(self, case: Case, replicate: int, text: str) -> None:
        """What is being done now."""

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be measured."""


@dataclass
class Pair:
    """Measures the candidates of one confirmation, begun or continued."""

    design: Design
    sweep: Sweep
    running: Running
    #: The environment variables of both releases' processes.
    environs: Mapping[str, Mapping[str, str]]
    controls: frozenset[str]
    workers: Workers
    suite: str
    #: Processes that load at the same time.
    loaders: int
    watcher: Watcher
    _probes: dict[Case, Probe] = field(default_factory=dict)

    def candidates(self) -> list[Candidate]:
        """Every case on every backend but the controls; those whose replicates are short first."""
        found = [
            Candidate(case, backend, group)
            for case in self.design.cases
            for group, backend in enumerate(sorted(set(case.backends) - self.controls))
        ]
        return sorted(found, key=self.seconds)

    def seconds(self, candidate: Candidate) -> float:
        """What a replicate takes, by a look at the earlier release; 0 if that does not run it."""
        found = self._probe(candidate.case)
        if candidate.backend in found.missing:
            return 0.0
        return found.cost(self._arms(candidate, 0), self.loaders).seconds

    def looks(self, candidate: Candidate) -> Iterator[Finding]:
        """What is known before anything is measured now, and after each replicate from then on.

        Ends when it is settled. Whoever has seen enough need not ask for the next.
        """
        if reason := self._missing(candidate):
            yield finding(read(self._done(candidate)), self.design.rule).ended(reason)
            return
        observed = read(self._done(candidate))
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
            self._save(candidate, 0, lives, 0.0)
        return next((f"{life.arm} {life.outcome}: {life.reason}" for life in lives), None)

    def _replicate(self, candidate: Candidate, observed: pl.DataFrame) -> pl.DataFrame:
        """Measure another replicate; its observations, which are on the disk by then."""
        case, number = candidate.case, len(self._done(candidate))
        self.workers.renew()
        # The two releases are tried again; what is besides, and was lost, is not.
        lost = observed.filter(pl.col("outcome") != "ok", pl.col("role").is_in(["twin", "control"]))
        gone = set(lost.select("backend", "label").iter_rows())
        found = [a for a in self._arms(candidate, number) if (a.backend, a.label) not in gone]
        blocks = self._probe(case).cost(found, self.loaders).blocks
        block_set = BlockSet(
            case, found, self.workers.start, self.suite, self.loaders, order=mirrored
        )
        block_set.run(
            f"{self.sweep.seed} {case.benchmark} {case.label} {number} {candidate.group}",
            ROUND * ceil(blocks / ROUND),
            lambda text: self.watcher.step(case, number, text),
        )
        return self._save(candidate, number, block_set.lives, block_set.seconds)

    def _save(
        self, candidate: Candidate, number: int, lives: list[Life], seconds: float
    ) -> pl.DataFrame:
        case = candidate.case
        for life in lives:
            if life.outcome != "ok":
                self.watcher.lost(case, life.arm, life.outcome, life.reason or "")
        return self.running.save(
            rows(self.design, self.sweep, case, number, candidate.group, lives, seconds)
        )

    # -- what there is ------------------------------------------------------------------------

    def _arms(self, candidate: Candidate, number: int) -> Sequence[Arm]:
        """The arms of a replicate, in the order that is mirrored.

        The earlier release, its twin and the later one take turns in the middle, where an arm
        always comes after one of the other two; the controls are at the ends.
        """
        wanted = {candidate.backend, *self.controls}
        here = {name: index for name, index in candidate.case.backends.items() if name in wanted}
        found = arms(
            replace(candidate.case, backends=here), self.environs, self.design.before, self.controls
        )
        pair = [arm for arm in found if arm.role != "control"]
        controls = [arm for arm in found if arm.role == "control"]
        turn = number % len(pair)
        return [*controls[::2], *pair[turn:], *pair[:turn], *controls[1::2]]

    def _done(self, candidate: Candidate) -> list[Path]:
        """The files of its replicates."""
        case, found = candidate.case, list[Path]()
        while (
            path := self.running.file(case.benchmark, case.label, len(found), candidate.group)
        ).exists():
            found.append(path)
        return found

    def _probe(self, case: Case) -> Probe:
        if case not in self._probes:
            self.watcher.step(case, 0, "looking at it")
            environ = self.environs[self.design.before]
            references = [
                Arm(backend, self.design.before, "reference", environ)
                for backend in case.backends
                if backend not in self.controls
            ]
            self._probes[case] = probe(
                self.running.path, case, references, self.workers.start, self.suite
            )
        return self._probes[case]
