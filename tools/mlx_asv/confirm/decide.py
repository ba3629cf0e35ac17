"""What a confirmation measures next: round after round, each candidate that is not settled."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from math import isfinite

from mlx_asv.engine.found import Found
from mlx_asv.engine.policy import Done, Said, Steps
from mlx_asv.job import Job
from mlx_asv.verdicts.evidence import Finding

from .pair import Candidate, Pair
from .words import in_words

#: Why it ended, where it was not decided.
BUDGET_SPENT = "the budget is spent"


@dataclass(kw_only=True)
class Decide(Steps):
    """Decides the candidates of a pair, within a budget.

    Round after round, each that is not settled gets a replicate: so all have some when the budget
    ends, and those of one candidate lie apart in time. No replicate begins after `budget` seconds,
    those of an interrupted run included. What is undecided by then is inconclusive on three
    replicates, and not measured on fewer.
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
        yield from self.pair.looks()
        candidates = self.pair.candidates()
        for candidate in candidates:
            self.findings[candidate] = self.pair.finding(candidate)
            yield from self.pair.unable(candidate)
        left = self._unsettled(candidates)
        while left and self._spent < self.budget:
            for candidate in left:
                if self._spent >= self.budget:
                    break
                yield self.pair.replicate(candidate)
                latest = self.findings[candidate] = self.pair.finding(candidate)
                part = 1 - len(left) / len(candidates)
                widest = partial(width, candidate, latest)
                self._news.append(Done(part, self.budget - self._spent, widest))
            left = self._unsettled(left)
        for candidate in left:
            self._end(candidate)

    def _unsettled(self, candidates: list[Candidate]) -> list[Candidate]:
        """Those of `candidates` that are not settled; of the others it is told what became of
        them."""
        for candidate in candidates:
            if self.findings[candidate].settled:
                self._say(candidate)
        return [each for each in candidates if not self.findings[each].settled]

    def _end(self, candidate: Candidate) -> None:
        """What is known of a candidate is all that there will be."""
        self.findings[candidate] = self.findings[candidate].ended(BUDGET_SPENT)
        self._say(candidate)

    def _say(self, candidate: Candidate) -> None:
        self._news.append(Said(f"{candidate.name}: {in_words(self.findings[candidate])}"))


def width(candidate: Candidate, finding: Finding) -> str:
    """How wide the interval of a candidate is; nothing as long as it is infinite."""
    half = (finding.change.high - finding.change.low) / 2
    return f"±{half:.1%} {candidate.name}" if isfinite(half) else ""
