"""`make run`: measure a few releases spread over the history, publish, show what stands out."""

import os
import re
import sys
import webbrowser
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile

from rich.console import Console
from rich.table import Table

from mlx_asv.asv_edge.commands import (
    Point,
    asv,
    asv_run,
    ensure_machine,
    measured,
    selected,
    stored_points,
)
from mlx_asv.asv_edge.publisher import OVERVIEW
from mlx_asv.axes import Name
from mlx_asv.releases.lock import Lock
from mlx_asv.terminal import say

#: All that asv printed.
LOG = Path(".asv/tour.log")

#: Where the site is.
SITE = Path("html/_build")

#: asv run's exit status when it went through and a benchmark or an installation failed.
SOME_FAILED = 2


@dataclass(frozen=True)
class Step:
    """A case's time on a release against the release measured before it."""

    before: Point
    after: Point

    @property
    def ratio(self) -> float:
        """Seconds after over seconds before: above 1 is slower."""
        assert self.before.seconds and self.after.seconds
        return self.after.seconds / self.before.seconds


def spread(tags: Sequence[str], count: int) -> list[str]:
    """`count` of `tags`, evenly spread, the first and the last among them."""
    if count >= len(tags):
        return list(tags)
    if count == 1:
        return [tags[-1]]
    return [tags[round(i * (len(tags) - 1) / (count - 1))] for i in range(count)]


def steps(points: Sequence[Point], order: Sequence[str]) -> list[Step]:
    """The change from each measured release to the next, per series; slowest change first."""
    position = {tag: i for i, tag in enumerate(order)}
    series: defaultdict[tuple[object, ...], list[Point]] = defaultdict(list)
    for point in measured(points):
        key = (point.machine, point.environment, point.benchmark, point.params)
        series[key].append(point)
    found = []
    for line in series.values():
        line.sort(key=lambda point: position[point.release])
        found += [Step(a, b) for a, b in pairwise(line)]
    return sorted(found, key=lambda step: -step.ratio)


def run_tour(lock: Lock, tags: Sequence[str], bench: str, again: bool, console: Console) -> int:
    """Measure `tags` (oldest first), publish, print the largest steps; asv's exit status.

    The newest release is measured on every backend, the others on MLX's: PyTorch and NumPy do
    not change with them. Releases that an earlier, interrupted tour finished are not measured
    again, unless `again`.
    """
    machine = ensure_machine()
    done = set() if again else _releases_done(bench, machine)
    plans = [
        ([tags[-1]], bench),
        (list(tags[:-1]), f"{bench}:mlx_.*" if bench[0] == "@" else bench),
    ]
    status = 0
    for releases, selector in plans:
        missing = [tag for tag in releases if tag not in done]
        for tag in set(releases) - set(missing):
            console.print(f"{tag} was measured before (AGAIN=1 measures it again)")
        if not missing:
            continue
        say(console, f"Measuring {selector} on {', '.join(missing[::-1])}")
        with NamedTemporaryFile("w", suffix=".txt") as hashfile:
            hashfile.write("\n".join(missing[::-1]))
            hashfile.flush()
            # One round: the tour is a look around, not a judgement.
            arguments = (f"HASHFILE:{hashfile.name}", "-b", selector, "-a", "rounds=1")
            ended = asv_run(*arguments, log=LOG, console=console)
        if ended not in (0, SOME_FAILED):
            return ended
        status |= ended
    points = [p for p in stored_points() if p.machine == machine and p.release in tags]
    if not measured(points):
        console.print("Nothing was measured: see the messages above.")
        return status or 1
    status |= asv("publish")
    _print_steps(points, lock, console)
    console.print(f"\nAll that asv said, with the reason of every skip: {LOG}")
    show(SITE.absolute(), console)
    return status


def show(site: Path, console: Console) -> None:
    """Print where the page is; open it for somebody who sits at a desktop."""
    page = site / OVERVIEW
    if not page.exists():
        page = site / "index.html"
    served = "asv's pages need a web server: `make preview` serves them at http://127.0.0.1:8080/."
    say(console, f"{served}\nPage: {page}")
    desktop = sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if page.name == OVERVIEW and desktop and console.is_terminal:
        webbrowser.open(page.as_uri())


def _releases_done(bench: str, machine: str) -> set[str]:
    """The releases of which this machine has every case of the list `bench`."""
    if not bench.startswith("@"):
        return set()
    patterns = selected(bench)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for point in measured(list(stored_points())):
        if point.machine == machine:
            found[point.release] |= {p for p in patterns if re.search(p, point.full_name)}
    return {release for release, matched in found.items() if matched == set(patterns)}


def _print_steps(points: Sequence[Point], lock: Lock, console: Console) -> None:
    found = steps(points, [release.tag for release in lock.releases])
    slower = [step for step in found if step.ratio > 1.05][:10]
    if not slower:
        console.print("\nNo case was more than 5 % slower than on the release measured before.")
        return
    table = Table(title="Largest slowdowns from one measured release to the next")
    for column in ("benchmark", "case", "backend", "releases", "ms before", "after", "ratio"):
        table.add_column(column, overflow="fold", no_wrap=column == "backend")
    for step in slower:
        *case, backend = step.after.params
        assert step.before.seconds and step.after.seconds
        table.add_row(
            Name(step.after.benchmark).operation,
            " ".join(case),
            backend,
            f"{step.before.release} → {step.after.release}",
            f"{step.before.seconds * 1e3:.3g}",
            f"{step.after.seconds * 1e3:.3g}",
            f"{step.ratio:.2f}",
        )
    console.print(table)
    console.print(
        "Unconfirmed: asv measures one release after the other, so what else this machine did "
        "meanwhile is in these ratios, on a virtual machine up to 2. Measure a step again "
        "(`asv continuous BEFORE AFTER -b NAME`) before you believe it."
    )
