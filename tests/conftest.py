"""Shared fixtures: the measuring virtualenv, releases in it, a plain asv beside it, a browser."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from asv.config import Config
from asv.environment import get_environments
from asv.plugin_manager import plugin_manager
from mlx_asv.asv_edge.repo import load_lock
from mlx_asv.environments.overlay import install
from mlx_asv.releases.builds import Target, choose_build, wheels_for
from playwright.sync_api import Browser

from tests import browser

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def measuring_environment():
    """The virtualenv of asv.conf.json, created (once, for minutes) if it is not there yet."""
    os.chdir(ROOT)
    conf = Config.load()
    for plugin in conf.plugins:
        plugin_manager.import_plugin(plugin)
    (environment,) = get_environments(conf, None)
    environment.create()
    return environment


@pytest.fixture(scope="session")
def measuring_python(measuring_environment):
    """A function from a release to the interpreter and environment variables that import it."""

    def prepare(release):
        lock = load_lock("mlx")
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
    """An asv installed with virtualenv and nothing else: what a user has without mlx-asv."""
    path = tmp_path_factory.mktemp("plain-asv")
    subprocess.run([sys.executable, "-m", "venv", path], check=True)
    pip = [path / "bin/python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    subprocess.run([*pip, "asv", "virtualenv"], check=True, capture_output=True)
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
