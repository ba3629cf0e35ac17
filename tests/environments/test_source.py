import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mlx_asv.environments import source as module
from mlx_asv.environments.source import BuildError, build, toolchain, tree

#: A build backend of its own, so that building needs nothing else.
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import os, pathlib, sys, time, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    if os.environ.get("TOY_FAILS"):
        sys.exit("error: the toy is broken")
    time.sleep(float(os.environ.get("TOY_SECONDS", "0")))
    name, info = "toy-1.0-py3-none-any.whl", "toy-1.0.dist-info"
    with zipfile.ZipFile(pathlib.Path(directory) / name, "w") as wheel:
        for module in ("toy.py", "more.py"):
            if pathlib.Path(module).exists():
                wheel.write(module)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: toy\\nVersion: 1.0\\n")
        kind = "Root-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\n" + kind)
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""


def git(path: Path, *arguments: str) -> str:
    """What git prints there."""
    names = ("-c", "user.name=x", "-c", "user.email=x@y")
    command = ["git", "-C", str(path), *names, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A repository of a package that builds in a second, with two commits."""
    path = tmp_path / "toy"
    path.mkdir()
    git(path, "init", "-q")
    (path / "pyproject.toml").write_text(PROJECT)
    (path / "backend.py").write_text(BACKEND)
    for value in (1, 2):
        (path / "toy.py").write_text(f"VALUE = {value}\n")
        git(path, "add", ".")
        git(path, "commit", "-qm", f"{value}")
    return path


def contents(wheels):
    """The module in the only wheel."""
    (wheel,) = wheels
    return zipfile.ZipFile(wheel).read("toy.py").decode()


def made(checkout, root, ref=None, said=None):
    """The wheels of a ref of the checkout."""
    tell = (said if said is not None else []).append
    return build(tree(checkout, ref), sys.executable, root, tell)


def test_any_commit_is_built(checkout, tmp_path):
    """From a clone: the checkout is as it was, with no trace of a build."""
    assert "VALUE = 1" in contents(made(checkout, tmp_path / "builds", "HEAD~1"))
    assert "VALUE = 2" in contents(made(checkout, tmp_path / "builds", "HEAD"))
    assert git(checkout, "status", "--porcelain", "--ignored") == ""
    assert git(checkout, "worktree", "list").count("\n") == 0


def test_working_tree_is_built_as_it_is(checkout, tmp_path):
    """With what is changed, and what git does not know yet; under another name than the commit."""
    (checkout / "toy.py").write_text("from more import VALUE\n")
    (checkout / "more.py").write_text("VALUE = 3\n")
    dirty = tree(checkout, None)
    assert dirty.name.startswith("toy@") and dirty.name.endswith("+")
    (wheel,) = made(checkout, tmp_path / "builds")
    assert zipfile.ZipFile(wheel).read("more.py") == b"VALUE = 3\n"
    assert tree(checkout, "HEAD").name + "+" == dirty.name
    (checkout / "more.py").write_text("VALUE = 4\n")
    assert tree(checkout, None).digest != dirty.digest


def test_built_once(checkout, tmp_path, monkeypatch):
    """The same source with the same tools is there already; with other options it is built anew."""
    first = made(checkout, tmp_path / "builds")
    monkeypatch.setenv("TOY_FAILS", "1")
    assert made(checkout, tmp_path / "builds") == first
    monkeypatch.setenv("CMAKE_ARGS", "-DX=1")
    with pytest.raises(BuildError):
        made(checkout, tmp_path / "builds")


def test_failed_build_is_one_sentence(checkout, tmp_path, monkeypatch):
    """With the compiler's own word, and where the log is; the next run tries again."""
    monkeypatch.setenv("TOY_FAILS", "1")
    with pytest.raises(BuildError) as error:
        made(checkout, tmp_path / "builds")
    message = str(error.value)
    name = tree(checkout, None).name
    assert message.startswith(f"{name} could not be built (error: the toy is broken): ")
    log = Path(message.split(": ")[-1].removesuffix(" has all of it."))
    assert "the toy is broken" in log.read_text()
    monkeypatch.delenv("TOY_FAILS")
    assert contents(made(checkout, tmp_path / "builds"))


def test_long_build_says_that_it_goes_on(checkout, tmp_path, monkeypatch):
    """Now and then; and ends at a limit."""
    monkeypatch.setenv("TOY_SECONDS", "3")
    monkeypatch.setattr(module, "PAUSE", 0.5)
    said: list[str] = []
    made(checkout, tmp_path / "builds", said=said)
    assert len(said) >= 2 and said[0].startswith("Building toy@")
    monkeypatch.setattr(module, "BUILD_TIMEOUT", 0.1)
    with pytest.raises(BuildError, match="was not built within"):
        made(checkout, tmp_path / "others")


def test_what_is_no_checkout(checkout, tmp_path):
    """Nor has such a commit: git's own reason in a sentence."""
    with pytest.raises(BuildError, match=r"git rev-parse failed in .*: fatal: "):
        tree(checkout, "nowhere")
    with pytest.raises(BuildError, match="git rev-parse failed"):
        tree(tmp_path, None)


def test_toolchain_names_the_compiler(monkeypatch):
    """And every option that was given."""
    monkeypatch.setenv("CXXFLAGS", "-O3")
    found = toolchain(sys.executable)
    assert found["compiler"].startswith("g++ ")
    assert found["CXXFLAGS"] == "-O3"
    assert found["python"].startswith("Python 3.")
