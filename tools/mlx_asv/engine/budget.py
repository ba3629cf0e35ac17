"""What fits into a budget of wall time: whole cases, never a part of each.

Cases are taken in the order of their rank in their family, the cheapest of each family first, then
the second of each, and so on; of one rank the cheapest first. One that does not fit is passed over:
a cheaper one of a later rank may. What was begun by an earlier run comes before all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mlx_asv.axes import Name
from mlx_asv.job import Case

from .progress import duration

Key = TypeVar("Key")


class NothingFits(Exception):
    """The budget is too small for any case; the text says what one takes."""


@dataclass(frozen=True)
class Need(Generic[Key]):
    """The seconds that are needed for all that is still to come of something."""

    key: Key
    family: str
    seconds: float
    #: Whether an earlier run has measured a part of it.
    begun: bool = False


def family(case: Case) -> str:
    """The family of a case: the module of its benchmark."""
    return Name(case.benchmark).family


def fitting(needs: Iterable[Need[Key]], seconds: float) -> list[Key]:
    """What fits into so many seconds, in the order in which it is taken."""
    taken: list[Key] = []
    for each in _by_rank(needs):
        if each.begun or each.seconds <= seconds:
            taken.append(each.key)
            seconds -= each.seconds
    return taken


def _by_rank(needs: Iterable[Need[Key]]) -> list[Need[Key]]:
    ranks: defaultdict[str, int] = defaultdict(int)
    ranked: list[tuple[bool, int, int, Need[Key]]] = []
    for each in sorted(needs, key=lambda need: need.seconds):
        ranked.append((not each.begun, ranks[each.family], len(ranked), each))
        ranks[each.family] += 1
    return [each for *_, each in sorted(ranked, key=lambda entry: entry[:-1])]


def in_turn(cases: Sequence[Case]) -> list[Case]:
    """The cases of all families by turns: the first of each, then the second of each, and so on."""
    seen: defaultdict[str, int] = defaultdict(int)
    ranked = []
    for number, case in enumerate(cases):
        ranked.append((seen[family(case)], number, case))
        seen[family(case)] += 1
    return [case for *_, case in sorted(ranked, key=lambda entry: entry[:-1])]


def fit_in_words(names: Sequence[str], of: int, seconds: float) -> str:
    """``2 of 4 cases fit into 100 s; left out: Sort small, Sum small``, of the names left out."""
    return f"{of - len(names)} of {of} cases fit into {duration(seconds)}; left out: " + ", ".join(
        names
    )
