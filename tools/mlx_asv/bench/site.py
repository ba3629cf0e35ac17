"""What our pages add to `asv publish`, how much they weigh, and how soon they can be used.

``python -m mlx_asv.bench.site`` makes results of 10 machines x 60 releases x 1,050 series,
publishes them by turns with asv's pages alone and with ours, and opens ours in a browser. The
results are random, the releases real: what is timed does not depend on the numbers.
"""

import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import click
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.asv_edge.series_results import quartile
from mlx_asv.metric import TIME
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.observations.store import directory, write
from mlx_asv.releases.lock import Lock
from mlx_asv.site.build import PAGES

#: `asv publish`, and the same without our pages.
PUBLISH = "from asv.main import main; main()"
PLAIN = (
    "from mlx_asv.asv_edge.publisher import OurPages; "
    "OurPages.publish = classmethod(lambda *arguments: None); " + PUBLISH
)

#: 1,050 series: 21 benchmarks of 10 cases on 5 backends.
FAMILIES, BENCHMARKS, CASES = 7, 3, 10
BACKENDS = ("mlx_gpu", "mlx_gpu_compile", "mlx_cpu", "mps", "cpu")
CONTROLS = ("mps", "cpu")
REPLICATES, BLOCKS = 3, 4


@dataclass(frozen=True)
class Size:
    """How much is made. `swept`: machines with observations; others have asv's results."""

    machines: int
    releases: int
    swept: int


#: What that suite says of itself.
FACTS = f"""
from types import SimpleNamespace as Said
BACKENDS = {{name: Said(control=name in {CONTROLS}) for name in {BACKENDS}}}
def case(family, operation, method, values):
    shape = tuple(map(int, values["case"].split("x")))
    return Said(shapes=(shape,), table="operations", title=operation)
"""


def benchmarks() -> dict[str, Any]:
    """asv's descriptions of the suite that is made up."""
    params = [
        [f"'{64 << number}x1024'" for number in range(CASES)],
        [repr(backend) for backend in BACKENDS],
    ]
    names = [
        f"family{family}.Operation{number}.time_forward"
        for family, number in product(range(FAMILIES), range(BENCHMARKS))
    ]
    shared = {"type": "time", "unit": "seconds", "version": "1", "params": params, "code": ""}
    return {
        name: {**shared, "name": name, "param_names": ["case", "backend"], "timeout": 60.0}
        for name in names
    }


def make(path: Path, root: Path, size: Size) -> list[str]:
    """A project with random results in `path`; its releases."""
    config = re.sub(r"^\s*//.*$", "", (root / "asv.conf.json").read_text(), flags=re.MULTILINE)
    (path / "benchmarks").mkdir()
    (path / "benchmarks/facts.py").write_text(FACTS)
    changes = {"html_dir": "out", "plugins": [".mlx_asv.asv_edge.plugin"]}
    (path / "asv.conf.json").write_text(json.dumps({**json.loads(config), **changes}))
    shutil.copy(root / "mlx.lock.json", path)
    tags = [release.tag for release in Lock.load(path / "mlx.lock.json").releases][-size.releases :]
    found = benchmarks()
    (path / "results").mkdir()
    (path / "results" / "benchmarks.json").write_text(json.dumps({**found, "version": 2}))
    rng = np.random.default_rng(1)
    for number in range(size.machines):
        machine = f"machine{number}"
        times = _times(rng, len(found), len(tags))
        folder = path / "results" / machine
        folder.mkdir()
        (folder / "machine.json").write_text(json.dumps({"machine": machine, "version": 1}))
        for at, tag in enumerate(tags):
            (folder / f"{tag}-bench.json").write_text(_results(machine, tag, found, times[..., at]))
        if number < size.swept:
            _observe(
                results=path / "results",
                machine=machine,
                names=list(found),
                tags=tags,
                times=times,
                rng=rng,
            )
    return tags


def _times(rng: np.random.Generator, names: int, releases: int) -> Any:
    """(benchmark, case, backend, release) seconds: levels with a few steps and some noise."""
    shape = (names, CASES, len(BACKENDS), releases)
    steps = np.where(rng.random(shape) < 0.01, rng.normal(0, 0.3, shape), 0.0)
    start = rng.uniform(np.log(1e-5), np.log(1e-1), shape[:3])[..., None]
    times = np.exp(start + steps.cumsum(axis=3) + rng.normal(0, 0.01, shape))
    controls = [BACKENDS.index(name) for name in CONTROLS]
    times[:, :, controls] = times[:, :, controls, :1]
    return times


def _results(machine: str, tag: str, found: dict[str, Any], times: Any) -> str:
    """One of asv's result files, with intervals as a sweep writes them."""
    columns = ["result", "params", "version", "started_at", "duration"]
    columns += [f"stats_{name}" for name in ("ci_99_a", "ci_99_b", "q_25", "q_75")]
    results = {}
    for (name, benchmark), values in zip(found.items(), times, strict=True):
        flat = [float(f"{value:.5g}") for value in values.ravel()]
        low, high = ([value * by for value in flat] for by in (0.98, 1.02))
        quartiles = [
            [quartile(v, b) for v, b in zip(flat, each, strict=True)] for each in (low, high)
        ]
        results[name] = [flat, benchmark["params"], "1", 0, None, low, high, *quartiles]
    document = {
        **{"commit_hash": tag, "env_name": "bench", "date": 0, "params": {"machine": machine}},
        **{"python": "3.11", "requirements": {}, "env_vars": {}, "result_columns": columns},
        **{"results": results, "durations": {}, "version": 2},
    }
    return json.dumps(document)


def _observe(
    *,
    results: Path,
    machine: str,
    names: list[str],
    tags: list[str],
    times: Any,
    rng: np.random.Generator,
) -> None:
    """What a sweep of all releases would have left: the newest is the reference, twice."""
    frames = []
    arms = [
        (backend, tag, tag, "reference" if tag == tags[-1] else "release", at)
        for backend in BACKENDS
        if backend not in CONTROLS
        for at, tag in enumerate(tags)
    ]
    last = len(tags) - 1
    twins = [(name, tags[-1], f"{tags[-1]} (A/A)", "twin", last) for name in BACKENDS[:3]]
    controls = [(name, tags[-1], tags[-1], "control", last) for name in CONTROLS]
    arms += twins + controls
    backends = [BACKENDS.index(arm[0]) for arm in arms]
    positions = [arm[4] for arm in arms]
    columns = ("backend", "release", "label", "role")
    for (number, name), case, replicate in product(
        enumerate(names), range(CASES), range(REPLICATES)
    ):
        true = np.log(times[number, case, backends, positions]) + rng.normal(0, 0.005, len(arms))
        seconds = np.exp(true + rng.normal(0, 0.02, (BLOCKS, len(arms)))).ravel()
        frames.append(
            pl.DataFrame(
                {
                    **{key: [arm[at] for arm in arms] * BLOCKS for at, key in enumerate(columns)},
                    "block": np.repeat(np.arange(BLOCKS), len(arms)),
                    "metric": TIME.name,
                    "value": seconds,
                }
            ).with_columns(
                benchmark=pl.lit(name),
                case=pl.lit(f"{64 << case}x1024"),
                replicate=pl.lit(replicate),
            )
        )
    shared = {"sweep": "20260101T000000Z-000000", "machine": machine, "environment": "bench"}
    shared |= {"conditions": "{}", "version": "1", "outcome": "ok"}
    whole = pl.concat(frames).with_columns(
        **{name: pl.lit(value) for name, value in shared.items()},
        group=pl.lit(0),
        started=pl.lit(1.8e9),
    )
    missing = [pl.lit(None).alias(name) for name in SCHEMA if name not in whole.columns]
    typed = whole.with_columns(missing).select(pl.col(n).cast(k) for n, k in SCHEMA.items())
    write(directory(results, machine) / "bench.parquet", typed)


@dataclass(frozen=True)
class Took:
    """Seconds of wall time, and of processors, which what else runs disturbs less."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} ({self.cpu:.1f})"


def publish(path: Path, program: str) -> Took:
    """What `asv publish` takes."""
    began, before = perf_counter(), _of_children()
    command = [sys.executable, "-c", program, "publish"]
    result = subprocess.run(
        command, cwd=path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    took = Took(perf_counter() - began, _of_children() - before)
    if result.returncode:
        raise click.ClickException(result.stdout)
    return took


def _round(path: Path) -> tuple[Took, Took, Took]:
    """asv's pages alone, with all of ours, and with ours when nothing is new."""
    plain = publish(path, PLAIN)
    for kept in ("analysis", "site"):
        shutil.rmtree(path / ".asv" / kept, ignore_errors=True)
    return plain, publish(path, PUBLISH), publish(path, PUBLISH)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def weigh(site: Path) -> int:
    """Bytes of our pages and their data."""
    files = [
        *(site / "data").rglob("*"),
        *(site / "static").rglob("*"),
        *map(site.__truediv__, PAGES),
    ]
    return sum(path.stat().st_size for path in files if path.is_file())


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """The site at a URL of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def open_pages(site: Path, executable: str, times: int) -> dict[str, tuple[int, float]]:
    """Of each page that draws: bytes loaded, and seconds until it was drawn and answered, the
    median of so many visits, each with an empty cache."""
    from playwright.sync_api import sync_playwright  # of the tests: the bench can do without

    found = {}
    with serving(site) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        for name in PAGES:
            if name == "trust.html":
                continue
            waits, size = [], 0
            for _ in range(times):
                context = browser.new_context(viewport={"width": 1280, "height": 800})
                page = context.new_page()
                page.goto(base + name)
                page.wait_for_selector("html[data-ready]", state="attached")
                waits.append(page.evaluate("performance.getEntriesByName('ready')[0].startTime"))
                size = page.evaluate(
                    "['navigation', 'resource'].flatMap((k) => performance.getEntriesByType(k))"
                    ".reduce((sum, entry) => sum + entry.transferSize, 0)"
                )
                context.close()
            found[name] = (size, median(waits) / 1e3)
        browser.close()
    return found


@click.command()
@click.option("--machines", default=10, show_default=True)
@click.option("--releases", default=60, show_default=True)
@click.option("--swept", default=1, show_default=True, help="Machines that have observations.")
@click.option("--repeats", default=3, show_default=True, help="Of each way to publish.")
@click.option("--browser", default=shutil.which("chromium"), help="An executable. [chromium]")
def main(machines: int, releases: int, swept: int, repeats: int, browser: str | None) -> None:
    """Publish made-up results with and without our pages, and open them."""
    console = Console()
    size = Size(machines, releases, swept)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        make(path, Path.cwd(), size)
        points = machines * releases * FAMILIES * BENCHMARKS * CASES * len(BACKENDS)
        console.print(
            f"{points:,} points: {machines} machines ({swept} swept), {releases} releases, "
            f"{points // machines // releases:,} series each",
            highlight=False,
        )
        publish(path, PLAIN)  # asv's packages are fetched, and files are in the page cache
        rounds = [_round(path) for _ in range(repeats)]
        plain, first, ours = (
            Took(median(each[at].wall for each in rounds), median(each[at].cpu for each in rounds))
            for at in range(3)
        )
        changed = next((path / "results" / f"machine{machines - 1}").glob("*-bench.json"))
        changed.write_text(changed.read_text() + "\n")
        one = publish(path, PUBLISH)
        shown = Table(title="asv publish: seconds (of processors)")
        for title in ("what", "median", "more", "each"):
            shown.add_column(title)
        each = [", ".join(str(found[at]) for found in rounds) for at in range(3)]
        shown.add_row("asv's pages alone", str(plain), "", each[0])
        for what, took, detail in (
            ("with ours, for the first time", first, each[1]),
            ("with ours, nothing new", ours, each[2]),
            ("with ours, new results of one machine", one, ""),
        ):
            more = f"{took.wall / plain.wall - 1:+.0%} ({took.cpu / plain.cpu - 1:+.0%})"
            shown.add_row(what, str(took), more, detail)
        console.print(shown)
        console.print(f"Ours: {weigh(path / 'out') / 1e6:.1f} MB in all", highlight=False)
        if browser is None:
            console.print("Not opened: there is no chromium on the PATH, and no --browser.")
            return
        shown = Table(title="Opened with an empty cache")
        for title in ("page", "loads", "drawn and answering"):
            shown.add_column(title)
        for name, (loaded, waited) in open_pages(path / "out", browser, repeats).items():
            shown.add_row(name, f"{loaded / 1e3:.0f} kB", f"{waited:.2f} s")
        console.print(shown)


if __name__ == "__main__":
    main()
