"""What is being done, how far the whole is, and how long it still takes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import fmean
from time import monotonic

from rich.console import Console

from mlx_asv.engine.progress import duration


class Agenda:
    """The steps of a run by kind, with the seconds that each kind is expected to take.

    What a kind really took replaces what was expected of the rest of it.
    """

    def __init__(self, console: Console, expected: Mapping[str, float]) -> None:
        self._console = console
        self._expected = expected
        self._left: Counter[str] = Counter()
        self._took: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, kind: str, count: int) -> None:
        """`count` steps of a kind are to come."""
        self._left[kind] += count

    @property
    def left(self) -> float:
        """Seconds still to come, about."""
        return sum(
            count * fmean(self._took.get(kind) or [self._expected[kind]])
            for kind, count in self._left.items()
        )

    @property
    def fraction(self) -> float:
        """How much of the whole is done, in time."""
        done = sum(sum(each) for each in self._took.values())
        return done / (done + self.left) if done else 0.0

    @contextmanager
    def step(self, kind: str, text: str) -> Iterator[None]:
        """Do one step."""
        self._console.print(
            f"[{self.fraction:.0%}, about {duration(self.left)} left] {text}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        began = monotonic()
        yield
        self._took[kind].append(monotonic() - began)
        self._left[kind] -= 1
