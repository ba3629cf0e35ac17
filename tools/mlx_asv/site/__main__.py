"""``python -m mlx_asv.site --out DIR``: our pages, from the results in this directory."""

from pathlib import Path

import click

from mlx_asv.asv_edge.stored import Project
from mlx_asv.asv_edge.suite import SuiteError
from mlx_asv.terminal import from_here

from .build import PAGES, SiteError, build


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where they go. [asv's html_dir]",
)
def main(out: Path | None) -> None:
    """Write our pages from the results of this checkout. `asv publish` does so, too."""
    try:
        project = Project.here()
        out = out or project.html
        found = build(project, out)
    except (SuiteError, SiteError) as error:
        raise click.ClickException(str(error)) from error
    page = from_here(out / next(iter(PAGES)))
    click.echo(f"Machines: {len(found)}. Page: {page}")


if __name__ == "__main__":
    main()
