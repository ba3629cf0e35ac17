"""An asv suite opened for a sweep: its cases, and how a worker of a release is started."""

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

from mlx_asv.axes import Axes, combinations
from mlx_asv.environments.asked import Asker
from mlx_asv.environments.installer import Installed
from mlx_asv.environments.overlay import OverlayError
from mlx_asv.environments.source import BuildError
from mlx_asv.facts import Facts, FactsError
from mlx_asv.job import Case
from mlx_asv.releases.ranges import RangeError
from mlx_asv.revision import Revision

from .commands import ensure_machine
from .conf import directory_of, import_plugins, load_conf
from .environment import InstallError, VirtualenvOverlay
from .repo import PyPIReleases

#: What to say of a suite that cannot be swept.
NEEDS = (
    'A sweep needs "repo": "pypi:PACKAGE" and one environment of "environment_type": '
    '"virtualenv-overlay" in asv.conf.json: only overlays can be alive side by side.'
)

#: Seconds a benchmark may take to load when it does not say.
DEFAULT_TIMEOUT = 60.0


class SuiteError(Exception):
    """The suite, or its configuration, cannot be swept; says what to do."""


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
        self._benchmarks: Any = None

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

    def releases(self, range: str) -> list[str]:
        """The tags of a range that can be installed here, oldest first."""
        try:
            return [release.tag for release in reversed(self.repo.selection.named(range))]
        except RangeError as error:
            raise SuiteError(str(error)) from error

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

    def installed(self, revision: Revision, tell: Callable[[str], None] = log.info) -> Installed:
        """Install a revision if need be, and create the environment of all of them before.

        `tell` hears how long a build has taken.
        """
        self.create()
        try:
            return self.environment.installer.install(revision, tell)
        except (OverlayError, BuildError) as error:
            raise SuiteError(str(error)) from error

    def install(self, release: str) -> dict[str, str]:
        """Install a release if need be; the environment variables of its workers."""
        return dict(self.installed(self.repo.lock.revisions[release]).environ)

    def cases(
        self,
        release: str | Installed,
        patterns: Sequence[str],
        backends: Sequence[str],
        save: bool = True,
    ) -> list[Case]:
        """The time benchmarks that `patterns` select, as ``asv run -b`` does, on `backends` (all
        if empty), as `release` finds them. `save`: write asv's benchmarks.json, too."""
        if isinstance(release, str):
            release = self.installed(self.repo.lock.revisions[release])
        self.environment.use(release)
        label = release.revision.label
        try:
            benchmarks = Benchmarks.discover(
                self.conf, self.repo, [self.environment], [label], list(patterns) or None
            )
        except re.error as error:
            raise SuiteError(f"{error.pattern!r} is no regular expression: {error}.") from error
        except UserError as error:
            raise SuiteError(str(error)) from error
        if save:
            benchmarks.save()
        self._benchmarks = benchmarks
        known = {backend for case in self.all_cases() for backend in case.backends}
        if unknown := set(backends) - known:
            raise SuiteError(
                f"There is no backend {', '.join(sorted(unknown))}: "
                f"choose from {', '.join(sorted(known - {''})) or 'none'}."
            )
        found = []
        for name, benchmark in benchmarks.items():
            if benchmark["type"] == "time":
                chosen = benchmarks.benchmark_selection[name]
                found += self._cases_of(name, benchmark, chosen, set(backends))
        if not found:
            raise SuiteError(
                "No time benchmark matches "
                + (" and ".join([*patterns, *backends]) or "in this suite")
                + ": `asv run --bench just-discover` lists them in results/benchmarks.json."
            )
        return found

    def all_cases(self) -> list[Case]:
        """Every case of every time benchmark that `cases` found, selected or not."""
        return [
            case
            for name, benchmark in self.benchmarks.items()
            if benchmark["type"] == "time"
            for case in self._cases_of(name, benchmark, None, set())
        ]

    def _cases_of(
        self,
        name: str,
        benchmark: dict[str, Any],
        selection: Sequence[int] | None,
        backends: set[str],
    ) -> list[Case]:
        timeout = float(benchmark.get("timeout") or DEFAULT_TIMEOUT)
        found: dict[Axes, dict[str, int | None]] = {}
        for index, each in enumerate(combinations(benchmark, self.settings.backend)):
            if selection is not None and index not in selection:
                continue
            if not backends or each.backend in backends:
                here = index if benchmark["params"] else None
                found.setdefault(each.axes, {})[each.backend] = here
        return [
            Case(name, benchmark["version"], axes, timeout, backends)
            for axes, backends in found.items()
        ]

    @property
    def benchmarks(self) -> Mapping[str, Any]:
        """asv's description of every benchmark of the suite, by name."""
        return dict(self._benchmarks._all_benchmarks)
