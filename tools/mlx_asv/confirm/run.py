"""A confirmation from its first replicate to its last, within a budget."""

from collections.abc import Mapping
from math import isfinite
from time import monotonic

from mlx_asv.engine.session import Watcher
from mlx_asv.engine.wall import wall_seconds
from mlx_asv.verdicts.evidence import Finding

from .pair import Candidate, Pair
from .words import in_words

#: Why it ended, where it was not decided.
BUDGET_SPENT = "the budget is spent"


def run(pair: Pair, budget: float) -> Mapping[Candidate, Finding]:
    """Decide the candidates of `pair`; what became of each.

    Round after round, each that is not settled gets a replicate: so all have some when the budget
    ends, and those of one candidate lie apart in time. No replicate begins after `budget` seconds,
    those of an interrupted run included. What is undecided by then is inconclusive on three
    replicates, and not measured on fewer.
    """
    watcher = pair.session.watcher
    end = monotonic() + budget - wall_seconds(pair.session.running.read())
    candidates = pair.candidates()
    looks = {candidate: pair.looks(candidate) for candidate in candidates}
    found = {candidate: next(each) for candidate, each in looks.items()}
    left = _unsettled(found, candidates, watcher)
    while left and monotonic() < end:
        for candidate in left:
            if monotonic() >= end:
                break
            latest = found[candidate] = next(looks[candidate])
            half = (latest.change.high - latest.change.low) / 2
            widest = f"±{half:.1%} {candidate.name}" if isfinite(half) else ""
            watcher.done(1 - len(left) / len(candidates), end - monotonic(), widest)
        left = _unsettled(found, left, watcher)
    for candidate in left:
        found[candidate] = found[candidate].ended(BUDGET_SPENT)
        watcher.say(f"{candidate.name}: {in_words(found[candidate])}")
    return found


def _unsettled(
    found: Mapping[Candidate, Finding], candidates: list[Candidate], watcher: Watcher
) -> list[Candidate]:
    """Those of `candidates` that are not settled; of the others it is told what became of them."""
    for candidate in candidates:
        if found[candidate].settled:
            watcher.say(f"{candidate.name}: {in_words(found[candidate])}")
    return [candidate for candidate in candidates if not found[candidate].settled]
