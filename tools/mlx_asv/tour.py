"""`make run`: measure a few releases spread over the history, publish, show what stands out."""

import os
import re
import sys
import webbrowser
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.asv_edge.commands import asv, asv_run, ensure_machine, selected
from mlx_asv.asv_edge.publisher import OVERVIEW
from mlx_asv.asv_edge.stored import Project, numbers
from mlx_asv.axes import Name
from mlx_asv.terminal import from_here, say

#: The file of all that asv printed, beside the environments.
LOG = "tour.log"

#: asv run's exit status when it went through and a benchmark or an installation failed.
SOME_FAILED = 2


#: What identifies a series of asv's results.
SERIES = ("machine", "environment", "benchmark", "case", "backend")

#: Only steps of more than this are shown, at most so many.
SLOWER, MOST = 1.05, 10


def spread(tags: Sequence[str], count: int) -> list[str]:
    """`count` of `tags`, evenly spread, the first and the last among them."""
    if count >= len(tags):
        return list(tags)
    if count == 1:
        return [tags[-1]]
    return [tags[round(i * (len(tags) - 1) / (count - 1))] for i in range(count)]


def steps(stored: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """The change from each measured release to the next, per series; slowest change first.

    `stored`: asv's results (STORED). A row has the series, `before` and `after` (releases),
    `seconds_before`, `seconds_after` and `ratio`, after over before: above 1 is slower.
    """
    positions = {tag: position for position, tag in enumerate(order)}
    position = pl.col("release").replace_strict(positions, return_dtype=pl.Int64)
    line = numbers(stored).sort(position, maintain_order=True)
    return (
        line.select(
            *SERIES,
            pl.col("release").shift().over(SERIES).alias("before"),
            pl.col("release").alias("after"),
            pl.col("value").shift().over(SERIES).alias("seconds_before"),
            pl.col("value").alias("seconds_after"),
        )
        .drop_nulls("before")
        .with_columns(ratio=pl.col("seconds_after") / pl.col("seconds_before"))
        .sort("ratio", descending=True, maintain_order=True)
    )


def run_tour(tags: Sequence[str], bench: str, again: bool, console: Console) -> int:
    """Measure `tags` (oldest first), publish, print the largest steps; asv's exit status.

    The newest release is measured on every backend, the others on MLX's: PyTorch and NumPy do
    not change with them. Releases that an earlier, interrupted tour finished are not measured
    again, unless `again`.
    """
    machine, project = ensure_machine(), Project.here()
    log = project.state / LOG
    done = set() if again else _releases_done(bench, project.stored(machine))
    plans = [([tags[-1]], bench), (list(tags[:-1]), _without_controls(bench, project))]
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
            ended = asv_run(*arguments, log=log, console=console)
        if ended not in (0, SOME_FAILED):
            return ended
        status |= ended
    stored = project.stored(machine).filter(pl.col("release").is_in(list(tags)))
    if numbers(stored).is_empty():
        console.print("Nothing was measured: see the messages above.")
        return status or 1
    status |= asv("publish")
    _print_steps(steps(stored, project.order), console)
    console.print(f"\nAll that asv said, with the reason of every skip: {from_here(log)}")
    show(project.html, console)
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


def _without_controls(bench: str, project: Project) -> str:
    """`bench`; of a list the backends alone that change with the release."""
    own = [name for name, each in project.facts.backends.items() if not each.control]
    return f"{bench}:{'|'.join(map(re.escape, own))}" if bench.startswith("@") and own else bench


def _releases_done(bench: str, stored: pl.DataFrame) -> set[str]:
    """The releases of which every case of the list `bench` is stored."""
    if not bench.startswith("@"):
        return set()
    patterns = selected(bench)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for release, name in numbers(stored).select("release", "name").iter_rows():
        found[release] |= {pattern for pattern in patterns if re.search(pattern, name)}
    return {release for release, matched in found.items() if matched == set(patterns)}


def _print_steps(found: pl.DataFrame, console: Console) -> None:
    slower = found.filter(pl.col("ratio") > SLOWER).head(MOST)
    if slower.is_empty():
        console.print("\nNo case was more than 5 % slower than on the release measured before.")
        return
    table = Table(title="Largest slowdowns from one measured release to the next")
    for column in ("benchmark", "case", "backend", "releases", "ms before", "after", "ratio"):
        table.add_column(column, overflow="fold", no_wrap=column == "backend")
    for step in slower.iter_rows(named=True):
        table.add_row(
            Name(step["benchmark"]).operation,
            step["case"],
            step["backend"],
            f"{step['before']} → {step['after']}",
            f"{step['seconds_before'] * 1e3:.3g}",
            f"{step['seconds_after'] * 1e3:.3g}",
            f"{step['ratio']:.2f}",
        )
    console.print(table)
    console.print(
        "Unconfirmed: asv measures one release after the other, so what else this machine did "
        "meanwhile is in these ratios, on a virtual machine up to 2. Measure a step again "
        "(`asv continuous BEFORE AFTER -b NAME`) before you believe it."
    )
