"""The command line, ``mlx-asv``: what asv cannot do, and asv's own commands beside it."""

import re
import subprocess
import sys
from collections.abc import Callable
from math import log1p
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
from rich.console import Console

from tools.asv_edge.commands import ASV_COMMANDS, asv, selected
from tools.releases.builds import NotInstallable, Target, choose_build, installable
from tools.releases.lock import Lock, LockError
from tools.releases.ranges import RangeError, resolve
from tools.releases.report import print_report
from tools.releases.update import UpdateError, index_wheels, updated, upstream_tags
from tools.tour import run_tour, spread

F = TypeVar("F", bound=Callable[..., Any])

#: The Python that releases are measured with.
MEASURING_PYTHON = "3.11"

#: The change that matters when a sweep is confirmed, and the part of its budget that this gets.
CHANGE, CONFIRMING = 0.03, 1 / 3

#: The status of a command that could not measure all that it was asked for.
NOT_MEASURED = 3

#: What a lock of MLX starts from: its builds and the packages that carry them.
NEW_MLX_LOCK = Lock(
    package="mlx",
    module="mlx.core",
    upstream="https://github.com/ml-explore/mlx",
    builds={
        "metal": ("mlx-metal",),
        "cpu": ("mlx-cpu",),
        "cuda12": ("mlx-cuda-12", "mlx-cuda"),
        "cuda13": ("mlx-cuda-13",),
    },
    standalone={"metal": "macosx", "cpu": "linux"},
    releases=(),
)


class Cli(click.Group):
    """Our commands, and asv's under their own names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours first."""
        return [*super().list_commands(ctx), *ASV_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Ours, or a command that hands everything to asv."""
        if cmd_name not in ASV_COMMANDS:
            return super().get_command(ctx, cmd_name)

        @click.command(
            cmd_name,
            short_help=f"asv {cmd_name}",
            add_help_option=False,
            context_settings={"ignore_unknown_options": True},
        )
        @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
        def forward(arguments: tuple[str, ...]) -> None:
            sys.exit(asv(cmd_name, *arguments))

        return forward


@click.group(cls=Cli)
@click.version_option(package_name="mlx-asv")
def main() -> None:
    """Track the performance of MLX across its releases."""


package_option = click.option("--package", help="Whose lock file, <package>.lock.json. [mlx]")


def _in_checkout() -> None:
    if not Path("asv.conf.json").exists():
        raise click.ClickException("There is no asv.conf.json here: run this in a checkout.")


def _target(lock: Lock, python: str) -> Target:
    try:
        return Target(python, choose_build(lock))
    except NotInstallable as error:
        raise click.ClickException(str(error)) from error


def _load(package: str) -> Lock:
    try:
        return Lock.load(Path(f"{package}.lock.json"))
    except LockError as error:
        raise click.ClickException(str(error)) from error


def _version(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"\d+\.\d+", value):
        raise click.BadParameter(f"{value!r} is no CPython version such as {MEASURING_PYTHON}.")
    return value


@main.group(invoke_without_command=True)
@package_option
@click.option(
    "--python",
    default=MEASURING_PYTHON,
    callback=_version,
    show_default=True,
    help="CPython version.",
)
@click.pass_context
def releases(ctx: click.Context, package: str | None, python: str) -> None:
    """List the releases that can be installed here, and why the rest cannot."""
    ctx.obj = package
    if ctx.invoked_subcommand is None:
        lock = _load(package or "mlx")
        print_report(lock, _target(lock, python), Console(soft_wrap=False))


@releases.command()
@package_option
@click.option("--upstream", help="Repository with the tags: a URL or a local clone.")
@click.option("--module", help="What to import to ask for the version (new lock files only).")
@click.option(
    "--accept-changed", is_flag=True, help="Take over wheels whose hash on the index has changed."
)
@click.pass_obj
def update(
    group_package: str | None,
    package: str | None,
    upstream: str | None,
    module: str | None,
    accept_changed: bool,
) -> None:
    """Refresh the lock file: upstream's tags, and the wheels on the package index."""
    package = package or group_package or "mlx"
    path = Path(f"{package}.lock.json")
    if path.exists():
        lock = _load(package)
    elif package == "mlx":
        lock = NEW_MLX_LOCK
    else:
        lock = Lock(package, module or package.replace("-", "_"), upstream, {}, {}, ())
    tags = None
    if repository := upstream or lock.upstream:
        try:
            tags = upstream_tags(repository)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            detail = getattr(error, "stderr", None) or str(error)
            click.echo(
                f"Upstream's tags could not be read from {repository} "
                f"({detail.strip().splitlines()[-1]}): those in the lock stay. "
                "--upstream names another copy of the repository."
            )
    try:
        new, changed = updated(lock, tags, index_wheels, accept_changed)
    except UpdateError as error:
        raise click.ClickException(str(error)) from error
    new.save(path)
    before, after = ({r.tag for r in each.releases} for each in (lock, new))
    wheels = [sum(len(r.wheels) for r in each.releases) for each in (lock, new)]
    click.echo(
        f"{path}: {len(after)} releases ({len(after - before)} new), "
        f"{wheels[1]} wheels ({wheels[1] - wheels[0]} new)"
    )
    if changed and not accept_changed:
        raise click.ClickException(
            f"The index offers other contents than the lock for {', '.join(changed)}. They were "
            "left as they are, and installing them will fail. --accept-changed takes them over."
        )


@main.command()
@click.argument("range", default="v0.5.0..HEAD")
@click.option("-b", "--bench", default="@tour", show_default=True, help="As for asv run.")
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="How many releases of the range.",
)
@click.option("--again", is_flag=True, help="Measure what an earlier tour has measured, too.")
def tour(range: str, bench: str, count: int, again: bool) -> None:
    """Measure a few releases spread over RANGE, publish, and show the largest slowdowns."""
    lock = _load("mlx")
    target = _target(lock, MEASURING_PYTHON)
    try:
        chosen = resolve(lock, range)[::-1]
    except RangeError as error:
        raise click.ClickException(str(error)) from error
    here = installable(lock, target)
    tags = [release.tag for release in chosen if release.tag in here]
    if not tags:
        raise click.ClickException(
            f"No release in {range} has a {target.build} wheel for {target}: "
            "`mlx-asv releases` lists those that do."
        )
    _in_checkout()
    if bench.startswith("@"):
        try:
            selected(bench)
        except LookupError as error:
            raise click.ClickException(str(error)) from error
    sys.exit(run_tour(lock, spread(tags, count), bench, again, Console()))


class Unusable(click.ClickException):
    """A gate that could not be run: neither open nor shut."""

    exit_code = 2


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


class Decorator(Protocol):
    """What click.option returns."""

    def __call__(self, command: F, /) -> F:
        """The command with one option more."""


def _budget(default: str, help: str = "Wall time for all of it.") -> Decorator:
    return click.option("--budget", type=Duration(), default=default, show_default=True, help=help)


def _threshold(default: str, help: str) -> Decorator:
    return click.option(
        "--threshold", type=Percentage(), default=default, show_default=True, help=help
    )


this_machine = click.option("--machine", help="Another of asv's names for this machine.")


def _names(text: str) -> tuple[str, ...]:
    """What is between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


@main.command()
@click.argument("range")
@click.option("-b", "--bench", multiple=True, help="As for asv run; may be repeated.")
@click.option("--tour", "the_tour", is_flag=True, help="The cases of the tour: -b @tour.")
@click.option("--backends", default="", help="Comma-separated; all if left out.")
@click.option(
    "--replicates",
    type=click.IntRange(min=3),
    default=3,
    show_default=True,
    help="Lives of the processes that every arm gets; wide ones get more while time is left.",
)
@_budget("90m")
@click.option(
    "--target",
    type=Percentage(),
    default="1%",
    show_default=True,
    help="Half-width of a 95 % interval that is narrow enough.",
)
@click.option(
    "--longest",
    type=Duration(),
    default="1000h",
    help="Leave out the cases of which one call takes longer than this on the reference.",
)
@click.option("--reference", help="The release all others are compared with. [the newest]")
@this_machine
@click.option(
    "--confirm",
    "confirms",
    is_flag=True,
    help="Keep a third of the budget to measure what it finds slower or faster afresh.",
)
def sweep(
    range: str,
    bench: tuple[str, ...],
    the_tour: bool,
    backends: str,
    replicates: int,
    budget: float,
    target: float,
    longest: float,
    reference: str | None,
    machine: str | None,
    confirms: bool,
) -> None:
    """Measure the releases in RANGE next to each other, in interleaved random blocks.

    An interrupted sweep goes on with the same command.
    """
    # Not for every command: polars and scipy take a second to import.
    from tools.sweep.command import ERRORS, Options
    from tools.sweep.command import sweep as run_sweep

    _in_checkout()
    patterns = (*bench, *(["@tour"] if the_tour else []))
    kept = budget * CONFIRMING if confirms else 0.0
    options = Options(
        *(range, patterns, _names(backends), replicates, budget - kept),
        *(target, longest, machine, reference),
    )
    try:
        run_sweep(options, Console())
    except ERRORS as error:
        raise click.ClickException(str(error)) from error
    if confirms:
        _confirm(None, CHANGE, kept, machine)


@main.command()
@click.option("--machine", help="Print this machine's only; files hold all.")
@_threshold("3%", "Smaller changes do not matter.")
@click.option(
    "--observations",
    type=click.Path(path_type=Path),
    help="Parquet that others recorded, as docs/observations.md says; needs --out.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where their verdicts go: .parquet or .json."
)
def verdicts(
    machine: str | None, threshold: float, observations: Path | None, out: Path | None
) -> None:
    """Say which release made what slower or faster, from all that sweeps have observed."""
    from tools.asv_edge.suite import SuiteError
    from tools.observations.store import ObservationsError
    from tools.verdicts.accepted import AcceptedError
    from tools.verdicts.command import FORMATS, of_others, of_this_suite
    from tools.verdicts.rule import Rule

    rule, console = Rule(threshold=log1p(threshold)), Console()
    if (observations is None) != (out is None):
        raise click.UsageError("--observations and --out go together.")
    if out is not None and out.suffix not in FORMATS:
        raise click.UsageError(f"--out {out}: its name must end in {' or '.join(FORMATS)}.")
    try:
        if observations is not None and out is not None:
            of_others(observations, machine, out, rule, console)
        else:
            _in_checkout()
            of_this_suite(machine, rule, console)
    except (SuiteError, ObservationsError, AcceptedError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"The verdicts could not be written: {error}.") from error


@main.command()
@click.argument("benchmark", required=False)
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option(
    "--backends", default="", help="Comma-separated; all if left out. Controls are always there."
)
@_threshold("3%", "The change that matters.")
@_budget("10m")
@this_machine
def confirm(
    benchmark: str | None,
    before: str | None,
    after: str | None,
    backends: str,
    threshold: float,
    budget: float,
    machine: str | None,
) -> None:
    """Measure releases afresh, two by two, until it is decided which is slower.

    Without arguments: all that this machine's sweeps have found slower or faster. With them: the
    releases BEFORE and AFTER on what matches BENCHMARK (as asv run -b does). Interrupted, it goes
    on with the same command. The status is 3 if something could not be measured.
    """
    _in_checkout()
    if benchmark is None:
        if backends:
            raise click.UsageError("--backends goes with BENCHMARK BEFORE AFTER.")
        _confirm(None, threshold, budget, machine)
    elif before is None or after is None:
        raise click.UsageError("A BENCHMARK goes with the releases BEFORE and AFTER.")
    else:
        _confirm((benchmark, before, after, _names(backends)), threshold, budget, machine)


def _confirm(
    pair: tuple[str, str, str, tuple[str, ...]] | None,
    threshold: float,
    budget: float,
    machine: str | None,
) -> None:
    """Confirm a pair, or all candidates; ends with NOT_MEASURED if something was not measured."""
    from tools.confirm.command import Asked, Options, confirm_asked, confirm_doubtful
    from tools.sweep.command import ERRORS
    from tools.verdicts.accepted import AcceptedError

    options, console = Options(threshold, budget, machine), Console()
    try:
        if pair is None:
            parts = confirm_doubtful(options, console)
        else:
            parts = [confirm_asked(Asked(*pair), options, console)]
    except (*ERRORS, AcceptedError) as error:
        raise click.ClickException(str(error)) from error
    if any(finding.decision is None for part in parts for finding in part.values()):
        sys.exit(NOT_MEASURED)


@main.command()
@click.argument("base")
@click.argument("head")
@click.option(
    "-b",
    "--bench",
    multiple=True,
    help="As for asv run; may be repeated. [@tour]",
)
@click.option("--backends", default="", help="Comma-separated; all if left out.")
@_threshold("5%", "A smaller slowdown may pass.")
@_budget("10m", "Wall time to measure.")
@click.option("--strict", is_flag=True, help="Status 4 if something stays inconclusive.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write a summary there.")
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="Write all of it there.")
@this_machine
def gate(
    base: str,
    head: str,
    bench: tuple[str, ...],
    backends: str,
    threshold: float,
    budget: float,
    strict: bool,
    markdown: Path | None,
    as_json: Path | None,
    machine: str | None,
) -> None:
    """Say whether HEAD is slower than BASE: two releases, wheel files or source trees.

    A release is its tag; wheel files are a path, several with commas, or a directory of them; a
    source tree is a checkout DIR, or DIR@REF. Status: 0 nothing slower, 1 slower, 2 it cannot be
    run, 3 something could not be measured, 4 inconclusive (with --strict).
    """
    from tools.environments.source import BuildError
    from tools.gate.command import Options
    from tools.gate.command import gate as run_gate
    from tools.gate.sides import SideError
    from tools.sweep.command import ERRORS

    patterns = bench or ("@tour",)
    options = Options(
        *(base, head, patterns, _names(backends), threshold, budget, strict),
        *(markdown, as_json, machine),
    )
    try:
        _in_checkout()
        status = run_gate(options, Console())
    except (*ERRORS, SideError, BuildError, click.ClickException, OSError) as error:
        raise Unusable(str(error)) from error
    sys.exit(status)


@main.command()
@click.argument("benchmark")
@click.argument("case")
@click.argument("backend")
@click.argument("release")
@click.option("--machine", help="Of this machine only; of all if left out.")
@_threshold("3%", "As for mlx-asv verdicts.")
@click.option(
    "--script", "out", type=click.Path(path_type=Path), help="Write the script into this file."
)
def explain(
    benchmark: str,
    case: str,
    backend: str,
    release: str,
    machine: str | None,
    threshold: float,
    out: Path | None,
) -> None:
    """Show why RELEASE has the verdict it has on BENCHMARK, CASE and BACKEND.

    All replicates, the controls, the A/A arm, what else moved; and a script that measures the two
    releases on another machine.
    """
    from tools.asv_edge.suite import SuiteError
    from tools.explain.command import explain as run_explain
    from tools.observations.store import ObservationsError
    from tools.verdicts.accepted import AcceptedError
    from tools.verdicts.rule import Rule

    _in_checkout()
    rule = Rule(threshold=log1p(threshold))
    try:
        run_explain(benchmark, case, backend, release, machine, rule, out, Console())
    except (SuiteError, ObservationsError, AcceptedError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"The script could not be written: {error}.") from error


@main.command()
@_budget("40m")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/calibration"),
    show_default=True,
    help="Where the report goes, named after the machine.",
)
@click.option("--release", default="HEAD", help="What is measured. [the newest]")
@click.option("--kernels", default="", help="Comma-separated; all if left out.")
@this_machine
def calibrate(budget: float, out: Path, release: str, kernels: str, machine: str | None) -> None:
    """Measure how often the verdicts of this machine are wrong, and what they find.

    Histories of one release that is slowed down on purpose, judged by the tool's rule, by asv's
    and by Otava's. Interrupted, it goes on with the same command.
    """
    from tools.calibrate.command import Options
    from tools.calibrate.command import calibrate as run_calibrate
    from tools.calibrate.rivals import RivalError
    from tools.sweep.command import ERRORS

    _in_checkout()
    options = Options(budget, out, release, machine, kernels=_names(kernels))
    try:
        run_calibrate(options, Console())
    except (*ERRORS, RivalError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--machine", help="A measured or a published one. [this, or the only measured one]")
@click.option("--release", help="Of MLX. [the newest that was measured]")
@click.option("--environment", help="A part of its name, where a release was measured in several.")
@click.option("--document", help="A published document, by its name in results/published.")
@click.option("--average", is_flag=True, help="A row for each operation, with its average.")
@click.option(
    "--honest", is_flag=True, help="Add the interval of every speedup, and what is no difference."
)
@click.option("--models", is_flag=True, help="The four tables of models in place of operations.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["markdown", "csv", "json"]),
    default="markdown",
    show_default=True,
)
def table(
    machine: str | None,
    release: str | None,
    environment: str | None,
    document: str | None,
    average: bool,
    honest: bool,
    models: bool,
    style: str,
) -> None:
    """Print mlx-benchmark's table of what was measured on a machine, or published of it."""
    from tools.asv_edge.suite import SuiteError
    from tools.observations.store import ObservationsError
    from tools.published.store import PublishedError
    from tools.tables.command import Options, tables
    from tools.tables.model import TableError
    from tools.tables.render import render_all

    _in_checkout()
    options = Options(machine, release, environment, document, average, honest, models)
    try:
        found = tables(options, _load("mlx"))
    except (
        TableError,
        PublishedError,
        ObservationsError,
        SuiteError,
        RangeError,
        LookupError,
    ) as error:
        raise click.ClickException(str(error)) from error
    click.echo(render_all(found, style), nl=False)
    for note in dict.fromkeys(note for each in found for note in each.notes):
        click.echo(note, err=True)


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


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Of the document in results/published. [the file's]")
@click.option("--title", help="What the document is. [the file's name]")
@click.option("--machine", help="What all of it was measured on, whatever the document says.")
@click.option("--release", help="Of MLX, likewise.")
@click.option(
    "--wrong",
    type=Lines(),
    multiple=True,
    help="A line whose numbers are not what they claim, and why; may be repeated.",
)
def import_(
    file: Path,
    name: str | None,
    title: str | None,
    machine: str | None,
    release: str | None,
    wrong: tuple[tuple[int, str], ...],
) -> None:
    """Import numbers that others published: the tables in FILE of mlx-benchmark's form.

    A row that cannot be read is refused with its line, and then nothing is imported.
    """
    from tools.asv_edge.stored import Project
    from tools.asv_edge.suite import SuiteError
    from tools.published.command import Options, import_document
    from tools.published.store import PublishedError
    from tools.published.text import Place

    _in_checkout()
    options = Options(name, title, Place(machine, release), dict(wrong))
    try:
        import_document(file, options, Project.here().results, _load("mlx"), Console())
    except (PublishedError, SuiteError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"The document could not be written: {error}.") from error


@main.command()
@click.option("--machine", help="One of the machines in results/. [all that have measured it]")
@click.option("--release", help="Of MLX. [the newest that was measured]")
def dispatch(machine: str | None, release: str | None) -> None:
    """Put what small products and single operations cost into docs/dispatch.md, with plots."""
    from tools.asv_edge.commands import stored_points
    from tools.dispatch.drawing import DrawingError
    from tools.dispatch.figures import NoFigures, figures
    from tools.dispatch.page import PageError, write

    _in_checkout()
    order = [each.tag for each in _load("mlx").releases]
    try:
        for path in write(figures(stored_points(), order, machine, release)):
            click.echo(path)
    except (NoFigures, PageError, DrawingError) as error:
        raise click.ClickException(str(error)) from error
