"""What is measured of a suite: revisions, which are installed, and cases that can be compared."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from rich.console import Console

from mlx_asv.asv_edge.errors import NothingSelected
from mlx_asv.asv_edge.listing import Listing
from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.environments.installer import Installed
from mlx_asv.job import Case
from mlx_asv.revision import Revision
from mlx_asv.terminal import say


def install_all(
    suite: Suite, revisions: Iterable[Revision], reference: Revision, console: Console
) -> list[Installed]:
    """Install the revisions, and return them in their order; leave out what cannot be installed.

    Raises SuiteError where that is the reference.
    """
    installed = []
    for revision in revisions:
        try:
            installed.append(suite.install(revision, partial(say, console)))
        except SuiteError as error:
            if revision == reference:
                raise
            say(console, f"Left out: {error}")
    return installed


def environs_of(installed: Iterable[Installed]) -> dict[str, Mapping[str, str]]:
    """The environment variables of the processes of each revision, by label."""
    return {each.revision.label: each.environ for each in installed}


def contents_of(installed: Iterable[Installed]) -> tuple[str, ...]:
    """The names of the overlays of installed revisions: they tell two builds of a label apart."""
    return tuple(each.overlay.path.name for each in installed)


def beside_controls(
    listing: Listing, controls: frozenset[str], backends: Sequence[str]
) -> list[Case]:
    """The cases of a comparison of two revisions, as one of them lists them, on these backends, or
    on all; whichever are asked for, the controls are measured beside them."""
    wanted = [*backends, *controls] if backends else []
    return comparable(listing.selected(wanted), controls)


def comparable(cases: Sequence[Case], controls: frozenset[str]) -> list[Case]:
    """The cases with a backend that changes with the release: of controls alone nothing follows."""
    found = [case for case in cases if set(case.backends) - controls]
    if not found:
        raise NothingSelected(
            "Only controls are selected, which do not change with the release. "
            "Select a backend of the package as well."
        )
    return found
