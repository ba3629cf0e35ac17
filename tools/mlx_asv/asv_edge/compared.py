"""asv's table of two releases beside each other, with a verdict in each row."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, nan

from asv.util import human_value
from asv_runner.console import color_print
from tabulate import tabulate

from mlx_asv.axes import Name


class Mark(StrEnum):
    """asv's marks of a row; of a change that is none, and of what was skipped, a blank."""

    WORSE = "+"
    BETTER = "-"
    BROKEN = "!"
    MENDED = "*"
    NONE = " "


#: The tables of --split: asv's titles, and the marks of their rows.
TITLES: Mapping[str, tuple[Mark, ...]] = {
    "Benchmarks that have improved:": (Mark.BETTER, Mark.MENDED),
    "Benchmarks that have stayed the same:": (Mark.NONE,),
    "Benchmarks that have got worse:": (Mark.WORSE, Mark.BROKEN),
}
ALL = "All benchmarks:"


@dataclass(frozen=True)
class Side:
    """Seconds per call on a release, with half of the interval if it is known. NaN: skipped; None:
    failed."""

    seconds: float | None
    error: float | None = None

    def __str__(self) -> str:
        return str(human_value(self.seconds, "seconds", err=self.error))


@dataclass(frozen=True)
class Row:
    """A benchmark on both releases. `unsure`: the change is as large as one that matters, and no
    verdict says that there is one."""

    name: Name
    mark: Mark
    before: Side
    after: Side
    verdict: str
    unsure: bool = False

    @property
    def ratio(self) -> float:
        """After over before; NaN if there is none."""
        if not self.before.seconds or self.after.seconds is None:
            return nan
        return self.after.seconds / self.before.seconds

    @property
    def cells(self) -> tuple[str, ...]:
        """As asv writes them."""
        ratio = "n/a" if self.ratio != self.ratio else f"{self.ratio:.2f}"
        return (
            self.mark,
            str(self.before),
            str(self.after),
            f"~{ratio}" if self.unsure else ratio,
            str(self.name),
            self.verdict,
        )


def print_compared(rows: Iterable[Row], labels: Sequence[str], args: Namespace) -> None:
    """Print the rows as `asv continuous` does; `args` has its options. What is undecided is shown
    with --only-changed, too, if it is `unsure`: it is not the same."""
    before, after = labels
    sides = f"Before [{before}]", f"After [{after}]"
    headers = ("Change", *sides, "Ratio", "Benchmark (Parameter)", "Verdict")
    shown = [each for each in rows if _is_shown(each, args.only_changed)]
    for title, of_it in _tables(_sorted(shown, args.sort), args.split):
        if of_it:
            if not args.only_changed:
                color_print(f"\n{title}\n")
            cells = [each.cells for each in of_it]
            print(tabulate(cells, headers=headers, tablefmt="github", disable_numparse=True))


def print_conclusion(worse: bool, better: bool) -> None:
    """Print the words with which `asv continuous` ends."""
    color_print("")
    if not (worse or better):
        color_print("BENCHMARKS NOT SIGNIFICANTLY CHANGED.", "green")
        return
    colour = "red" if worse else "green"
    color_print("SOME BENCHMARKS HAVE CHANGED SIGNIFICANTLY.", colour)
    color_print(f"PERFORMANCE {'DECREASED' if worse else 'INCREASED'}.", colour)


def _is_shown(row: Row, only_changed: bool) -> bool:
    return not only_changed or row.unsure or row.mark not in (Mark.NONE, Mark.MENDED)


def _sorted(rows: Sequence[Row], by: str) -> list[Row]:
    """By name; with "ratio" the slowest first, what has no ratio before it, as asv does."""
    named = sorted(rows, key=lambda row: str(row.name))
    if by != "ratio":
        return named
    return sorted(named, key=lambda row: inf if row.ratio != row.ratio else row.ratio, reverse=True)


def _tables(rows: Sequence[Row], split: bool) -> Iterator[tuple[str, list[Row]]]:
    if not split:
        yield ALL, list(rows)
        return
    for title, marks in TITLES.items():
        yield title, [each for each in rows if each.mark in marks]
