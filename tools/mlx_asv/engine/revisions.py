"""The revisions of a run, installed: those that were asked for, and the reference beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlx_asv.environments.installer import Installed
from mlx_asv.observations.store import directory
from mlx_asv.revision import Revision, in_order

from .context import Context
from .reference import choose_reference
from .selection import contents_of, environs_of, install_all


@dataclass(frozen=True)
class Revisions:
    """Those that could be installed, the earliest first."""

    installed: Sequence[Installed]
    reference: Revision

    @property
    def labels(self) -> tuple[str, ...]:
        """In their order."""
        return tuple(each.revision.label for each in self.installed)

    @property
    def of_reference(self) -> Installed:
        """The reference as it is installed."""
        (found,) = (each for each in self.installed if each.revision == self.reference)
        return found

    @property
    def environs(self) -> Mapping[str, Mapping[str, str]]:
        """The environment variables of the processes of each, by label."""
        return environs_of(self.installed)

    @property
    def contents(self) -> tuple[str, ...]:
        """The names of their overlays."""
        return contents_of(self.installed)

    @property
    def of_releases(self) -> bool:
        """Whether all are releases, and what is measured so a part of their history."""
        return all(each.revision.is_release for each in self.installed)

    def folder(self, context: Context) -> Path:
        """Where observations of them belong: those of releases to the results of the machine, those
        of wheel files and source trees apart."""
        return directory(context.results, context.machine) if self.of_releases else context.apart


def install(context: Context, chosen: Sequence[Revision], reference: str | None) -> Revisions:
    """Install the chosen revisions and their reference: see `choose_reference`, `install_all`."""
    found = choose_reference(context, chosen, reference)
    wanted = in_order({*chosen, found})
    return Revisions(install_all(context.suite, wanted, found, context.console), found)
