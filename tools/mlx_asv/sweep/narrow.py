"""The policy of a sweep: passes over all cases, then more replicates of what is still wide."""

import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf

import polars as pl

from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.budgeted import Budgeted
from mlx_asv.engine.cost import FEWEST_BLOCKS, Cost
from mlx_asv.engine.found import Found, Measured
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.policy import Done, Planned
from mlx_asv.engine.probe import Probe, starting
from mlx_asv.job import Arm, BlockSet, Case, Job, Subject
from mlx_asv.measurement.arms import arms, grouped, references
from mlx_asv.metric import TIME

from .plan import SweepPlan
from .summary import half_widths
from .turns import behind, shuffled

#: Replicates that an arm gets at most, if nobody says otherwise.
MOST_REPLICATES = 30


@dataclass(frozen=True)
class Set:
    """A block set that is still to come."""

    case: Case
    replicate: int
    group: int
    arms: tuple[Arm, ...]


@dataclass(kw_only=True)
class Narrow(Budgeted):
    """Narrows all intervals of a sweep, until each is narrow enough or the budget is spent.

    Every case that is measured gets all replicates of the plan.
    """

    plan: SweepPlan
    begun: Begun
    controls: frozenset[str]
    #: Processes that load at the same time.
    loaders: int
    #: Replicates that an arm gets at most, however wide its interval still is.
    most: int = MOST_REPLICATES
    _levels: list[pl.DataFrame] = field(default_factory=list, init=False)
    _groups: dict[Subject, list[list[Arm]]] = field(default_factory=dict, init=False)
    _lost: defaultdict[Subject, set[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(set), init=False
    )
    #: Seconds that each group of a case has had.
    _seconds: defaultdict[tuple[Subject, int], float] = field(
        default_factory=lambda: defaultdict(float), init=False
    )
    #: The block sets that are done: case, replicate, group.
    _done: set[tuple[Subject, int, int]] = field(default_factory=set, init=False)
    #: Seconds of the block sets still to come of the passes that every case gets.
    _to_come: dict[tuple[Subject, int, int], float] = field(default_factory=dict, init=False)
    _round: int = field(default=0, init=False)
    #: Whether the processes of this round, which are copied, are still to be started.
    _is_new_round: bool = field(default=True, init=False)
    #: Seconds after which it should have ended: the budget, or what the most replicates take.
    _end: float = field(default=0.0, init=False)

    def _judged(self, probe: Probe) -> Probe:
        return probe.within(self.plan.longest)

    def tell(self, found: Found) -> None:
        """As any policy's."""
        super().tell(found)
        subject = found.subject
        match found:
            case Measured():
                self._done.add((subject, found.replicate, found.group))
                self._to_come.pop((subject, found.replicate, found.group), None)
                self._seconds[subject, found.group] += found.seconds
                gone = found.observations.filter(pl.col("outcome") != "ok")
                self._lost[subject].update(gone.select("backend", "label").iter_rows())
                levels = life_levels(found.observations, TIME)  # no other is narrowed
                if levels.height:
                    self._levels.append(levels)

    def jobs(self) -> Iterator[Job]:
        """A look at each case, a pass over all cases for each replicate, then rounds of block sets
        of the arms whose intervals are still wide."""
        cases = self.plan.cases
        yield from self._looks(cases, self._references)
        measured = {case.subject for case in self._choose(cases, self._is_known)}
        self._to_come = self._planned(measured)
        least = sum(self._to_come.values())
        self._news.append(Planned(least, self._remaining))
        self._end = min(self.budget, self._spent + least * self.most / self.plan.replicates)
        for replicate in range(self.plan.replicates):
            for case in shuffled(cases, self.begun.seed, replicate):
                if case.subject not in measured:
                    continue
                if replicate == 0:
                    yield from self._given_up(case)
                    if not self._fits(case):
                        measured.remove(case.subject)
                        self._forget(case)
                        continue
                for each in self._sets(case, replicate):
                    if self._is_over:
                        return
                    yield from self._measured(each, hurried=not self._is_in_time())
            self._next_round()
        while wide := self._open_sets():
            chosen = behind({each: self._seconds[each.case.subject, each.group] for each in wide})
            random.Random(f"{self.begun.seed} {len(self._levels)}").shuffle(chosen)
            for each in chosen:
                if not self._affordable(each):
                    return
                yield from self._measured(each)
            self._next_round()

    # -- what there is to do ------------------------------------------------------------------

    def _given_up(self, case: Case) -> Iterator[BlockSet]:
        """A job that stores why a case cannot be measured: the reference runs it on no backend."""
        nothing = Set(case, 0, 0, ())
        if not self._probes[case.subject].seconds and not self._is_done(nothing):
            yield self._job(nothing, 0)

    def _sets(self, case: Case, replicate: int) -> list[Set]:
        """The block sets of a pass over a case: one, or several if its arms do not fit in memory.

        A block set that has lost all arms but references has no arms.
        """
        sets = []
        for group, members in enumerate(self._grouped(case)):
            # Those that failed twice, or do not apply, are not tried again; but without its
            # reference no arm can be compared.
            lost = self._lost[case.subject] if replicate else set()
            left = tuple(a for a in members if a.role == "reference" or _key(a) not in lost)
            compares = any(arm.role != "reference" for arm in left) or len(members) == 1
            sets.append(Set(case, replicate, group, left if compares else ()))
        return sets

    def _grouped(self, case: Case) -> list[list[Arm]]:
        """The arms on the backends that the reference runs the case on, in groups that fit in
        memory; no group if there is no such backend."""
        subject = case.subject
        if subject not in self._groups:
            found = self._probes[subject]
            backends = {b: i for b, i in case.backends.items() if b not in found.missing}
            able = replace(case, backends=backends)
            every = arms(able, self.plan.releases, self.plan.reference, self.controls)
            grouping = grouped(every, found.needs(every), self.begun.memory)
            self._groups[subject] = grouping if found.seconds else []
        return self._groups[subject]

    def _references(self, case: Case) -> tuple[Arm, ...]:
        return references(case, self.plan.reference, self.controls)

    def _is_done(self, each: Set) -> bool:
        return (each.case.subject, each.replicate, each.group) in self._done

    def _is_open(self, each: Set) -> bool:
        """Whether the block set has an arm to measure."""
        return bool(each.arms) and not self._is_done(each)

    # -- doing it ------------------------------------------------------------------------------

    def _affordable(self, each: Set) -> bool:
        """Whether a block set fits in the rest of the budget."""
        if not self._is_open(each):
            return True
        expected = self._cost(each.case, each.arms).seconds + self._started(each)
        return self._remaining >= expected * self._factor

    def _fits(self, case: Case) -> bool:
        """Whether all replicates of a case fit beside those of the cases that are begun."""
        return self._begun(case) or self._is_in_time(case)

    def _is_in_time(self, *besides: Case) -> bool:
        """Whether what is still to come of the cases that are begun, and of those, fits in."""
        of = {subject for subject, *_ in self._done} | {case.subject for case in besides}
        need = sum(seconds for key, seconds in self._to_come.items() if key[0] in of)
        return (need + self._overhead()) * self._factor <= self._remaining

    def _forget(self, case: Case) -> None:
        self._leave_out(case)
        for key in [key for key in self._to_come if key[0] == case.subject]:
            del self._to_come[key]

    def _measured(self, each: Set, hurried: bool = False) -> Iterator[BlockSet]:
        """The job of a set that is not done; `hurried`: with as few blocks as there may be."""
        if self._is_open(each):
            cost = self._cost(each.case, each.arms)
            blocks = FEWEST_BLOCKS if hurried else cost.blocks
            expected = cost.loading + blocks * cost.block + self._started(each)
            before = self._spent
            yield self._job(each, blocks)
            self._is_new_round = False
            self._expected += expected
            self._taken += self._spent - before
            left, need = max(self._end - self._spent, 0.0), sum(self._to_come.values())
            fraction = self._spent / max(self._spent + max(need, left), 1e-9)
            self._news.append(Done(fraction, max(need, left), self._widest))

    def _next_round(self) -> None:
        self._round += 1
        self._is_new_round = True

    def _job(self, each: Set, blocks: int) -> BlockSet:
        """The job of a set; what does not run on the reference is stored with the first."""
        case = each.case
        first = each.replicate == 0 and each.group == 0
        ended = self._probes[case.subject].ended(self._references(case)) if first else ()
        return BlockSet(
            case=case,
            replicate=each.replicate,
            group=each.group,
            arms=each.arms,
            blocks=blocks,
            seed=self.begun.seed,
            round=self._round,
            ended=ended,
        )

    # -- what it costs -------------------------------------------------------------------------

    def _cost(self, case: Case, members: Sequence[Arm]) -> Cost:
        return self._probes[case.subject].cost(members, self.loaders)

    def _overhead(self) -> float:
        """To start the processes of the passes to come."""
        passes = self.plan.replicates - self._round - (not self._is_new_round)
        known = [case for case in self.plan.cases if self._is_known(case)]
        arms = (members for case in known for members in self._grouped(case))
        return max(passes, 0) * max(map(self._starting, arms), default=0.0)

    def _starting(self, members: Sequence[Arm]) -> float:
        """Seconds until the processes of a round have started, which are new."""
        return starting(self._probes.values(), members, self.loaders)

    def _started(self, each: Set) -> float:
        """Seconds until the processes of a set have started, if it is the first of its round."""
        return self._starting(each.arms) if self._is_new_round else 0.0

    def _need(self, case: Case) -> float:
        return sum(seconds for _, seconds in self._sets_to_come(case))

    def _begun(self, case: Case) -> bool:
        return any(subject == case.subject for subject, *_ in self._done)

    def _is_known(self, case: Case) -> bool:
        return case.subject in self._probes

    def _planned(self, measured: Collection[Subject]) -> dict[tuple[Subject, int, int], float]:
        return {
            key: seconds
            for case in self.plan.cases
            if case.subject in measured
            for key, seconds in self._sets_to_come(case)
        }

    def _sets_to_come(self, case: Case) -> Iterator[tuple[tuple[Subject, int, int], float]]:
        """The sets of the passes that a case has not had, with their seconds."""
        for group, members in enumerate(self._grouped(case)):
            seconds = self._cost(case, members).seconds
            for replicate in range(self.plan.replicates):
                key = (case.subject, replicate, group)
                if key not in self._done:
                    yield key, seconds

    # -- how wide it still is ------------------------------------------------------------------

    def _intervals(self) -> pl.DataFrame:
        """The effect of every arm against its reference, from all block sets so far."""
        return effects(pl.concat(self._levels)) if self._levels else pl.DataFrame()

    def _open_sets(self) -> list[Set]:
        """The next replicate of each block set, with only the arms whose interval is unknown or
        wider than the target, and their references."""
        table = self._intervals()
        if table.is_empty():
            return []
        half = half_widths(table).filter(~(pl.col("half").fill_null(inf) <= self.plan.target))
        wide = set(half.select("benchmark", "case", "backend", "label").iter_rows())
        found = []
        for case in filter(self._begun, self.plan.cases):
            subject = case.subject
            for group in range(len(self._grouped(case))):
                replicate = self.plan.replicates
                while (subject, replicate, group) in self._done:
                    replicate += 1
                if replicate >= self.most:
                    continue
                each = self._sets(case, replicate)[group]
                still = tuple(a for a in each.arms if (*subject, *_key(a)) in wide)
                if still:
                    beside = tuple(a for a in each.arms if a.role == "reference")
                    found.append(replace(each, arms=(*beside, *still)))
        return found

    def _widest(self) -> str:
        """The widest interval, once there are replicates to judge by."""
        table = self._intervals()
        if table.is_empty() or table["replicates"].max() == 1:
            return ""
        known = half_widths(table).filter(pl.col("half").is_finite())
        top = known.sort("half", descending=True).head(1)
        for row in top.iter_rows(named=True):
            key = row["benchmark"], row["case"]
            (name,) = (case.name for case in self.plan.cases if case.subject == key)
            return f"±{row['half']:.1%} {name} {row['label']} {row['backend']}".strip()
        return ""


def _key(arm: Arm) -> tuple[str, str]:
    return arm.backend, arm.label
