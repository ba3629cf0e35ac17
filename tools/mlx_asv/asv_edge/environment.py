"""asv's virtualenv with the release in an overlay instead of in its site-packages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from asv import util
from asv.console import log
from asv.environment import EnvironmentUnavailable
from asv.plugins.virtualenv import Virtualenv

from mlx_asv.environments.activation import activated, prepare
from mlx_asv.environments.conditions import ConditionError, conditions
from mlx_asv.environments.installer import Installed, Installer
from mlx_asv.environments.overlay import OverlayError
from mlx_asv.environments.requirements import Requirements, RequirementsError
from mlx_asv.releases.builds import build_variable
from mlx_asv.releases.lock import Lock

from .conf import directory_of
from .repo import load_lock, target_here


class InstallError(util.ProcessError):  # type: ignore[misc]
    """A release that cannot be installed: asv marks it failed and goes on with the next."""

    def __init__(self, message: str) -> None:
        super().__init__(["install"], 1, "", message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class VirtualenvOverlay(Virtualenv):  # type: ignore[misc]
    """One virtualenv for all releases (``"environment_type": "virtualenv-overlay"``).

    It holds Python, NumPy, PyTorch and asv_runner, and what the benchmarks require besides. The
    build that is measured is part of its name, and with threads, cores and compiler part of every
    result. What asv asks for is done by an `Installer`; which revision asv's own processes import
    is all that is remembered here.
    """

    tool_name = "virtualenv-overlay"

    def __init__(self, conf: Any, python: str, requirements: Any, tagged_env_vars: Any) -> None:
        if Virtualenv._find_python(python) is None:
            raise EnvironmentUnavailable(
                f"Python {python} was not found. The wheels are measured with it: install it "
                f"(`apt-get install python{python}`, `brew install python@{python}`, "
                f"`uv python install {python}`) so that python{python} is on the PATH."
            )
        directory = directory_of(conf)
        self._lock: Lock = load_lock(conf.repo, directory)
        self._target = target_here(self._lock, python)
        self._state = Path(conf.env_dir).absolute().parent
        self.requirements_of_benchmarks = Requirements(Path(conf.benchmark_dir).absolute())
        self._installed: Installed | None = None
        if self._lock.builds:
            variable = ("nobuild", build_variable(self._lock))
            tagged_env_vars = {**tagged_env_vars, variable: self._target.build}
        super().__init__(conf, python, requirements, tagged_env_vars)
        self._global_env_vars["ASV_CONF_DIR"] = str(directory.absolute())

    @property
    def build(self) -> str:
        """The build that is measured, such as "cpu" or "metal"; "" if there is but one."""
        return self._target.build if self._lock.builds else ""

    # -- the virtualenv ----------------------------------------------------------------------

    @cached_property
    def _conditions(self) -> dict[str, str]:
        return conditions(self._target.build)

    @property
    def env_vars(self) -> dict[str, str]:
        """The matrix's variables, with the conditions of the measurement."""
        return {**super().env_vars, **self._conditions}

    @property
    def _python_path(self) -> Path:
        return Path(self.find_executable("python"))

    def create(self) -> None:
        """Create the virtualenv, once what a correct measurement needs is there."""
        try:
            self._conditions  # noqa: B018 - looks for the compiler
        except ConditionError as error:
            raise util.UserError(str(error)) from error
        super().create()
        try:
            self.requirements_of_benchmarks.install(self._python_path, log.info)
        except RequirementsError as error:
            raise util.UserError(str(error)) from error

    def _setup(self) -> None:
        super()._setup()
        prepare(self._python_path)

    def _install_requirements(self) -> None:
        constraints = self.requirements_of_benchmarks.constraints
        with _environ({"PIP_CONSTRAINT": str(constraints)} if constraints else {}):
            super()._install_requirements()

    # -- revisions ---------------------------------------------------------------------------

    @property
    def installer(self) -> Installer:
        """What installs revisions for the virtualenv's Python, once that is created."""
        base = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        path = os.pathsep.join([str(Path(self._path) / "bin"), base.get("PATH", "")])
        return Installer(
            lock=self._lock,
            target=self._target,
            python=self._python_path,
            state=self._state,
            base={**base, **self._global_env_vars, **super().env_vars, "PATH": path},
            conditions=self._conditions,
        )

    def use(self, installed: Installed) -> None:
        """Let asv's own processes import an installed revision, which asv calls by its label."""
        self._installed = installed
        self._set_commit_hash(installed.revision.label)

    def install_project(self, conf: Any, repo: Any, commit_hash: str) -> None:
        """Let asv's own processes import a release, installing it if need be."""
        if commit_hash == self._get_installed_commit_hash():
            return
        try:
            self.use(self.installer.install(self._lock.revisions[commit_hash]))
        except OverlayError as error:
            log.error(str(error))
            raise InstallError(str(error)) from error

    def _get_installed_commit_hash(self) -> str | None:
        """The revision that this process lets asv's processes import.

        asv notes it in the virtualenv instead, where another asv notes another release.
        """
        return self._installed.revision.label if self._installed is not None else None

    def run_executable(self, executable: str, args: list[str], **kwargs: Any) -> Any:
        """Run in the virtualenv, with the overlay on the path and its own TMPDIR."""
        if self._installed is not None:
            kwargs["env"] = activated(
                self._installed.overlay,
                kwargs.get("env", os.environ),
                Path(self._path),
                self._target.build,
            )
        return super().run_executable(executable, args, **kwargs)


@contextmanager
def _environ(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
