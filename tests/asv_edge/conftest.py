"""Sites that real asv has published, for tests in the browser."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from mlx_asv.asv_edge.npm import NoPackages, installed
from mlx_asv.asv_edge.publisher import SOURCES

from tests.checkout import KEPT, installing, like_checkout
from tests.golden import frozen

#: Runs asv with other pages in place of ours: one that links to asv's grid.
OTHER_PAGES = """
import sys, types
site = types.ModuleType("mlx_asv.site.build")
class SiteError(Exception):
    pass
done = []
class Ahead:
    def join(self):
        done.append("joined")
def begin(project):
    done.append("begun after asv's" if project.html.exists() else "begun before asv's")
    return [Ahead()]
def build(project, out):
    print("Ours:", ", ".join([*done, "built"]))
    results = list(project.results.glob('*/v*.json'))
    text = f"{len(results)} results, {len(project.lock.releases)} releases"
    (out / "overview.html").write_text(f"<p>{text}</p><a href='index.html#/'>Grid</a>")
site.build, site.SiteError = build, SiteError
sys.modules["mlx_asv.site.build"] = site
ahead = types.ModuleType("mlx_asv.site.ahead")
ahead.begin = begin
sys.modules["mlx_asv.site.ahead"] = ahead
from asv.main import main
main()
"""


@pytest.fixture(scope="session")
def packages() -> Path:
    """npm's packages of the pages; without npm, what needs them is not tested."""
    try:
        with installing():
            return installed(SOURCES, KEPT / "web")
    except NoPackages as error:
        pytest.skip(f"needs npm's packages: {error}")


class Site:
    """A folder with asv.conf.json, the lock, the plugin and results; what publish made of it."""

    def __init__(self, path: Path, packages: Path | None = None) -> None:
        self.path, self.out, self.said = path, path / "html/_build", ""
        like_checkout(path, suite=None)
        if packages is not None:
            (path / ".asv/web").symlink_to(packages.parent)

    def publish(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """What ``asv publish`` says, with other pages in place of ours."""
        command = [sys.executable, "-c", OTHER_PAGES, "publish", *arguments]
        return self.run(command, environ)

    def run(self, command: list[str], environ: Mapping[str, str] | None = None) -> str:
        """What a command says that must succeed here."""
        result = subprocess.run(
            command,
            cwd=self.path,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def index(self) -> dict[str, Any]:
        """What asv has written for its pages."""
        found: dict[str, Any] = json.loads((self.out / "index.json").read_text())
        return found


@pytest.fixture
def site(tmp_path: Path) -> Callable[..., Site]:
    """A function that makes a folder with a few of the frozen results, npm's packages or none."""

    def make(packages: Path | None = None) -> Site:
        site = Site(tmp_path, packages)
        frozen.of_asv(site.path / "results", "testbox", ["v0.31.0", "v0.31.1", "v0.31.2"])
        return site

    return make


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, packages: Path) -> Site:
    """The frozen results, published, with npm's packages."""
    site = Site(tmp_path_factory.mktemp("published"), packages)
    frozen.of_asv(site.path / "results")
    site.said = site.publish()
    return site
