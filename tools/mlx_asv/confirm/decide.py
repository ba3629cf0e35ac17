"""What a confirmation measures next: round after round, each candidate that is not settled."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import isfinite

from mlx_asv.engine.budget import Need, family, fit_in_words, fitting
from mlx_asv.engine.budgeted import LOOKING, OVERRUN, look_limit
from mlx_asv.engine.found import Found
from mlx_asv.engine.policy import Done, Said, Steps
from mlx_asv.job import Job, Look
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.sequential import FEWEST

from .pair import Candidate, Pair
from .words import in_words

#: Why it ended, where it was not decided.
BUDGET_SPENT = "the budget is spent"
DOES_NOT_FIT = "it does not fit into the budget"


@dataclass(kw_only=True)
class Decide(Steps):
    """Decides the candidates of a pair, within a budget.

    Looks have a part of the budget, and candidates for whose first three replicates the rest is not
    enough are left out, by name, before the measuring begins. Round after round, each that is not
    settled gets a replicate: so those of one candidate lie apart in time. None begins after
    `budget` seconds, those of an interrupted run included, but where a candidate has one or two.
    What is undecided by then is inconclusive on three replicates, and not measured on fewer.
    """

    pair: Pair
    #: Seconds of wall time.
    budget: float
    #: What became of each candidate.
    findings: dict[Candidate, Finding] = field(default_factory=dict, init=False)
    _spent: float = field(default=0.0, init=False)

    def tell(self, found: Found) -> None:
        """As any policy's."""
        self._spent += found.seconds
        self.pair.tell(found)

    def jobs(self) -> Iterator[Job]:
        """Looks at all cases, then rounds of replicates."""
        yield from self._looks()
        candidates = self.pair.candidates()
        for candidate in candidates:
            self.findings[candidate] = self.pair.finding(candidate)
            yield from self.pair.unable(candidate)
        left = self._fitting(self._unsettled(candidates))
        while any(map(self._may_go_on, left)):
            for candidate in left:
                if not self._may_go_on(candidate):
                    continue
                yield self.pair.replicate(candidate)
                latest = self.findings[candidate] = self.pair.finding(candidate)
                part = 1 - len(left) / len(candidates)
                widest = partial(width, candidate, latest)
                self._news.append(Done(part, self.budget - self._spent, widest))
            left = self._unsettled(left)
        for candidate in left:
            self._end(candidate, BUDGET_SPENT)

    def _looks(self) -> Iterator[Look]:
        """Those of the pair, in a part of the budget."""
        end = self._spent + LOOKING * max(self.budget - self._spent, 0.0)
        for each in self.pair.looks():
            if self._spent >= end:
                return
            yield replace(each, limit=look_limit(end - self._spent))

    def _fitting(self, candidates: list[Candidate]) -> list[Candidate]:
        """Those that fit into what is left of the budget; the others are left out, by name."""
        needs = [
            Need(each, family(each.case), self._missing(each) * self.pair.seconds(each), begun)
            for each in candidates
            if isfinite(self.pair.seconds(each))
            for begun in [self.findings[each].change.replicates > 0]
        ]
        fit = set(fitting(needs, self.budget - self._spent))
        if names := [each.name for each in candidates if each not in fit]:
            self._news.append(Said(fit_in_words(names, len(candidates), self.budget)))
        for each in candidates:
            if each not in fit:
                self._end(each, DOES_NOT_FIT)
        return [each for each in candidates if each in fit]

    def _missing(self, candidate: Candidate) -> int:
        """How many replicates it needs before anything can be said."""
        return max(FEWEST - self.findings[candidate].change.replicates, 0)

    def _may_go_on(self, candidate: Candidate) -> bool:
        if self.findings[candidate].settled:
            return False
        half = 0 < self._missing(candidate) < FEWEST
        return self._spent < (OVERRUN if half else 1.0) * self.budget

    def _unsettled(self, candidates: list[Candidate]) -> list[Candidate]:
        """Those of `candidates` that are not settled; of the others it is told what became of
        them."""
        for candidate in candidates:
            if self.findings[candidate].settled:
                self._say(candidate)
        return [each for each in candidates if not self.findings[each].settled]

    def _end(self, candidate: Candidate, why: str) -> None:
        """What is known of a candidate is all that there will be."""
        self.findings[candidate] = self.findings[candidate].ended(why)
        self._say(candidate)

    def _say(self, candidate: Candidate) -> None:
        self._news.append(Said(f"{candidate.name}: {in_words(self.findings[candidate])}"))


def width(candidate: Candidate, finding: Finding) -> str:
    """How wide the interval of a candidate is; nothing as long as it is infinite."""
    half = (finding.change.high - finding.change.low) / 2
    return f"±{half:.1%} {candidate.name}" if isfinite(half) else ""
