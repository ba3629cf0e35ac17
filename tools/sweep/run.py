"""Running a sweep: pass after pass over the cases, every finished block set on the disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from time import monotonic
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tools.effects.changes import effects
from tools.effects.lives import life_levels
from tools.effects.polish import contrasts, polish
from tools.measurement.arms import Arm, Case, arms, grouped
from tools.measurement.blocks import BlockSet, Limits, Start, visit_seconds
from tools.observations.store import Running, read

from .budget import MOST_BLOCKS, Cost, seconds_for_blocks
from .plan import Design, Sweep, shuffled
from .probe import Probe, probe
from .rows import rows
from .summary import half_widths

#: Replicates that an arm gets at most, however wide its interval still is.
MOST_REPLICATES = 12

#: Seconds that loading a control takes: importing PyTorch.
CONTROL_LOADING = 2.0

#: 95 % of a normal distribution.
TWO_SIDED = 1.96


class Watcher(Protocol):
    """Is told how a sweep goes."""

    def planned(self, least: float, left: float) -> None:
        """Seconds that the fewest blocks still to come take, and that are left of the budget."""

    def step(self, case: Case, replicate: int, text: str) -> None:
        """What is being done now."""

    def done(self, fraction: float, left: float, widest: str) -> None:
        """A block set is done: how far, seconds left, the widest interval still open."""

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be measured."""


@dataclass(frozen=True)
class Set:
    """A block set to come."""

    case: Case
    replicate: int
    group: int
    arms: tuple[Arm, ...]


@dataclass
class Run:
    """One sweep, begun or continued."""

    design: Design
    sweep: Sweep
    running: Running
    #: The environment variables of each release's processes, oldest release first.
    environs: Mapping[str, Mapping[str, str]]
    controls: frozenset[str]
    start: Start
    suite: str
    #: Seconds of wall time for all of it.
    budget: float
    #: Processes that load at the same time.
    loaders: int
    watcher: Watcher
    _probes: dict[Case, Probe] = field(default_factory=dict)
    _levels: list[pl.DataFrame] = field(default_factory=list)
    _lost: dict[Case, set[tuple[str, str]]] = field(default_factory=dict)
    _spent: float = 0.0

    def run(self) -> None:
        """Measure until every interval is narrow enough or the budget is spent."""
        self._resume()
        for number, case in enumerate(self.design.cases):
            self._probe(case, f"looking at case {number + 1} of {len(self.design.cases)}")
        self.watcher.planned(sum(cost.least for cost in self._others()), self.budget - self._spent)
        try:
            for replicate in range(self.design.replicates):
                for case in shuffled(self.design.cases, self.sweep.seed, replicate):
                    for each in self._sets(case, replicate):
                        self._measure(each)
            for replicate in range(self.design.replicates, MOST_REPLICATES):
                wide = self._open_arms()
                if not wide:
                    return
                for case in shuffled(list(wide), self.sweep.seed, replicate):
                    for each in self._sets(case, replicate):
                        chosen = [a for a in each.arms if _key(a) in wide[case]]
                        if chosen:
                            references = [a for a in each.arms if a.role == "reference"]
                            self._measure(replace(each, arms=(*references, *chosen)))
        except _BudgetSpent:
            return

    # -- what there is to do ------------------------------------------------------------------

    def _resume(self) -> None:
        """Take up what an earlier run of this sweep has left on the disk."""
        cases = {(case.benchmark, case.label): case for case in self.design.cases}
        for path in self.running.finished():
            frame = read([path])
            first = frame.row(0, named=True)
            self._count(cases[first["benchmark"], first["case"]], frame)

    def _count(self, case: Case, frame: pl.DataFrame) -> None:
        first = frame.row(0, named=True)
        self._spent += first["life"]
        gone = frame.filter(pl.col("outcome") != "ok").select("backend", "label")
        self._lost.setdefault(case, set()).update(gone.iter_rows())
        levels = life_levels(frame)
        if levels.height:
            self._levels.append(levels)

    def _sets(self, case: Case, replicate: int) -> list[Set]:
        """The block sets of a pass over a case: one, or several that fit in memory each."""
        found = self._probe(case)
        if not found.seconds:
            if replicate == 0:
                self._give_up(case, found)
            return []
        sets = []
        for group, members in enumerate(self._groups(case, found)):
            # Those that failed twice, or do not apply, are not tried again; but without its
            # reference no arm can be compared.
            lost = self._lost.get(case, set()) if replicate else set()
            left = tuple(a for a in members if a.role == "reference" or _key(a) not in lost)
            if any(arm.role != "reference" for arm in left) or len(members) == 1:
                sets.append(Set(case, replicate, group, left))
        return sets

    def _groups(self, case: Case, found: Probe) -> list[list[Arm]]:
        """The arms on the backends that the reference runs on, by what fits in memory."""
        backends = {b: i for b, i in case.backends.items() if b not in found.missing}
        able = replace(case, backends=backends)
        every = arms(able, self.environs, self.design.reference, self.controls)
        return grouped(every, found.needs(every), self.sweep.memory)

    def _file(self, case: Case, replicate: int, group: int) -> Path:
        return self.running.file(case.benchmark, case.label, replicate, group)

    def _references(self, case: Case) -> list[Arm]:
        environ = self.environs[self.design.reference]
        return [
            Arm(backend, self.design.reference, "reference", environ)
            for backend in case.backends
            if backend not in self.controls
        ]

    def _probe(self, case: Case, what: str = "looking at it") -> Probe:
        if case not in self._probes:
            self.watcher.step(case, 0, what)
            began = monotonic()
            references = self._references(case)
            found = probe(self.running.path, case, references, self.start, self.suite)
            self._probes[case] = found.within(self.design.longest)
            self._spent += monotonic() - began
        return self._probes[case]

    def _give_up(self, case: Case, found: Probe) -> None:
        """Store why a case cannot be measured: the reference runs it on no backend."""
        if self._file(case, 0, 0).exists():
            return
        lives = found.lives(self._references(case))
        for life in lives:
            self.watcher.lost(case, life.arm, life.outcome, life.reason or "")
        frame = self.running.save(rows(self.design, self.sweep, case, 0, 0, lives, 0.0))
        self._count(case, frame)

    # -- doing it ------------------------------------------------------------------------------

    def _measure(self, each: Set) -> None:
        case = each.case
        if self._file(case, each.replicate, each.group).exists():
            return
        cost = self._cost(case, each.arms)
        others = self._others(each)
        left = self.budget - self._spent
        if left < cost.least * (0.5 if each.replicate < self.design.replicates else 1.0):
            raise _BudgetSpent
        seconds = seconds_for_blocks(cost, others, left)
        block_set = BlockSet(case, each.arms, self.start, self.suite, self.loaders)
        block_set.run(
            f"{self.sweep.seed} {case.benchmark} {case.label} {each.replicate} {each.group}",
            Limits(cost.least_blocks, MOST_BLOCKS, seconds),
            self._precise(each.arms),
            lambda text: self.watcher.step(case, each.replicate, text),
        )
        lives = block_set.lives
        for life in lives:
            if life.outcome != "ok":
                self.watcher.lost(case, life.arm, life.outcome, life.reason or "")
        if each.replicate == 0 and each.group == 0:
            lives = [*lives, *self._probe(case).lives(self._references(case))]
        observed = rows(
            self.design, self.sweep, case, each.replicate, each.group, lives, block_set.seconds
        )
        self._count(case, self.running.save(observed))
        self._tell(others)

    def _precise(self, members: Sequence[Arm]) -> Callable[..., NDArray[np.bool_]]:
        """An arm's own life is known well enough at half the target: the rest is other lives'."""
        reference = {
            arm.backend: column for column, arm in enumerate(members) if arm.role == "reference"
        }
        first = min(reference.values())
        enough = self.design.target / 2 / TWO_SIDED

        def precise(log_seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
            fit = polish(log_seconds)
            errors = {
                column: contrasts(fit, column).error for column in {first, *reference.values()}
            }
            own = [
                errors[reference.get(arm.backend, first)][column]
                for column, arm in enumerate(members)
            ]
            return np.array([error <= enough for error in own])

        return precise

    # -- what it costs -------------------------------------------------------------------------

    def _cost(self, case: Case, members: Sequence[Arm]) -> Cost:
        """Seconds of a block set with these arms, from the look at the case."""
        found = self._probe(case)
        slowest = max(found.seconds.values(), default=0.0)
        visits = [visit_seconds(found.seconds.get(arm.backend, slowest)) for arm in members]
        loading = [found.loading.get(arm.backend, CONTROL_LOADING) for arm in members]
        return Cost(sum(loading) / self.loaders, sum(visits), max(visits, default=0.0))

    def _others(self, each: Set | None = None) -> list[Cost]:
        """The block sets besides `each` still to come of the passes that every case gets."""
        costs = []
        done = {path.name for path in self.running.finished()}
        if each is not None:
            done.add(self._file(each.case, each.replicate, each.group).name)
        for case in self.design.cases:
            found = self._probe(case)
            for group, members in enumerate(self._groups(case, found) if found.seconds else []):
                cost = self._cost(case, members)
                for replicate in range(self.design.replicates):
                    file = self._file(case, replicate, group)
                    if file.name not in done:
                        costs.append(cost)
        return costs

    # -- how wide it still is ------------------------------------------------------------------

    def _intervals(self) -> pl.DataFrame:
        """Every arm's effect against its reference, from all block sets so far."""
        return effects(pl.concat(self._levels)) if self._levels else pl.DataFrame()

    def _open_arms(self) -> dict[Case, set[tuple[str, str]]]:
        """The arms whose interval is wider than the target, or unknown."""
        found: dict[Case, set[tuple[str, str]]] = {}
        table = self._intervals()
        if table.is_empty():
            return found
        cases = {(case.benchmark, case.label): case for case in self.design.cases}
        wide = half_widths(table).filter(~(pl.col("half").fill_null(inf) <= self.design.target))
        for row in wide.iter_rows(named=True):
            case = cases[row["benchmark"], row["case"]]
            found.setdefault(case, set()).add((row["backend"], row["label"]))
        return found

    def _tell(self, others: list[Cost]) -> None:
        left = self.budget - self._spent
        need = sum(cost.least for cost in others)
        fraction = self._spent / max(self._spent + max(need, left), 1e-9)
        table = self._intervals()
        widest = ""
        if not table.is_empty() and table["replicates"].max() != 1:
            known = half_widths(table).filter(pl.col("half").is_finite())
            top = known.sort("half", descending=True).head(1)
            for row in top.iter_rows(named=True):
                key = row["benchmark"], row["case"]
                (name,) = (c.name for c in self.design.cases if (c.benchmark, c.label) == key)
                widest = f"±{row['half']:.1%} {name} {row['label']} {row['backend']}".strip()
        self.watcher.done(fraction, max(need, left), widest)


class _BudgetSpent(Exception):
    """No block set fits in what is left."""


def _key(arm: Arm) -> tuple[str, str]:
    return arm.backend, arm.label
