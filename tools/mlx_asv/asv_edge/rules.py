"""asv's own two rules, by its own code: what `asv compare` and asv's pages call a change."""

import itertools
from collections.abc import Sequence

from asv._stats import get_weight
from asv.commands.compare import _is_result_better
from asv.step_detect import detect_steps
from asv_runner.statistics import compute_stats


def better(one: Sequence[float], other: Sequence[float], factor: float) -> bool:
    """Whether ``asv compare -f FACTOR`` calls a result of these samples better than the other's."""
    sides = [(compute_stats(list(values), 1), list(values)) for values in (one, other)]
    (a, a_stats), (b, b_stats) = (found for found, _ in sides)
    return bool(_is_result_better(a, b, (a_stats, sides[0][1]), (b_stats, sides[1][1]), factor))


def steps(results: Sequence[Sequence[float]]) -> list[tuple[int, float]]:
    """The steps that ``asv publish`` finds in a series: position after it, and the ratio.

    `results`: the samples of each revision, in order.
    """
    found = [compute_stats(list(values), 1) for values in results]
    segments = detect_steps([value for value, _ in found], [get_weight(s) for _, s in found])
    return [(after[0], after[2] / before[2]) for before, after in itertools.pairwise(segments)]
