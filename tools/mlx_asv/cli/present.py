"""Tables and pages of what was measured or published: `table`, `import` and `dispatch`."""

from pathlib import Path

import click
from rich.console import Console

from mlx_asv.releases.ranges import RangeError

from .checkout import in_checkout, load, one_sentence
from .options import LINE


@click.command()
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
    from mlx_asv.analysis.command import ERRORS
    from mlx_asv.asv_edge.stored import Project
    from mlx_asv.asv_edge.suite import SuiteError
    from mlx_asv.published.store import PublishedError
    from mlx_asv.tables.command import Options, tables
    from mlx_asv.tables.model import TableError
    from mlx_asv.tables.render import render_all

    in_checkout()
    options = Options(
        machine=machine,
        release=release,
        environment=environment,
        document=document,
        average=average,
        honest=honest,
        models=models,
    )
    with one_sentence(TableError, PublishedError, *ERRORS, SuiteError, RangeError, LookupError):
        found = tables(options, Project.here())
    click.echo(render_all(found, style), nl=False)
    for note in dict.fromkeys(note for each in found for note in each.notes):
        click.echo(note, err=True)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Of the document in results/published. [the file's]")
@click.option("--title", help="What the document is. [the file's name]")
@click.option("--machine", help="What all of it was measured on, whatever the document says.")
@click.option("--release", help="Of MLX, likewise.")
@click.option(
    "--wrong",
    type=LINE,
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
    from mlx_asv.asv_edge.stored import Project
    from mlx_asv.asv_edge.suite import SuiteError
    from mlx_asv.published.command import Options, import_document
    from mlx_asv.published.store import PublishedError
    from mlx_asv.published.text import Stated

    in_checkout()
    options = Options(name, title, Stated(machine, release), dict(wrong))
    with (
        one_sentence(PublishedError, SuiteError),
        one_sentence(OSError, about="The document could not be written"),
    ):
        import_document(file, options, Project.here().results, load("mlx"), Console())


@click.command()
@click.option("--machine", help="One of the machines in results/. [all that have measured it]")
@click.option("--release", help="Of MLX. [the newest that was measured]")
def dispatch(machine: str | None, release: str | None) -> None:
    """Put what small products and single operations cost into docs/dispatch.md, with plots."""
    from mlx_asv.asv_edge.stored import Project
    from mlx_asv.asv_edge.suite import SuiteError
    from mlx_asv.dispatch.drawing import DrawingError
    from mlx_asv.dispatch.figures import NoFigures, figures
    from mlx_asv.dispatch.page import PAGE, PageError, write

    in_checkout()
    with one_sentence(SuiteError, NoFigures, PageError, DrawingError):
        project = Project.here()
        stored, describe = project.stored(), project.describe
        found = figures(stored, project.order, project.facts, describe, machine, release)
        for path in write(found, Path(PAGE)):
            click.echo(path)
