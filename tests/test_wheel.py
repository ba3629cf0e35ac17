"""The package as others have it: a wheel, installed, far from this checkout."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from tests.checkout import ROOT, listed
from tests.sweep.conftest import MACHINE, Project, releases

__all__ = ["releases"]

#: What the wheel is made of.
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "tools", "html")

#: A module of somebody else, under a name that ours had once.
NOT_OURS = 'raise ImportError(f"{__name__} is no part of mlx-asv")\n'


#: What the suite says of its cases.
FACTS = """
from types import SimpleNamespace

def case(family, operation, method, values):
    return SimpleNamespace(work=SimpleNamespace(bytes=64))
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the sdist, and of the wheel that was made from it."""
    copy, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("dist")
    for file in listed(*SOURCES):
        target = copy / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.is_symlink():
            target.symlink_to(file.readlink())
        else:
            target.write_bytes(file.read_bytes())
    command = [sys.executable, "-m", "build", "--outdir", out, copy]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return out


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """The wheel."""
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The programs of a virtualenv that holds the wheel and what it needs."""
    path = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", path], check=True)
    pip = [path / "bin/python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    result = subprocess.run([*pip, wheel], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return path / "bin"


def package() -> set[str]:
    """The files of the package in the checkout, by their paths in a wheel."""
    return {str(file.relative_to(ROOT / "tools")) for file in listed("tools/mlx_asv")}


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every file of it, pages and npm's lock too, as files; no package is called `tools`."""
    with ZipFile(wheel) as file:
        found = {name for name in file.namelist() if not PurePosixPath(name).match("*.dist-info/*")}
        found = {name for name in found if ".dist-info/" not in name}
        lock = file.read("mlx_asv/asv_edge/static/package-lock.json")
    assert found == package()
    assert lock == (ROOT / "html/package-lock.json").read_bytes()
    assert {"mlx_asv/py.typed", "mlx_asv/measurement/worker.py"} <= found


def test_sdist_holds_the_package_too(built: Path) -> None:
    """Links are files in it: it is complete without the checkout."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as file:
        members = {member.name.partition("/tools/")[2]: member for member in file}
    assert package() <= set(members)
    assert not any(member.issym() or member.islnk() for member in members.values())


class Elsewhere(Project):
    """A project of another package, which has a package `tools` of its own; nothing of this
    checkout is on the path of its programs."""

    def __init__(self, path: Path, programs: Path) -> None:
        super().__init__(path)
        self.programs = programs
        (path / "tools").mkdir()
        for name in ("__init__", "plugin", "mlx_asv"):
            (path / f"tools/{name}.py").write_text(NOT_OURS)
        (path / "benchmarks/facts.py").write_text(FACTS)
        self.environ["PATH"] = f"{programs}{os.pathsep}{self.environ['PATH']}"
        del self.environ["PYTHONPATH"]

    def run(self, program: str, *arguments: str) -> str:
        """What an installed program prints."""
        command = [self.programs / program, *arguments]
        result = subprocess.run(
            command, cwd=self.path, env=self.environ, capture_output=True, text=True
        )
        said = result.stdout + result.stderr
        assert result.returncode == 0 and "Traceback" not in said, said
        return said


def test_another_suite_is_swept_judged_and_published(
    tmp_path: Path, programs: Path, releases: None
) -> None:
    """With what a wheel holds alone: observations, verdicts, asv's pages and ours."""
    project = Elsewhere(tmp_path / "project", programs)
    chosen = ("v1.26.4..", "-b", "zeros", "--target", "99%", "--budget", "2m")
    project.run("mlx-asv", "sweep", *chosen)
    assert not project.observations().is_empty()
    assert "Verdicts: " in project.run("mlx-asv", "verdicts")
    said = project.run("asv", "publish")
    assert "left as they are" not in said and "is not installed here" not in said
    site = project.path / "html"
    assert {"as_text.js", "start.js", "overview.html"} <= {file.name for file in site.iterdir()}
    assert "as_text.js" in (site / "index.html").read_text()
    assert list((site / "graphs").rglob("arrays.time_zeros.json"))
    data = [file.read_text() for file in (site / "data").rglob("*.js")]
    assert any(MACHINE in text for text in data)
    assert any('"work":{"bytes":64,"operations":null}' in text for text in data)
