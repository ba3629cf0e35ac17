"""Running a sweep: pass after pass over the cases, every finished block set on the disk."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from time import monotonic

import polars as pl

from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.budget import Cost, behind
from mlx_asv.engine.probe import Probe
from mlx_asv.engine.session import Session
from mlx_asv.job import Arm, Case
from mlx_asv.measurement.arms import arms, grouped
from mlx_asv.measurement.blocks import Life
from mlx_asv.observations.store import read

from .plan import Design, shuffled
from .summary import half_widths

#: Replicates that an arm gets at most, however wide its interval still is.
MOST_REPLICATES = 30

#: After looking at all intervals the sweep goes on for so many times as long before it does again.
LOOK_PAUSE = 20.0


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
    session: Session
    #: Seconds of wall time for all of it.
    budget: float
    _probes: dict[Case, Probe] = field(default_factory=dict)
    _levels: list[pl.DataFrame] = field(default_factory=list)
    _groups: dict[Case, list[list[Arm]]] = field(default_factory=dict)
    _lost: dict[Case, set[tuple[str, str]]] = field(default_factory=dict)
    _seconds: defaultdict[tuple[Case, int], float] = field(
        default_factory=lambda: defaultdict(float)
    )
    _to_come: dict[str, float] = field(default_factory=dict)
    _spent: float = 0.0
    _widest: str = ""
    _look_at: float = -inf

    def run(self) -> None:
        """Measure until every interval is narrow enough or the budget is spent."""
        self._resume()
        for number, case in enumerate(self.design.cases):
            self._probe(case, f"looking at case {number + 1} of {len(self.design.cases)}")
        self._to_come = self._planned()
        self.session.watcher.planned(sum(self._to_come.values()), self.budget - self._spent)
        try:
            for replicate in range(self.design.replicates):
                self.session.workers.renew()
                for case in shuffled(self.design.cases, self.session.sweep.seed, replicate):
                    for each in self._sets(case, replicate):
                        self._measure(each)
            while wide := self._open_sets():
                self.session.workers.renew()
                chosen = behind({each: self._seconds[each.case, each.group] for each in wide})
                random.Random(f"{self.session.sweep.seed} {len(self._levels)}").shuffle(chosen)
                for each in chosen:
                    self._measure(each)
        except _BudgetSpent:
            return

    # -- what there is to do ------------------------------------------------------------------

    def _resume(self) -> None:
        """Take up what an earlier run of this sweep has left on the disk."""
        cases = {_subject(case): case for case in self.design.cases}
        for path in self.session.running.finished():
            frame = read([path])
            first = frame.row(0, named=True)
            self._count(cases[first["benchmark"], first["case"]], frame)

    def _count(self, case: Case, frame: pl.DataFrame) -> None:
        first = frame.row(0, named=True)
        self._spent += first["life"]
        self._seconds[case, first["group"]] += first["life"]
        gone = frame.filter(pl.col("outcome") != "ok").select("backend", "label")
        self._lost.setdefault(case, set()).update(gone.iter_rows())
        levels = life_levels(frame)
        if levels.height:
            self._levels.append(levels)

    def _sets(self, case: Case, replicate: int) -> list[Set]:
        """The block sets of a pass over a case: one, or several that fit in memory each.

        One that has lost all that its references could be compared with has no arms.
        """
        found = self._probe(case)
        if not found.seconds:
            if replicate == 0:
                self._give_up(case)
            return []
        sets = []
        for group, members in enumerate(self._grouped(case)):
            # Those that failed twice, or do not apply, are not tried again; but without its
            # reference no arm can be compared.
            lost = self._lost.get(case, set()) if replicate else set()
            left = tuple(a for a in members if a.role == "reference" or _key(a) not in lost)
            compares = any(arm.role != "reference" for arm in left) or len(members) == 1
            sets.append(Set(case, replicate, group, left if compares else ()))
        return sets

    def _grouped(self, case: Case) -> list[list[Arm]]:
        """The arms on the backends that the reference runs on, by what fits in memory."""
        if case not in self._groups:
            found = self._probe(case)
            backends = {b: i for b, i in case.backends.items() if b not in found.missing}
            able = replace(case, backends=backends)
            every = arms(able, self.session.releases, self.design.reference, self.session.controls)
            grouping = grouped(every, found.needs(every), self.session.sweep.memory)
            self._groups[case] = grouping if found.seconds else []
        return self._groups[case]

    def _file(self, case: Case, replicate: int, group: int) -> Path:
        return self.session.running.file(case.benchmark, case.label, replicate, group)

    def _probe(self, case: Case, what: str = "looking at it") -> Probe:
        if case not in self._probes:
            began = monotonic()
            found = self.session.look(case, self.design.reference, what)
            self._probes[case] = found.within(self.design.longest)
            self._spent += monotonic() - began
        return self._probes[case]

    def _unable(self, case: Case) -> list[Life]:
        """The references that do not run the case."""
        references = self.session.references(case, self.design.reference)
        return self._probe(case).lives(references)

    def _give_up(self, case: Case) -> None:
        """Store why a case cannot be measured: the reference runs it on no backend."""
        if not self._file(case, 0, 0).exists():
            frame = self.session.save(self.design, case, 0, 0, self._unable(case))
            self._count(case, frame)

    # -- doing it ------------------------------------------------------------------------------

    def _measure(self, each: Set) -> None:
        case = each.case
        if not each.arms or self._file(case, each.replicate, each.group).exists():
            return
        cost = self._cost(case, each.arms)
        left = self.budget - self._spent
        if left < cost.seconds * (0.5 if each.replicate < self.design.replicates else 1.0):
            raise _BudgetSpent
        first = each.replicate == 0 and each.group == 0
        observed = self.session.measure(
            *(self.design, case, each.replicate, each.group, each.arms, cost.blocks),
            besides=self._unable(case) if first else (),
        )
        self._count(case, observed)
        self._to_come.pop(self._file(case, each.replicate, each.group).name, None)
        self._tell()

    # -- what it costs -------------------------------------------------------------------------

    def _cost(self, case: Case, members: Sequence[Arm]) -> Cost:
        return self._probe(case).cost(members, self.session.loaders)

    def _planned(self) -> dict[str, float]:
        """Seconds of the block sets still to come of the passes that every case gets, by file."""
        costs = {}
        done = {path.name for path in self.session.running.finished()}
        for case in self.design.cases:
            for group, members in enumerate(self._grouped(case)):
                seconds = self._cost(case, members).seconds
                for replicate in range(self.design.replicates):
                    name = self._file(case, replicate, group).name
                    if name not in done:
                        costs[name] = seconds
        return costs

    # -- how wide it still is ------------------------------------------------------------------

    def _intervals(self) -> pl.DataFrame:
        """Every arm's effect against its reference, from all block sets so far."""
        return effects(pl.concat(self._levels)) if self._levels else pl.DataFrame()

    def _open_sets(self) -> list[Set]:
        """The next replicate of each set, of the arms whose interval is wider than the target,
        or unknown, and of their references."""
        table = self._intervals()
        if table.is_empty():
            return []
        half = half_widths(table).filter(~(pl.col("half").fill_null(inf) <= self.design.target))
        wide = set(half.select("benchmark", "case", "backend", "label").iter_rows())
        found = []
        for case in self.design.cases:
            for group in range(len(self._grouped(case))):
                replicate = self.design.replicates
                while self._file(case, replicate, group).exists():
                    replicate += 1
                if replicate >= MOST_REPLICATES:
                    continue
                each = self._sets(case, replicate)[group]
                still = tuple(a for a in each.arms if (*_subject(case), *_key(a)) in wide)
                if still:
                    references = tuple(a for a in each.arms if a.role == "reference")
                    found.append(replace(each, arms=(*references, *still)))
        return found

    def _tell(self) -> None:
        left = self.budget - self._spent
        need = sum(self._to_come.values())
        fraction = self._spent / max(self._spent + max(need, left), 1e-9)
        if (began := monotonic()) >= self._look_at:
            self._widest = self._find_widest()
            self._look_at = monotonic() + LOOK_PAUSE * (monotonic() - began)
        self.session.watcher.done(fraction, max(need, left), self._widest)

    def _find_widest(self) -> str:
        """The widest interval, once there are replicates to judge by."""
        table = self._intervals()
        if table.is_empty() or table["replicates"].max() == 1:
            return ""
        known = half_widths(table).filter(pl.col("half").is_finite())
        top = known.sort("half", descending=True).head(1)
        for row in top.iter_rows(named=True):
            key = row["benchmark"], row["case"]
            (name,) = (case.name for case in self.design.cases if _subject(case) == key)
            return f"±{row['half']:.1%} {name} {row['label']} {row['backend']}".strip()
        return ""


class _BudgetSpent(Exception):
    """No block set fits in what is left."""


def _subject(case: Case) -> tuple[str, str]:
    return case.benchmark, case.label


def _key(arm: Arm) -> tuple[str, str]:
    return arm.backend, arm.label
