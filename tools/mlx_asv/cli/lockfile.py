"""`mlx-asv releases`: what can be installed here, and keeping the lock file up to date."""

import re
import subprocess
from pathlib import Path

import click
from rich.console import Console

from mlx_asv.releases.builds import installable
from mlx_asv.releases.lock import Lock
from mlx_asv.releases.report import print_report
from mlx_asv.releases.update import UpdateError, index_wheels, updated, upstream_tags

from .checkout import MEASURING_PYTHON, in_checkout, load, one_sentence, target_here
from .options import this_machine

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


package_option = click.option("--package", help="Whose lock file, <package>.lock.json. [mlx]")


def _version(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"\d+\.\d+", value):
        raise click.BadParameter(f"{value!r} is no CPython version such as {MEASURING_PYTHON}.")
    return value


@click.group(invoke_without_command=True)
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
        lock = load(package or "mlx")
        print_report(lock, target_here(lock, python), Console(soft_wrap=False))


@releases.command()
@this_machine
def new(machine: str | None) -> None:
    """Print the releases that can be installed here and appeared since this machine was measured.

    A line each; of a machine that was never measured the two newest. `mlx-asv sweep` takes them.
    """
    from mlx_asv.asv_edge import commands
    from mlx_asv.asv_edge.stored import Project
    from mlx_asv.asv_edge.suite import SuiteError
    from mlx_asv.engine.unmeasured import unmeasured
    from mlx_asv.observations.store import ObservationsError, read_machine

    in_checkout()
    with one_sentence(SuiteError, ObservationsError):
        project = Project.here()
        observed = read_machine(project.results, machine or commands.this_machine())
    measured = set(observed["release"].unique())
    for tag in unmeasured(
        [*installable(project.lock, target_here(project.lock, MEASURING_PYTHON))], measured
    ):
        click.echo(tag)


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
        lock = load(package)
    elif package == "mlx":
        lock = NEW_MLX_LOCK
    else:
        lock = Lock(
            package=package,
            module=module or package.replace("-", "_"),
            upstream=upstream,
            builds={},
            standalone={},
            releases=(),
        )
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
    with one_sentence(UpdateError):
        new, changed = updated(lock, tags, index_wheels, accept_changed)
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
