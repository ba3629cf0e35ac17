"""Policies with a budget: looks at cases, which have a part of it, and the choice of what fits."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from mlx_asv.job import Arm, Case, Look, Subject

from .budget import Need, NothingFits, family, fit_in_words, fitting, in_turn
from .found import Found, Looked
from .policy import Said, Steps
from .probe import Probe
from .progress import duration

#: The part of a budget that looks may take; a look may take half of what is left of it, or so many
#: seconds if that is less.
LOOKING, LEAST_LOOK = 0.2, 3.0

#: There are looks enough when the cases that were looked at and fit, each by itself, take so many
#: times as long together as there is.
CHOICE = 2.0

#: A budget is spent for good when so many times its seconds are: a plan may be wrong by that.
OVERRUN = 1.1


@dataclass(kw_only=True)
class Budgeted(Steps):
    """A policy that measures whole cases, as many as its budget is enough for.

    What does not fit is left out before the measuring begins. While it goes on, what jobs take
    corrects what they should: a case that is not begun then and does not fit any more is left out,
    too; one that is begun goes on.
    """

    #: Seconds of wall time for all of it.
    budget: float
    #: The cases that the budget is not enough for.
    left_out: list[Case] = field(default_factory=list, init=False)
    _probes: dict[Subject, Probe] = field(default_factory=dict, init=False)
    _spent: float = field(default=0.0, init=False)
    #: Of the jobs of this command: seconds expected, and taken.
    _expected: float = field(default=0.0, init=False)
    _taken: float = field(default=0.0, init=False)

    @abstractmethod
    def _need(self, case: Case) -> float:
        """Seconds that a case still needs, as expected."""

    @abstractmethod
    def _begun(self, case: Case) -> bool:
        """Whether a part of the case is measured."""

    def _overhead(self) -> float:
        """Seconds that are still needed besides, whichever cases are measured."""
        return 0.0

    def _judged(self, probe: Probe) -> Probe:
        """A look as the policy takes it."""
        return probe

    def tell(self, found: Found) -> None:
        """As any policy's."""
        self._spent += found.seconds
        match found:
            case Looked(probe=Probe() as probe):
                self._probes[found.subject] = self._judged(probe)

    # -- before the measuring -----------------------------------------------------------------

    def _looks(
        self, cases: Sequence[Case], arms: Callable[[Case], tuple[Arm, ...]]
    ) -> Iterator[Look]:
        """Looks at the cases that nobody has looked at, the families by turns, until what was
        looked at is enough to choose from or the part of the budget for looks is spent."""
        end = self._spent + LOOKING * max(self.budget - self._spent, 0.0)
        seen = [case for case in cases if case.subject in self._probes]
        fitting = sum(map(self._need_if_it_fits, seen))
        number = len(seen)
        for case in in_turn(cases):
            if case.subject in self._probes:
                continue
            left = end - self._spent
            if left <= 0 or fitting >= CHOICE * self._remaining:
                return
            number += 1
            what = f"looking at case {number} of {len(cases)}"
            yield Look(case, arms(case), what, limit=look_limit(left))
            if case.subject in self._probes:
                fitting += self._need_if_it_fits(case)

    def _need_if_it_fits(self, case: Case) -> float:
        """The need of a case; nothing if the budget is not enough for that case alone."""
        need = self._need(case)
        return need if need <= self._remaining else 0.0

    def _choose(self, cases: Sequence[Case], known: Callable[[Case], bool]) -> list[Case]:
        """The cases that fit; the others are left out, by name. `known`: whether it is known what a
        case needs. Raises NothingFits."""
        needs = [
            Need(case, family(case), self._need(case), self._begun(case))
            for case in cases
            if known(case)
        ]
        fit = {each.subject for each in fitting(needs, self._remaining - self._overhead())}
        self.left_out = [case for case in cases if case.subject not in fit]
        if self.left_out and not fit:
            raise NothingFits(_nothing(needs, self._overhead(), len(cases), self.budget))
        if self.left_out:
            names = [case.name for case in self.left_out]
            self._news.append(Said(fit_in_words(names, len(cases), self.budget)))
        return [case for case in cases if case.subject in fit]

    # -- meanwhile ----------------------------------------------------------------------------

    @property
    def _remaining(self) -> float:
        return self.budget - self._spent

    @property
    def _factor(self) -> float:
        """How much longer jobs take than they should."""
        return self._taken / self._expected if self._expected else 1.0

    @property
    def _is_over(self) -> bool:
        """Whether even what is begun must end."""
        return self._spent >= OVERRUN * self.budget

    def _leave_out(self, case: Case) -> None:
        """Leave out a case that is not begun, after all."""
        self.left_out.append(case)
        self._news.append(
            Said(f"Left out, too: {case.name}: the others take longer than they should")
        )


def look_limit(left: float) -> float:
    """The seconds of one look, of so many that are left for looks."""
    return max(left / 2, LEAST_LOOK)


def _nothing(needs: Sequence[Need[Case]], overhead: float, of: int, budget: float) -> str:
    """The sentence of a budget that is too small for any case, and for what each needs besides."""
    text = f"None of {of} cases fits into {duration(budget)}"
    if needs:
        least = min(needs, key=lambda need: need.seconds)
        text += f": {least.key.name} alone takes about {duration(least.seconds + overhead)}"
    return f"{text}. Nothing is measured; ask for a larger --budget."
