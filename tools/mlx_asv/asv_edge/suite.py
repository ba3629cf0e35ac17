"""An asv suite opened to be measured: its environment, what is installed for it, what it lists."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asv.benchmarks import Benchmarks
from asv.console import log
from asv.environment import EnvironmentUnavailable, get_environments
from asv.machine import MachineCollection
from asv.util import UserError

from mlx_asv.environments.asked import Asker
from mlx_asv.environments.installer import Installed
from mlx_asv.environments.overlay import OverlayError
from mlx_asv.environments.source import BuildError
from mlx_asv.facts import Facts, FactsError
from mlx_asv.revision import Revision

from .commands import ensure_machine
from .conf import directory_of, import_plugins, load_conf
from .environment import InstallError, VirtualenvOverlay
from .errors import SuiteError as SuiteError
from .listing import Listing
from .repo import PyPIReleases

#: What to say of a suite that cannot be swept.
NEEDS = (
    'A sweep needs "repo": "pypi:PACKAGE" and one environment of "environment_type": '
    '"virtualenv-overlay" in asv.conf.json: only overlays can be alive side by side.'
)


@dataclass(frozen=True)
class Settings:
    """What a sweep must know of a suite, from its facts and ``"sweep"`` in asv.conf.json; all of it
    optional."""

    #: The parameter that is the backend.
    backend: str | None = None
    #: Backends that do not change with the release: one arm each, to compare with.
    controls: frozenset[str] = frozenset()
    #: Modules that the processes of a backend import. Those of the backends named here are copies
    #: of one that has imported them and the suite; threads they start must survive a fork, as
    #: OpenBLAS's do.
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Suite:
    """The suite of ``asv.conf.json`` in a directory. Every error is a SuiteError."""

    def __init__(self, directory: Path = Path()) -> None:
        try:
            self.conf: Any = load_conf(directory)
        except ValueError as error:
            raise SuiteError(f"asv.conf.json cannot be read: {error}.") from error
        except UserError as error:
            raise SuiteError(str(error)) from error
        if not PyPIReleases.url_match(self.conf.repo):
            raise SuiteError(NEEDS)
        try:
            import_plugins(self.conf)
            self.repo = PyPIReleases(self.conf.repo, self.conf.project, directory)
            environments = list(get_environments(self.conf, None))
        except UserError as error:
            raise SuiteError(str(error)) from error
        if len(environments) > 1 or self.conf.environment_type != VirtualenvOverlay.tool_name:
            raise SuiteError(NEEDS)
        # asv leaves out what it cannot have, and only logs why: asking again tells.
        self.environment = environments[0] if environments else self._overlay()
        self.settings = self._settings()
        self.repo.only_installable(self.conf.pythons[0])

    def _settings(self) -> Settings:
        said = getattr(self.conf, "sweep", {})
        facts = Facts(Path(self.directory), said)
        try:
            return Settings(said.get("backend"), facts.controls, facts.imports)
        except FactsError as error:
            raise SuiteError(str(error)) from error

    def _overlay(self) -> VirtualenvOverlay:
        try:
            return VirtualenvOverlay(self.conf, self.conf.pythons[0], {}, {})
        except EnvironmentUnavailable as error:
            raise SuiteError(str(error)) from error

    @property
    def directory(self) -> str:
        """The benchmark directory."""
        return str(os.path.abspath(self.conf.benchmark_dir))

    @property
    def results(self) -> Path:
        """The results directory."""
        return Path(self.conf.results_dir)

    @property
    def state(self) -> Path:
        """Where what is unfinished is kept, beside the environments."""
        return Path(self.conf.env_dir).absolute().parent

    @property
    def python(self) -> str:
        """The interpreter that workers run."""
        python: str = self.environment.find_executable("python")
        return python

    @property
    def build(self) -> str:
        """The build that is measured, such as "cpu" or "metal"; "" if there is but one."""
        return str(self.environment.build)

    @property
    def imports(self) -> Mapping[str, tuple[str, ...]]:
        """What is imported before a backend's processes are copied, where that is safe: not if
        they may have opened a GPU or, on macOS, any framework of the system."""
        safe = sys.platform == "linux" and self.build in ("", "cpu")
        return self.settings.imports if safe else {}

    @property
    def changing_modules(self) -> tuple[str, ...]:
        """What the processes of all backends that change with the release import."""
        settings = self.settings
        return tuple(
            dict.fromkeys(
                module
                for backend, modules in settings.imports.items()
                if backend not in settings.controls
                for module in modules
            )
        )

    @property
    def conditions(self) -> dict[str, str]:
        """Threads, cores, compiler, build, and what benchmarks need besides the environment's name:
        what is recorded of the environment."""
        more = " ".join(self.environment.requirements_of_benchmarks.lines)
        return {**self.environment.env_vars, **({"requirements": more} if more else {})}

    def machine(self, name: str | None) -> dict[str, str]:
        """asv's description of this machine, or of it under another name, made if need be."""
        try:
            return dict(MachineCollection.load(name or ensure_machine()))
        except UserError as error:
            raise SuiteError(f"{error}. `asv machine --machine {name}` describes it.") from error

    def order(self) -> list[str]:
        """All releases, oldest first."""
        return [release.tag for release in self.repo.lock.releases]

    def create(self) -> None:
        """Create the environment of all releases, if need be."""
        try:
            self.environment.create()
        except (InstallError, UserError) as error:
            raise SuiteError(str(error)) from error

    @property
    def asker(self) -> Asker:
        """What knows the revisions that a user's words mean here."""
        return Asker(self.repo.selection, directory_of(self.conf))

    def install(self, revision: Revision, tell: Callable[[str], None] = log.info) -> Installed:
        """Install a revision if need be, and create the environment of all of them before.

        `tell` hears how long a build has taken.
        """
        self.create()
        try:
            return self.environment.installer.install(revision, tell)
        except (OverlayError, BuildError) as error:
            raise SuiteError(str(error)) from error

    def listing(
        self,
        installed: Installed,
        patterns: Sequence[str] = (),
        save: bool = True,
        unnamed: bool = False,
    ) -> Listing:
        """The suite's benchmarks as an installed revision finds them, of which `patterns` select as
        ``asv run -b`` does. `save`: write asv's benchmarks.json, too. `unnamed`: select those as
        well that asv runs only where a pattern names them."""
        self.environment.use(installed)
        label = installed.revision.label
        try:
            found = Benchmarks.discover(
                self.conf, self.repo, [self.environment], [label], list(patterns) or None
            )
            if unnamed:
                every = found._all_benchmarks.values()
                found = Benchmarks(self.conf, every, regex=list(patterns) or None)
        except re.error as error:
            raise SuiteError(f"{error.pattern!r} is no regular expression: {error}.") from error
        except UserError as error:
            raise SuiteError(self._as_typed(str(error))) from error
        log.flush()  # asv ends its line only when it says more
        if save:
            found.save()
        return Listing(found, self.settings.backend, patterns)

    def _as_typed(self, text: str) -> str:
        """A sentence with its paths as they are in asv.conf.json, not from the root on."""
        directory = directory_of(self.conf)
        return text.replace(f"{directory}{os.sep}", "") if directory.is_absolute() else text
