"""Where the time of a tour went, part by part."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import time

from mlx_asv.engine.progress import duration


class Parts:
    """The seconds of each part. What went by between `begun` and now belongs to the first.

    `begun`: the Unix time at which the user's command began, which may have installed the tool.
    """

    def __init__(self, begun: float, clock: Callable[[], float] = time) -> None:
        self._begun = self._last = begun
        self._clock = clock
        self._seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What goes by until its end, since the end of the part before, is this part's."""
        yield
        now = self._clock()
        self._seconds[name] = self._seconds.get(name, 0.0) + now - self._last
        self._last = now

    def __str__(self) -> str:
        each = ", ".join(f"{name} {duration(seconds)}" for name, seconds in self._seconds.items())
        return f"{duration(self._last - self._begun)}: {each}"
