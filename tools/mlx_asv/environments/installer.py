"""Installs a revision: makes an overlay of it, and the environment variables of its processes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlx_asv.releases.builds import NotInstallable, Target, wheels_for
from mlx_asv.releases.lock import Lock
from mlx_asv.revision import Files, Locked, Revision, Tree

from . import overlay, source
from .activation import activated
from .overlay import Overlay, OverlayError

#: What asv calls the revision that a benchmark's process imports.
COMMIT_VARIABLE = "ASV_COMMIT"


def _silent(text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Installed:
    """A revision with its overlay, and the environment variables of its processes."""

    revision: Revision
    overlay: Overlay
    environ: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Installer:
    """Installs revisions beside each other, for the Python of one virtualenv.

    `python`: the virtualenv's interpreter. `state`: the directory that holds the overlays and
    the builds of source trees. `base`: the environment variables that the processes of all
    revisions have. `conditions`: those that fix how they are measured.
    """

    lock: Lock
    target: Target
    python: Path
    state: Path
    base: Mapping[str, str] = field(repr=False)
    conditions: Mapping[str, str]

    def install(self, revision: Revision, tell: Callable[[str], None] = _silent) -> Installed:
        """Install a revision, unless it is installed already.

        `tell` hears how long a build has taken. Raises OverlayError, or BuildError for a source
        tree.
        """
        match revision.source:
            case Locked(tag):
                made = self._release(tag)
            case Files(paths):
                made = self._files(revision.label, paths)
            case Tree() as tree:
                wheels = source.build(tree, str(self.python), self.state / "builds", tell)
                made = self._files(revision.label, wheels)
        environ = activated(
            made, {**self.base, **self.conditions}, self.virtualenv, self.target.build
        )
        return Installed(revision, made, {**environ, COMMIT_VARIABLE: revision.label})

    @property
    def virtualenv(self) -> Path:
        """The directory of the virtualenv."""
        return self.python.parent.parent

    @property
    def overlays(self) -> Path:
        """The directory of the overlays."""
        return self.state / "overlays"

    def _release(self, tag: str) -> Overlay:
        release = self.lock.by_tag[tag]
        try:
            wheels = wheels_for(self.lock, release, self.target)
        except NotInstallable as error:
            raise OverlayError(f"{tag} cannot be installed: {error}.") from error
        return overlay.install(self.lock, release, wheels, self.target, self.python, self.overlays)

    def _files(self, label: str, wheels: Sequence[Path]) -> Overlay:
        return overlay.install_files(
            label, wheels, self.lock.module, self.target, self.python, self.overlays
        )
