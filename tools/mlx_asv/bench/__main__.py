"""``python -m mlx_asv.bench``: precision per second, A/A, injected slowdowns, overhead, continuity,
and what reusing a process costs."""

import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any

import click
import polars as pl
import psutil
from rich.console import Console

from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import AnotherSweep, exclusive
from mlx_asv.engine.progress import duration
from mlx_asv.engine.selection import environs_of
from mlx_asv.environments.asked import AskedError
from mlx_asv.job import Case
from mlx_asv.known.suite.kernels import Length
from mlx_asv.observations.store import ObservationsError, read_machine
from mlx_asv.terminal import say
from mlx_asv.tour.releases import spread

from . import continuity, injected, overhead, reuse
from .agenda import Agenda
from .asv_side import AsvFailed
from .estimates import PERIODS
from .pairs import Comparison, Pairs
from .precision import NOTES, aa_goals, aa_table, precision_goals, precision_table
from .report import Figures, Goal
from .subjects import SUBJECTS, Subject, cases
from .sweep_side import sweep

TABLES = ("precision", "aa", "injected", "overhead", "continuity", "reuse")

#: The release that is measured; every arm is this one.
RELEASE = "v0.31.1"

#: A table is wider than a pipe's 80 columns.
WIDTH = 140


@dataclass(frozen=True)
class Scale:
    """How much is measured: `repeats` of each comparison, and how large it is."""

    repeats: int
    subjects: tuple[Subject, ...] = SUBJECTS
    kernels: tuple[str, ...] = tuple(injected.LIMITS)
    extras: tuple[float, ...] = injected.EXTRAS
    replicates: int = 5
    sweeps: int = 3
    #: Arms, cases and seconds of the sweep whose overhead is measured.
    arms: int = 8
    subjects_of_overhead: tuple[Subject, ...] = SUBJECTS[:4]
    budget: float = 75.0
    #: Releases, cases and seconds of the sweep of all releases that two halves are compared with.
    releases: int = 28
    subjects_of_continuity: tuple[Subject, ...] = SUBJECTS[:4]
    continuity: float = 150.0
    #: Cases of the comparison of new with used processes, and lives of each.
    subjects_of_reuse: tuple[Subject, ...] = SUBJECTS[:5]
    lives: int = 3
    #: Seconds of samples for each length of call and way of timing it.
    sampling: float = 3.0


def quick(repeats: int) -> Scale:
    """Enough to see that everything works; its figures mean little."""
    return Scale(
        repeats,
        subjects=SUBJECTS[:2],
        kernels=("matmul 48x48", "add 1"),
        extras=(0.05, 0.20),
        replicates=3,
        sweeps=1,
        arms=4,
        subjects_of_overhead=SUBJECTS[:1],
        budget=12.0,
        releases=5,
        subjects_of_continuity=SUBJECTS[:1],
        continuity=12.0,
        subjects_of_reuse=SUBJECTS[:2],
        lives=1,
        sampling=0.5,
    )


class Bench:
    """One run: the tables that were asked for, one after the other."""

    def __init__(self, context: Context, release: str, scale: Scale, path: Path) -> None:
        self.context = context
        self.suite = suite = context.suite
        self.release = release
        self.scale = scale
        self.console = console = context.console
        installed = suite.install(suite.asker.one(release, "--release"))
        self.environ = installed.environ
        self.environs: dict[str, Mapping[str, str]] = {}
        how = {
            "command": context.command,
            "machine": context.machine,
            "environment": context.environment,
            "conditions": context.conditions,
            "release": release,
        }
        self.path = path
        self.figures = Figures(path, how)
        began = monotonic()
        self.cases: dict[Subject, Case] = cases(suite, installed, scale.subjects)
        #: Seconds from starting a command to knowing its cases.
        self.startup = monotonic() - began
        arms, count = scale.arms, len(scale.subjects_of_overhead)
        self.agenda = Agenda(
            console,
            {
                **Comparison.expected(len(self.cases)),
                **injected.expected(len(scale.kernels), scale.replicates),
                "shares": min(scale.budget, 3 * count * (0.35 * arms + 2)),
                "costs": 6 * scale.sampling + 5,
                "continuity 0.5": 0.5 * scale.continuity,
                "continuity 1.0": scale.continuity,
                "reuse": 15.0 * len(scale.subjects_of_reuse) * scale.lives,
            },
        )

    def run(self, wanted: Iterable[str], imports: float) -> None:
        """Measure and print; `imports`: seconds that this process took to start."""
        wanted = set(wanted)
        comparison = Comparison(
            context=self.context,
            cases=self.cases,
            release=self.release,
            environ=self.environ,
            repeats=self.scale.repeats,
            startup=self.startup + imports,
            agenda=self.agenda,
        )
        if wanted & {"precision", "aa"}:
            comparison.plan()
        if "injected" in wanted:
            self.agenda.add("injected", self.scale.sweeps)
        if "overhead" in wanted:
            self.agenda.add("shares", 1)
            self.agenda.add("costs", 1)
        if "continuity" in wanted:
            self.agenda.add("continuity 0.5", 2)
            self.agenda.add("continuity 1.0", 1)
            every = self.suite.asker.several([f"..{self.suite.order()[-1]}"])
            tags = spread([each.label for each in every], self.scale.releases)
            chosen = [each for each in every if each.label in tags]
            self.environs = environs_of(map(self.suite.install, chosen))
        if "reuse" in wanted:
            self.agenda.add("reuse", 1)
        if wanted & {"precision", "aa"}:
            pairs = comparison.run()
            if "precision" in wanted:
                self._precision(pairs, comparison.startup)
            self._aa(pairs)
        if "injected" in wanted:
            self._injected()
        if "overhead" in wanted:
            self._overhead(comparison.observations)
        if "continuity" in wanted:
            self._continuity()
        if "reuse" in wanted:
            self._reuse()

    def _precision(self, pairs: Pairs, startup: float) -> None:
        names = {case.name: subject for subject, case in self.cases.items()}
        for period in PERIODS:
            walls = {name: pairs.of_case(period, name) for name in names}
            whole = pairs.whole(period, startup)
            self.console.print()
            self.console.print(precision_table(pairs.estimates, period, names, walls, whole))
        missing = [f"Missing: {each}" for each in pairs.missing]
        say(self.console, *missing, pairs.replicates())
        goals = precision_goals(pairs.estimates, list(names))
        self._finish("precision", {**pairs.figures(), "startup_seconds": startup}, goals, NOTES)

    def _aa(self, pairs: Pairs) -> None:
        self.console.print()
        self.console.print(aa_table(pairs.estimates))
        worst = sorted(pairs.estimates, key=lambda each: -abs(each.log_ratio))[:20]
        figures = {"largest": [vars(each) for each in worst]}
        self._finish("aa", figures, aa_goals(pairs.estimates), "From the pairs of table 1.")

    def _injected(self) -> None:
        found, lost = injected.measure(
            self.context,
            self.release,
            self.environ,
            kernels=self.scale.kernels,
            extras=self.scale.extras,
            replicates=self.scale.replicates,
            sweeps=self.scale.sweeps,
            agenda=self.agenda,
        )
        self.console.print()
        for shown in injected.tables(found):
            self.console.print(shown)
        say(self.console, *(f"Missing: {each}" for each in lost))
        figures = injected.figures(found, lost)
        self._finish("injected", figures, injected.goals(found), injected.NOTES)

    def _overhead(self, pairs: list[pl.DataFrame]) -> None:
        scale = self.scale
        names = [self.release, *(f"{self.release} {n}" for n in range(2, scale.arms))]
        chosen = [self.cases[s] for s in scale.subjects_of_overhead if s in self.cases]
        with self.agenda.step("shares", f"overhead: a sweep of {scale.arms} arms"):
            swept = sweep(
                self.context,
                chosen,
                dict.fromkeys(names, self.environ),
                replicates=3,
                target=injected.TARGET,
                budget=scale.budget,
            )
        found = [overhead.shares(f"{scale.arms} arms, {len(chosen)} cases", swept.observations)]
        if pairs:
            label = f"2 arms, {len(self.cases)} cases: those of table 1"
            found.append(overhead.shares(label, pl.concat(pairs)))
        stored = read_machine(self.context.results, self.context.machine)
        if stored.height:
            found.append(overhead.shares("stored sweeps of this machine", stored))
        (lengths,) = Length.params
        with self.agenda.step("costs", "overhead: visits and single calls"):
            every = range(len(lengths))
            how = self.suite, self.environ
            visits = [overhead.visit_cost(*how, index, scale.sampling) for index in every]
            harnesses = [overhead.harness(*how, index, scale.sampling) for index in every]
        result = overhead.Overhead(found, visits, harnesses)
        self.console.print()
        for shown in overhead.tables(result):
            self.console.print(shown)
        say(self.console, *(f"Missing: {each}" for each in swept.lost))
        self._finish("overhead", result.figures(), overhead.goals(result), overhead.NOTES)

    def _continuity(self) -> None:
        found = continuity.measure(
            self.context,
            [self.cases[s] for s in self.scale.subjects_of_continuity if s in self.cases],
            self.environs,
            self.scale.continuity,
            self.agenda,
        )
        self.console.print()
        self.console.print(continuity.continuity_table(found))
        goals = continuity.goals(found)
        self._finish("continuity", continuity.figures(found), goals, continuity.NOTES)

    def _reuse(self) -> None:
        chosen = [self.cases[s] for s in self.scale.subjects_of_reuse if s in self.cases]
        with self.agenda.step("reuse", "reuse: new processes beside used ones"):
            found = reuse.measure_all(self.suite, chosen, self.environ, self.scale.lives, blocks=15)
        self.console.print()
        self.console.print(reuse.reuse_table(found))
        self._finish("reuse", reuse.figures(found), [], reuse.NOTES)

    def _finish(self, name: str, figures: dict[str, Any], goals: list[Goal], notes: str) -> None:
        """The notes and goals of a table, and its figures in the file."""
        say(self.console, notes, *goals)
        self.figures.save(name, figures, goals)
        say(self.console, f"All figures: {self.path}")


def _tables(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not names or set(names) - set(TABLES):
        raise click.BadParameter(f"choose from {', '.join(TABLES)}.")
    return names


@click.command()
@click.option(
    "--tables",
    default=",".join(TABLES),
    callback=_tables,
    show_default=True,
    help="Comma-separated.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    help="Of each comparison with asv, on a quiet and on a loaded machine; two minutes each. [6]",
)
@click.option("--quick", "is_quick", is_flag=True, help="A smoke run of two minutes.")
@click.option("--release", default=RELEASE, show_default=True, help="Every arm is this one.")
def main(tables: tuple[str, ...], repeats: int | None, is_quick: bool, release: str) -> None:
    """Measure how good mlx-asv's measurements are on this machine, beside asv's.

    Takes about 20 minutes. The machine should have nothing else to do: what disturbs it is part
    of the programme. Raw figures go to .asv/bench.json (those of --quick to bench-quick.json).
    """
    imports = time() - psutil.Process().create_time()
    checkout = Path.cwd()
    if not (checkout / "asv.conf.json").exists():
        raise click.ClickException("There is no asv.conf.json here: run this in a checkout.")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    scale = quick(repeats or 1) if is_quick else Scale(repeats or 6)
    began = monotonic()
    try:
        with exclusive("`python -m mlx_asv.bench`", checkout):
            suite = Suite(checkout)
            context = Context(
                suite=suite,
                description=suite.machine(None),
                command=shlex.join(["python", "-m", "mlx_asv.bench", *sys.argv[1:]]),
                checkout=checkout,
                console=console,
            )
            path = context.state / ("bench-quick.json" if is_quick else "bench.json")
            Bench(context, release, scale, path).run(tables, imports)
    except (SuiteError, AskedError, AnotherSweep, AsvFailed, ObservationsError) as error:
        raise click.ClickException(str(error)) from error
    say(console, f"Took {duration(monotonic() - began)}")


if __name__ == "__main__":
    main()
