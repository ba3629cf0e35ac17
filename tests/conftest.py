"""Shared fixtures: the measuring virtualenv, releases in it, and a plain asv beside it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asv.config import Config
from asv.environment import get_environments
from asv.plugin_manager import plugin_manager

from tools.asv_edge.repo import load_lock
from tools.environments.overlay import install
from tools.releases.builds import Target, choose_build, wheels_for

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
