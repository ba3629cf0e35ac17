"""Shared fixtures: the measuring virtualenv, releases in it, a plain asv beside it, a browser.

Tests run in a HOME, a TMPDIR and a current directory of their own. What is the user's (results,
what asv knows of the machine, the lock that a running sweep holds) they neither read nor write.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir
from pathlib import Path
from typing import Any

import pytest
from asv.config import Config
from asv.environment import get_environments
from asv.plugin_manager import plugin_manager
from hypothesis import HealthCheck, settings
from mlx_asv.environments.overlay import install
from mlx_asv.releases.builds import Target, choose_build, wheels_for
from mlx_asv.releases.lock import Lock
from playwright.sync_api import Browser

from tests import browser
from tests.checkout import ROOT, installing, like_checkout
from tests.golden import frozen

#: Where asv keeps what it knows of machines, in HOME.
MACHINES = ".asv-machine.json"

# What else the machine does makes an example slow, not wrong.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests a HOME and a TMPDIR of their own.

    The HOME has links to all that is in the user's, but for asv's file: how packages are fetched,
    and what was fetched, is the user's.
    """
    if worker := getattr(config, "workerinput", None):
        # In the directory of the process that started it: paths of sockets are short.
        base = Path(tempfile.gettempdir()).with_name(worker["workerid"])
        base.mkdir()
    else:
        base = Path(tempfile.mkdtemp(prefix="mlx-asv-"))
    config.add_cleanup(lambda: shutil.rmtree(base, ignore_errors=True))
    for name in ("home", "tmp", "nowhere"):
        (base / name).mkdir()
    for path in Path.home().iterdir():
        if path.name != MACHINES:
            (base / "home" / path.name).symlink_to(path)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # the three last stay
    os.environ |= {"HOME": str(base / "home"), "TMPDIR": str(base / "tmp")}
    tempfile.tempdir = None


@pytest.fixture(scope="session", autouse=True)
def nowhere() -> Iterator[None]:
    """The current directory of a test that goes nowhere: an empty one."""
    with chdir(Path(os.environ["TMPDIR"]).with_name("nowhere")):
        yield


@pytest.fixture(scope="session")
def measuring_environment(tmp_path_factory):
    """The virtualenv of asv.conf.json, created (once, for minutes) if it is not there yet."""
    with chdir(like_checkout(tmp_path_factory.mktemp("measuring"))):
        conf = Config.load()
        for plugin in conf.plugins:
            plugin_manager.import_plugin(plugin)
        (environment,) = get_environments(conf, None)
        with installing():
            environment.create()
    return environment


@pytest.fixture
def checkout(tmp_path, monkeypatch, measuring_environment):
    """A folder like this checkout, without results, with what measuring needs; the current one."""
    path = tmp_path / "checkout"
    path.mkdir()
    monkeypatch.chdir(like_checkout(path))
    return path


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    """A folder like this checkout, with the frozen results, asv's too; not to be changed."""
    path = like_checkout(tmp_path_factory.mktemp("measured"))
    frozen.observed(path / "results")
    frozen.of_asv(path / "results")
    return path


@pytest.fixture(scope="session")
def measuring_python(measuring_environment):
    """A function from a release to the interpreter and environment variables that import it."""

    def prepare(release):
        lock = Lock.load(ROOT / "mlx.lock.json")
        target = Target("3.11", choose_build(lock))
        found = lock.by_tag[f"v{release}"]
        python = measuring_environment.find_executable("python")
        wheels = wheels_for(lock, found, target)
        overlay = install(lock, found, wheels, target, python, ROOT / ".asv/overlays")
        environ = overlay.environ({**os.environ, **measuring_environment.env_vars})
        return python, environ

    return prepare


@pytest.fixture(scope="session")
def plain_asv(tmp_path_factory):
    """An asv installed with virtualenv, and beside it a package that is called as our folder is:
    what a user has without mlx-asv."""
    path = tmp_path_factory.mktemp("plain-asv")
    subprocess.run([sys.executable, "-m", "venv", path], check=True)
    pip = [path / "bin/python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    subprocess.run([*pip, "asv", "virtualenv"], check=True, capture_output=True)
    (packages,) = path.glob("lib/python*/site-packages")
    (packages / "tools").mkdir()
    (packages / "tools/__init__.py").write_text("")
    return path / "bin/asv"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser without a network; where there is none a skip, but a failure in CI."""
    path = browser.find()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(browser.MISSING)
    with browser.launched(path) as launched:
        yield launched


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Callable[..., browser.Visit]]:
    """A function that serves a directory and opens a page of it in the browser.

    Named arguments are those of Playwright's `new_context`: ``viewport={"width": 390, "height":
    844}``, ``color_scheme="dark"``, ``reduced_motion="reduce"``, ...
    """
    with ExitStack() as stack:

        def browse(directory: Path, path: str = "", **options: Any) -> browser.Visit:
            base = stack.enter_context(browser.serving(directory))
            context = chromium.new_context(**options)
            stack.callback(context.close)
            visit = browser.Visit(context.new_page(), base)
            visit.open(path)
            return visit

        yield browse


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts a small disk."""
    path = tmp_path / "disk"

    def mount(options: str) -> Path:
        path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "none", path]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"needs the right to mount a tmpfs ({error})")
        return path

    yield mount
    if path.is_mount():
        subprocess.run(["umount", path], check=True)
