"""What may be typed: durations, percentages, names, and the options that commands share."""

import re
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """``90m``, ``2.5h`` or ``40s``, in seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds; or a usage error."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", str(value))
        if found is None or float(found[1]) == 0:
            self.fail(f"{value!r} is no duration such as 40s, 90m or 2.5h.", param, ctx)
        return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


class Percentage(click.ParamType[float]):
    """``1%`` as 0.01."""

    name = "percentage"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """A part of one; or a usage error."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", str(value))
        if found is None or not 0 < float(found[1]) < 100:
            self.fail(f"{value!r} is no percentage such as 1% or 0.5%.", param, ctx)
        return float(found[1]) / 100


class Lines(click.ParamType[tuple[int, str]]):
    """``17=why``: a line and what is wrong with it."""

    name = "line=reason"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        """The line, counted from 1, and the reason; or a usage error."""
        found = re.fullmatch(r"(\d+)=(.+)", str(value))
        if found is None:
            self.fail(f"{value!r} is no line and reason such as '17=it was swapping'.", param, ctx)
        return int(found[1]), found[2]


class Decorator(Protocol):
    """What click.option returns."""

    def __call__(self, command: F, /) -> F:
        """The command with one option more."""


def budget_option(default: str, help: str = "Wall time for all of it.") -> Decorator:
    """``--budget``, in seconds."""
    return click.option("--budget", type=Duration(), default=default, show_default=True, help=help)


def threshold_option(default: str, help: str) -> Decorator:
    """``--threshold``, a part of one."""
    return click.option(
        "--threshold", type=Percentage(), default=default, show_default=True, help=help
    )


this_machine = click.option("--machine", help="Another of asv's names for this machine.")


def names(text: str) -> tuple[str, ...]:
    """What is between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
