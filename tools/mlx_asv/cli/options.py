"""What may be typed: durations, percentages, names, and the options that commands share."""

import os
import re
from collections.abc import Callable
from math import expm1
from typing import Any, Protocol, TypeVar

import click

from mlx_asv.metric import METRICS, TIME

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Typed(click.ParamType[T]):
    """What a pattern matches and `read` makes sense of; a usage error says what it is `like`."""

    def __init__(
        self, name: str, pattern: str, like: str, read: Callable[[re.Match[str]], T | None]
    ) -> None:
        self.name = name
        self._pattern, self._like, self._read = pattern, like, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """What it means; or a usage error."""
        found = re.fullmatch(self._pattern, str(value))
        meant = None if found is None else self._read(found)
        if meant is None:
            self.fail(f"{value!r} is no {self._like}.", param, ctx)
        return meant


def _seconds(found: re.Match[str]) -> float | None:
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] or None


def _part(found: re.Match[str]) -> float | None:
    return float(found[1]) / 100 if 0 < float(found[1]) < 100 else None


def _line(found: re.Match[str]) -> tuple[int, str] | None:
    return int(found[1]), found[2]


_NUMBER = r"(\d+(?:\.\d+)?)\s*"

#: ``90m``, ``2.5h`` or ``40s``, in seconds.
DURATION = Typed("duration", _NUMBER + "([smh])", "duration such as 40s, 90m or 2.5h", _seconds)
#: ``1%`` as 0.01.
PERCENTAGE = Typed("percentage", _NUMBER + "%", "percentage such as 1% or 0.5%", _part)
#: ``17=why``: a line, counted from 1, and what is wrong with it.
LINE = Typed("line=reason", r"(\d+)=(.+)", "line and reason such as '17=it was swapping'", _line)


class Decorator(Protocol):
    """What click.option returns."""

    def __call__(self, command: F, /) -> F:
        """The command with one option more."""


def budget_option(default: str, help: str = "Wall time for all of it.") -> Decorator:
    """``--budget``, in seconds."""
    return click.option("--budget", type=DURATION, default=default, show_default=True, help=help)


#: The change of time that matters, as it is typed.
OF_TIME = f"{100 * expm1(TIME.threshold):.3g}%"


def threshold_option(default: str | None, help: str) -> Decorator:
    """``--threshold``, a part of one; without a default None, for each metric's own."""
    own = ", ".join(f"{name} {each.change(each.threshold)}" for name, each in METRICS.items())
    return click.option(
        "--threshold", type=PERCENTAGE, default=default, show_default=default or own, help=help
    )


this_machine = click.option("--machine", help="Another of asv's names for this machine.")

the_revisions = click.argument("revisions", nargs=-1, required=True, metavar="RANGE")
the_cases = click.option("-b", "--bench", multiple=True, help="As for asv run; may be repeated.")
the_backends = click.option("--backends", default="", help="Comma-separated; all if left out.")
the_reference = click.option(
    "--reference", help="The release all others are compared with. [the newest]"
)


def jobs_option(help: str) -> Decorator:
    """``--jobs``, as many as there are cores."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=lambda: os.cpu_count() or 1,
        help=f"{help}  [the number of cores]",
    )


def names(text: str) -> tuple[str, ...]:
    """What is between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
