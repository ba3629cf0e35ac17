"""This checkout as tests may use it: what git tracks, and never what its user has measured."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from filelock import FileLock

ROOT = Path(__file__).parent.parent

#: What asv loads of a checkout, and what measuring needs of it.
PARTS = ("tools", "mlx_asv_plugin.py")

#: The measuring environment and the releases, which `make run` installs, too. Each lies under a
#: name that says what is in it, so a user and the tests may have the same.
INSTALLED = ("env", "overlays")

#: What tests alone install, kept from one session to the next.
KEPT = ROOT / ".asv/tests"


def installing() -> FileLock:
    """What whoever installs under `KEPT` or `INSTALLED` holds: tests run in several processes."""
    KEPT.mkdir(parents=True, exist_ok=True)
    return FileLock(KEPT / "installing.lock")


def tracked(*paths: str) -> list[Path]:
    """The files that git tracks under these paths of the checkout (``results/*.json``)."""
    return _listed("--cached", *paths)


def listed(*paths: str) -> list[Path]:
    """The files of the checkout under these paths that git does not ignore, new ones too."""
    return _listed("--cached", "--others", "--exclude-standard", *paths)


def committed(path: str) -> str:
    """The text of a file as git has it, whatever its user has made of it since."""
    command = ["git", "show", f"HEAD:{path}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _listed(*arguments: str) -> list[Path]:
    command = ["git", "ls-files", "-z", *arguments]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [ROOT / name for name in names.split("\0") if name]
    return [path for path in found if path.exists()]


@cache
def published_results() -> Path:
    """A results directory with the documents of others' numbers that are in git, and no more."""
    results = Path(mkdtemp()) / "results"
    (results / "published").mkdir(parents=True)
    for document in tracked("results/published"):
        shutil.copy(document, results / "published")
    return results


def configuration(**changes: Any) -> str:
    """The text of asv.conf.json, with changes."""
    text = re.sub(r"^\s*//.*$", "", (ROOT / "asv.conf.json").read_text(), flags=re.MULTILINE)
    return json.dumps({**json.loads(text), **changes})


def like_checkout(path: Path, suite: Path | None = ROOT / "benchmarks") -> Path:
    """Make the folder `path` one like this checkout, without results or anything kept.

    The lock and the configuration are copies; the tool, `suite` as the benchmark directory (none
    if None), the measuring environment and the releases are links.
    """
    for name in PARTS:
        (path / name).symlink_to(ROOT / name)
    if suite is not None:
        (path / "benchmarks").symlink_to(suite)
    shutil.copy(ROOT / "mlx.lock.json", path)
    (path / "asv.conf.json").write_text(configuration())
    share(path / ".asv")
    return path


def share(state: Path) -> None:
    """Let a project whose state is in `state` use the checkout's environment and releases."""
    state.mkdir(parents=True)
    for name in INSTALLED:
        (ROOT / ".asv" / name).mkdir(parents=True, exist_ok=True)
        (state / name).symlink_to((ROOT / ".asv" / name).resolve())
