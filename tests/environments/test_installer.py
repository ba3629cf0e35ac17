import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from mlx_asv.environments.activation import VARIABLE
from mlx_asv.environments.installer import Installer
from mlx_asv.environments.overlay import OverlayError
from mlx_asv.environments.source import BuildError, tree
from mlx_asv.releases.builds import ONLY_BUILD, Target
from mlx_asv.releases.lock import Lock, Release
from mlx_asv.revision import Files, Locked, Revision

from tests.environments.test_source import checkout, git
from tests.wheels import make_wheel

__all__ = ["checkout"]

VERSIONS = ("1.0", "2.0")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A directory that is all that pip looks into, with the wheels of two releases; their lock."""
    path = tmp_path / "index"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path))
    releases = []
    for version in VERSIONS:
        module = {"toy.py": f"__version__ = {version!r}\n"}
        wheel = make_wheel(path, f"toy-{version}-py3-none-any.whl", module)
        releases.append(Release(f"v{version}", None, "2026-01-01", (wheel,)))
    return Lock("toy", "toy", None, {}, {}, (*releases, Release("v3.0", None, "2026-02-01", ())))


@pytest.fixture
def installer(tmp_path, index):
    """Installs for the Python of the tests."""
    return Installer(
        lock=index,
        target=Target("{}.{}".format(*sys.version_info), ONLY_BUILD),
        python=Path(sys.executable),
        state=tmp_path / "state",
        base={**os.environ, "MINE": "stays"},
        conditions={"OMP_NUM_THREADS": "3"},
    )


def files(label, *paths):
    """A revision of wheel files."""
    return Revision(label, 0, None, Files(tuple(paths)))


def test_releases_are_alive_side_by_side(installer, index):
    """Each with variables of its own, which installing another does not change."""
    one, other = (installer.install(index.revisions[f"v{version}"]) for version in VERSIONS)
    for version, found in zip(VERSIONS, (one, other), strict=True):
        assert found.revision == index.revisions[f"v{version}"]
        assert found.environ[VARIABLE] == str(found.overlay.path)
        assert found.environ["ASV_COMMIT"] == f"v{version}"
        program = [sys.executable, "-c", "import toy; print(toy.__version__)"]
        environ = {**found.environ, "PYTHONPATH": found.environ[VARIABLE]}
        result = subprocess.run(program, env=environ, capture_output=True, text=True)
        assert result.stdout.strip() == version, result.stderr
    assert one.environ["TMPDIR"] != other.environ["TMPDIR"]


def test_all_revisions_share_base_and_conditions(installer, index):
    """The user's variables, and those that fix how it is measured, which are stronger."""
    environ = (
        replace(installer, base={"OMP_NUM_THREADS": "9", "MINE": "stays"})
        .install(index.revisions["v1.0"])
        .environ
    )
    assert (environ["OMP_NUM_THREADS"], environ["MINE"]) == ("3", "stays")


def test_nothing_is_remembered(installer, index):
    """Another installer of the same directory finds what the first one has made, as it is."""
    first = installer.install(index.revisions["v1.0"])
    stamp = first.overlay.path / "overlay.json"
    before = stamp.stat().st_mtime_ns
    assert replace(installer).install(index.revisions["v1.0"]) == first
    assert stamp.stat().st_mtime_ns == before


def test_wheel_files(installer, tmp_path):
    """By their contents: a file that was built anew under its old name is another overlay."""
    name = "toy-9.0-py3-none-any.whl"
    found = []
    for value in (1, 2):
        make_wheel(tmp_path / "built", name, {"toy.py": f"__version__ = '{value}'\n"})
        found.append(installer.install(files("mine", tmp_path / "built" / name)))
    assert [each.revision.label for each in found] == ["mine", "mine"]
    assert found[0].overlay != found[1].overlay
    assert (found[1].overlay.path / "toy.py").read_text() == "__version__ = '2'\n"


def test_source_tree_is_built_once(installer, checkout):
    """And says how long that takes."""
    (checkout / "toy.py").write_text("__version__ = '7'\n")
    git(checkout, "commit", "-qam", "versioned")
    source = tree(checkout, "HEAD")
    revision = Revision(source.name, 0, None, source)
    found = installer.install(revision)
    assert (found.overlay.path / "toy.py").read_text() == "__version__ = '7'\n"
    (log,) = (installer.state / "builds").glob("*/build.log")
    built = log.stat().st_mtime_ns
    assert installer.install(revision) == found
    assert log.stat().st_mtime_ns == built


def test_release_without_a_wheel_is_one_sentence(installer, index):
    """Why it cannot be installed."""
    with pytest.raises(OverlayError, match=r"v3\.0 cannot be installed: no wheel on the package"):
        installer.install(index.revisions["v3.0"])


def test_tree_that_cannot_be_built_is_one_sentence(installer, checkout, monkeypatch):
    """With what the build said."""
    monkeypatch.setenv("TOY_FAILS", "1")
    source = tree(checkout, None)
    with pytest.raises(BuildError, match="the toy is broken"):
        installer.install(Revision(source.name, 0, None, source))


def test_missing_file_is_one_sentence(installer, tmp_path):
    """A wheel that was there when it was asked for."""
    with pytest.raises(OverlayError, match=r"toy\.whl cannot be read: No such file"):
        installer.install(files("gone", tmp_path / "toy.whl"))


def test_locked_is_by_tag(installer, index):
    """Whatever label a release is measured under."""
    found = installer.install(Revision("mine", 5, None, Locked("v2.0")))
    assert found.environ["ASV_COMMIT"] == "mine"
    assert found.overlay.path.name.startswith("v2.0-")
