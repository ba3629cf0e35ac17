"""A confirmation from its first candidate to its last, within a budget."""

from collections.abc import Mapping
from math import isfinite
from time import monotonic
from typing import Protocol

from tools.sweep.summary import wall_seconds

from .evidence import Finding
from .pair import Candidate, Pair
from .pair import Watcher as PairWatcher
from .words import in_words

#: Why it ended, where it was not decided.
BUDGET_SPENT = "the budget is spent"


class Watcher(PairWatcher, Protocol):
    """Is told how a confirmation goes."""

    def done(self, fraction: float, left: float, widest: str) -> None:
        """A replicate is done: how far, seconds left, the interval so far."""

    def say(self, text: str) -> None:
        """A candidate is settled."""


def run(pair: Pair, budget: float, watcher: Watcher) -> Mapping[Candidate, Finding]:
    """Decide the candidates of `pair` one after the other; what became of each.

    No replicate begins after `budget` seconds, those of an interrupted run included. What is
    undecided by then is inconclusive on three replicates, and not measured on fewer.
    """
    end = monotonic() + budget - wall_seconds(pair.running.read())
    found: dict[Candidate, Finding] = {}
    candidates = pair.candidates()
    for place, candidate in enumerate(candidates):
        for number, latest in enumerate(pair.looks(candidate)):
            found[candidate] = latest
            if number:
                half = (latest.change.high - latest.change.low) / 2
                widest = f"±{half:.1%} {candidate.name}" if isfinite(half) else ""
                watcher.done(place / len(candidates), end - monotonic(), widest)
            if not latest.settled and monotonic() >= end:
                found[candidate] = latest.ended(BUDGET_SPENT)
                break
        watcher.say(f"{candidate.name}: {in_words(found[candidate])}")
    return found
