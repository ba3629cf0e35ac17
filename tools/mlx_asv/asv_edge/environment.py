"""asv's virtualenv with the release in an overlay instead of in its site-packages."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from asv import util
from asv.console import log
from asv.environment import EnvironmentUnavailable
from asv.plugins.virtualenv import Virtualenv

from mlx_asv.environments.conditions import ConditionError, conditions
from mlx_asv.environments.overlay import Overlay, OverlayError, install, install_files
from mlx_asv.releases.builds import NotInstallable, build_variable, wheels_for
from mlx_asv.releases.lock import Lock

from .repo import load_lock, target_here

#: Read by `OVERLAY_PTH` whenever the virtualenv's Python starts. asv 0.6.6 takes PYTHONPATH
#: off ``sys.path`` again, and the ASV_PYTHONPATH it documents with it.
OVERLAY_VARIABLE = "MLX_ASV_OVERLAY"
OVERLAY_PTH = (
    f"import os, sys; sys.path[:0] = [p for p in [os.environ.get({OVERLAY_VARIABLE!r})] if p]\n"
)

#: In the benchmark directory: what benchmarks need besides the matrix of asv.conf.json. asv would
#: make it part of the environment's name, under which results are filed.
REQUIREMENTS = "requirements.txt"

#: Where NVIDIA's packages put their libraries in a virtualenv.
NVIDIA_LIBRARIES = "lib/python*/site-packages/nvidia/*/lib"


class InstallError(util.ProcessError):  # type: ignore[misc]
    """A release that cannot be installed: asv marks it failed and goes on with the next."""

    def __init__(self, message: str) -> None:
        super().__init__(["install"], 1, "", message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class VirtualenvOverlay(Virtualenv):  # type: ignore[misc]
    """One virtualenv for all releases (``"environment_type": "virtualenv-overlay"``).

    It holds Python, NumPy, PyTorch and asv_runner, and what ``requirements.txt`` in the benchmark
    directory asks for, pinned down to their dependencies by ``constraints.txt`` there. The build
    that is measured is part of its name, and with threads, cores and compiler part of every result.
    """

    tool_name = "virtualenv-overlay"

    def __init__(self, conf: Any, python: str, requirements: Any, tagged_env_vars: Any) -> None:
        if Virtualenv._find_python(python) is None:
            raise EnvironmentUnavailable(
                f"Python {python} was not found. The wheels are measured with it: install it "
                f"(`apt-get install python{python}`, `brew install python@{python}`, "
                f"`uv python install {python}`) so that python{python} is on the PATH."
            )
        self._lock: Lock = load_lock(conf.repo.removeprefix("pypi:"))
        self._target = target_here(self._lock, python)
        self._overlays = Path(conf.env_dir).absolute().parent / "overlays"
        self._overlay: Overlay | None = None
        self._installed: str | None = None
        self._offered: dict[str, list[Path]] = {}
        self._constraints = Path(conf.benchmark_dir).absolute() / "constraints.txt"
        self._more = self._constraints.with_name(REQUIREMENTS)
        if self._lock.builds:
            variable = ("nobuild", build_variable(self._lock))
            tagged_env_vars = {**tagged_env_vars, variable: self._target.build}
        super().__init__(conf, python, requirements, tagged_env_vars)

    @cached_property
    def _conditions(self) -> dict[str, str]:
        return conditions(self._target.build)

    @property
    def env_vars(self) -> dict[str, str]:
        """The matrix's variables, with the conditions of the measurement."""
        return {**super().env_vars, **self._conditions}

    def create(self) -> None:
        """Create the virtualenv, once what a correct measurement needs is there."""
        try:
            self._conditions  # noqa: B018 - looks for the compiler
        except ConditionError as error:
            raise util.UserError(str(error)) from error
        super().create()
        self._install_more()

    def _setup(self) -> None:
        super()._setup()
        purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
        site_packages = Path(self.run_executable("python", ["-c", purelib]).strip())
        (site_packages / "mlx_asv_overlay.pth").write_text(OVERLAY_PTH)

    def _install_requirements(self) -> None:
        with self._constrained():
            super()._install_requirements()

    def _constrained(self) -> AbstractContextManager[None]:
        return _environ(PIP_CONSTRAINT=str(self._constraints), when=self._constraints.exists())

    def _install_more(self) -> None:
        """Install what `REQUIREMENTS` lists, unless just that was done; an older environment may
        lack it."""
        if not self.more_requirements:
            return
        wanted = "".join(p.read_text() for p in (self._more, self._constraints) if p.exists())
        stamp = Path(self._path) / REQUIREMENTS
        if stamp.exists() and stamp.read_text() == wanted:
            return
        log.info(f"Installing {', '.join(self.more_requirements)} for {self.name}")
        try:
            with self._constrained():
                self._run_pip(["install", "-r", str(self._more)])
        except util.ProcessError as error:
            raise util.UserError(
                f"{self._more} could not be installed: {_last_error(error)}. Check the network, "
                "and run the command again."
            ) from error
        stamp.write_text(wanted)

    @property
    def more_requirements(self) -> list[str]:
        """The lines of `REQUIREMENTS`, such as ``transformers==5.0.0``."""
        if not self._more.exists():
            return []
        lines = (line.partition("#")[0].strip() for line in self._more.read_text().splitlines())
        return [line for line in lines if line]

    def install_project(self, conf: Any, repo: Any, commit_hash: str) -> None:
        """Put a release's overlay in front of the path, installing it if need be."""
        try:
            python = self.find_executable("python")
            where = self._target, python, self._overlays
            if files := self._offered.get(commit_hash):
                self._overlay = install_files(commit_hash, files, self._lock.module, *where)
            else:
                release = self._lock.by_tag[commit_hash]
                wheels = wheels_for(self._lock, release, self._target)
                self._overlay = install(self._lock, release, wheels, *where)
        except (OverlayError, NotInstallable) as error:
            message = str(error)
            if isinstance(error, NotInstallable):
                message = f"{commit_hash} cannot be installed: {error}."
            log.error(message)
            raise InstallError(message) from error
        self._set_commit_hash(commit_hash)
        self._set_installed_commit_hash(commit_hash)

    def offer(self, label: str, files: Sequence[Path]) -> None:
        """Let `install_project` install wheel files, which no lock knows, under a label."""
        self._offered[label] = list(files)

    def _get_installed_commit_hash(self) -> str | None:
        """The release whose overlay this process has put on the path.

        asv notes it in the virtualenv instead, where another asv notes another release.
        """
        return self._installed

    def _set_installed_commit_hash(self, commit_hash: str | None) -> None:
        self._installed = commit_hash

    @property
    def build(self) -> str:
        """The build that is measured, such as "cpu" or "metal"; "" if there is but one."""
        return self._target.build if self._lock.builds else ""

    def run_executable(self, executable: str, args: list[str], **kwargs: Any) -> Any:
        """Run in the virtualenv, with the overlay on the path and its own TMPDIR."""
        if self._overlay is not None:
            kwargs["env"] = self._with_overlay(kwargs.get("env", os.environ))
        return super().run_executable(executable, args, **kwargs)

    def worker_environ(self) -> dict[str, str]:
        """The environment variables of a process of our own that imports the installed release.

        What asv gives the processes it starts; they outlive the next `install_project`.
        """
        base = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        path = os.pathsep.join([str(Path(self._path) / "bin"), base.get("PATH", "")])
        base |= {**self._global_env_vars, **self.env_vars, "PATH": path}
        return self._with_overlay(base)

    def _with_overlay(self, base: Mapping[str, str]) -> dict[str, str]:
        assert self._overlay is not None
        environ = self._overlay.environ(base)
        environ[OVERLAY_VARIABLE] = environ.pop("PYTHONPATH")
        environ["PYTHONFAULTHANDLER"] = "1"  # a segfault says where, for --show-stderr
        if self._target.build.startswith("cuda"):
            # Overlays hold MLX alone: its CUDA libraries are those that PyTorch came with.
            libraries = [str(path) for path in sorted(Path(self._path).glob(NVIDIA_LIBRARIES))]
            libraries += filter(None, [environ.get("LD_LIBRARY_PATH")])
            environ["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        return environ


def _last_error(error: Any) -> str:
    """What pip gives as the reason."""
    lines = f"{error.stdout}\n{error.stderr}".splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")]
    return errors[-1].removeprefix("ERROR: ").rstrip(".") if errors else f"status {error.retcode}"


@contextmanager
def _environ(when: bool, **variables: str) -> Iterator[None]:
    """Set environment variables for a while."""
    before = dict(os.environ)
    if when:
        os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
