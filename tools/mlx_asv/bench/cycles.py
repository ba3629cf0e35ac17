"""Whether simulated caches and branches rank slowdowns better than instructions alone.

``python -m mlx_asv.bench.cycles`` counts, on both releases of each step that fresh replicates have
confirmed in time, the estimated cycles of a call, and prints the rank correlation (Spearman's) of
time with cycles, and with instructions, over the same steps. Interrupted, it goes on with the same
command.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import polars as pl
from rich.console import Console
from rich.progress import track
from scipy.stats import spearmanr  # type: ignore[import-untyped]

from mlx_asv.analysis.results import Results, analysed
from mlx_asv.asv_edge.suite import Suite
from mlx_asv.count.effort import Effort
from mlx_asv.facts import Facts
from mlx_asv.job import Arm
from mlx_asv.measurement.counting import Counters, counted
from mlx_asv.measurement.valgrind import EstimatedCycles, valgrind
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.terminal import say
from mlx_asv.verdicts.rule import Rule

from . import lines

#: Columns of the steps: what identifies one, the two effects that are known, and seconds of a call.
STEP = ("benchmark", "case", "backend", "before", "after")
#: Estimated cycles of a call of a case, on a backend and a release.
VALUES = pl.Schema({**dict.fromkeys((*STEP[:3], "release"), pl.String()), "cycles": pl.Float64()})

#: Fewer steps have no ranks to speak of.
FEWEST_RANKED = 3


@click.command()
@click.option("--machine", required=True, help="Whose results are read.")
@click.option("--longest", default=0.02, show_default=True, help="Seconds of the longest call.")
@click.option("--out", type=click.Path(path_type=Path), default=Path(".asv/cycles.jsonl"))
def main(machine: str, longest: float, out: Path) -> None:
    """Count cycles of the confirmed steps of time, and print the correlations."""
    console, suite = Console(), Suite(Path.cwd())
    steps = confirmed_steps(suite, machine).filter(pl.col("seconds") <= longest)
    done: dict[Key, float] = {tuple(key): value for *key, value in lines.read(out)}
    arms = {
        (row["benchmark"], row["case"], row["backend"], row[side]): row["seconds"]
        for row in steps.iter_rows(named=True)
        for side in ("before", "after")
    }
    for release in track(sorted({key[3] for key in arms}), "cycles", console=console):
        wanted = {key: s for key, s in arms.items() if key[3] == release and key not in done}
        for key, value in _cycles(suite, release, wanted).items():
            done[key] = value
            lines.add(out, [*key, value])
    values = pl.DataFrame(
        [(*key, value) for key, value in done.items()],
        schema=VALUES,
        orient="row",
    )
    report(steps, values, console)


#: A case on a backend and a release.
Key = tuple[str, str, str, str]


def confirmed_steps(suite: Suite, machine: str) -> pl.DataFrame:
    """The steps of time that fresh replicates have confirmed, where instructions were counted, too:
    STEP, the two effects (logarithms) and the seconds of a call."""
    facts = Facts(Path(suite.directory))
    results = Results(suite.results, suite.state, suite.order(), facts)
    found = analysed(results, machine, Rule())
    seconds = (
        found.series.filter(metric=TIME.name)
        .group_by(*STEP[:3])
        .agg(pl.col("raw").median().alias("seconds"))
    )
    known = pl.col("instructions_effect").is_not_null()
    return (
        found.readings.filter("confirmed", known)
        .join(seconds, on=STEP[:3])
        .select(*STEP, "time_effect", "instructions_effect", "seconds")
    )


def _cycles(suite: Suite, release: str, wanted: dict[Key, float]) -> dict[Key, float]:
    """Estimated cycles of a call of each case on a release; what cannot be counted is left out."""
    if not wanted:
        return {}
    installed = suite.install(suite.asker.one(release, "release"))
    cases = {case.subject: case for case in suite.listing(installed, save=False).selected()}
    plain, found = valgrind(), {}
    with (
        TemporaryDirectory() as logs,
        Counters(
            EstimatedCycles(plain.path, plain.version, plain.before),
            suite.python,
            suite.directory,
            Path(logs),
            environs={release: installed.environ},
            modules=suite.changing_modules,
        ) as counters,
    ):
        for key, seconds in wanted.items():
            arm = Arm(key[2], release, "reference")
            job = Effort({arm.backend: seconds}).job(cases[key[0], key[1]], (arm,))
            (of_it,) = counted(job, counters, jobs=1, tell=lambda text: None)
            if of_it.outcome == "ok":
                found[key] = sum(of_it.values) / len(of_it.values)
    return found


def report(steps: pl.DataFrame, cycles: pl.DataFrame, console: Console) -> None:
    """Print how many of the steps were counted, and how they rank beside time.

    `steps`: as `confirmed_steps` has them. `cycles`: VALUES.
    """
    both = steps
    for side in ("before", "after"):
        both = both.join(
            cycles.rename({"release": side, "cycles": f"cycles_{side}"}), on=(*STEP[:3], side)
        )
    ratio = pl.col("cycles_after") / pl.col("cycles_before")
    both = both.with_columns(ratio.log().alias("cycles"))
    say(console, f"{both.height} of {steps.height} confirmed steps were counted")
    if both.height < FEWEST_RANKED:
        return
    for name, column in ((INSTRUCTIONS.name, "instructions_effect"), ("cycles", "cycles")):
        time, other = both["time_effect"].to_numpy(), both[column].to_numpy()
        found = spearmanr(time, other)
        same = float((time * other > 0).mean())
        say(
            console,
            f"Time with {name}: Spearman {found.statistic:+.2f} (p = {found.pvalue:.1g}); "
            f"in the same direction {same:.0%}",
        )


if __name__ == "__main__":
    main()
