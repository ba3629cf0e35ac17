"""Wheels built from a source checkout: any commit of it, or its working tree as it is.

A build happens in a clone of its own, so a checkout is only read. What it was built with is part of
its name: wheels of another compiler, or with other options, are never taken for it.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from mlx_asv.files import write_atomically
from mlx_asv.revision import Tree

from .conditions import compiler

#: Seconds a build may take: MLX's with Metal or CUDA takes minutes on many cores.
BUILD_TIMEOUT = 7200.0

#: Seconds between two words about a build that goes on.
PAUSE = 15.0

#: Environment variables that change what is built.
OPTIONS = ("CMAKE_ARGS", "CXX", "CC", "CXXFLAGS", "CFLAGS", "LDFLAGS", "MLX_BUILD_ARGS")


#: A line that says why a build failed, and those of pip that only say that it did.
ERROR = re.compile(r"\b(error|fatal)\b[: ]", re.IGNORECASE)
GENERIC = ("subprocess-exited-with-error", "metadata-generation-failed")


class BuildError(Exception):
    """A checkout cannot be read or built; the text says why, and where the log is."""


def tree(checkout: Path, ref: str | None) -> Tree:
    """The contents of `ref` in a checkout; of its working tree if that is None.

    Raises BuildError.
    """
    checkout = checkout.absolute()
    commit = _git(checkout, "rev-parse", "--verify", f"{ref or 'HEAD'}^{{commit}}").decode().strip()
    if ref is not None:
        return Tree(checkout, commit)
    changes = _git(checkout, "diff", "--binary", "HEAD")
    others = _git(checkout, "ls-files", "--others", "--exclude-standard", "-z").decode()
    names = [name for name in others.split("\0") if name]
    hashes = (hashlib.sha256((checkout / name).read_bytes()).hexdigest() for name in names)
    return Tree(checkout, commit, changes, tuple(zip(names, hashes, strict=True)))


def committed(source: Tree) -> str:
    """The date of a tree's commit, ISO 8601. Raises BuildError."""
    return _git(source.checkout, "log", "-1", "--format=%cI", source.commit).decode().strip()


def toolchain(python: str) -> dict[str, str]:
    """All that a build depends on besides its source."""
    version = subprocess.run([python, "--version"], capture_output=True, text=True).stdout.strip()
    options = {name: os.environ[name] for name in OPTIONS if name in os.environ}
    return {"compiler": compiler(), "python": version, **options}


def build(source: Tree, python: str, root: Path, tell: Callable[[str], None]) -> Sequence[Path]:
    """The wheels of `source`, under `root`, built by `python`'s pip unless they are there already.

    `tell` hears now and then how long it has taken. ``pip wheel`` is given the environment as it
    is, so CMAKE_ARGS and PIP_NO_BUILD_ISOLATION do what they do elsewhere. Raises BuildError.
    """
    described = {"source": source.digest, "commit": source.commit, **toolchain(python)}
    key = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]
    target = root.absolute() / key
    target.mkdir(parents=True, exist_ok=True)
    with open(target / "lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (target / "built.json").exists():
            _build(source, python, target, tell)
            write_atomically(target / "built.json", json.dumps(described, indent=1))
    return sorted((target / "wheels").glob("*.whl"))


def _build(source: Tree, python: str, target: Path, tell: Callable[[str], None]) -> None:
    wheels, log = target / "wheels", target / "build.log"
    shutil.rmtree(wheels, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="mlx-asv-build-") as temporary:
        clone = Path(temporary) / "source"
        _copy(source, clone)
        command = [python, "-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps"]
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        with open(log, "wb") as file:
            process = subprocess.Popen(
                [*command, "--wheel-dir", str(wheels), str(clone)],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environ,
                start_new_session=True,
            )
            try:
                _wait(process, source, tell)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, 9)
                    process.wait()
    if process.returncode != 0 or not any(wheels.glob("*.whl")):
        why = _first_error(log.read_text(errors="replace")) or f"exit status {process.returncode}"
        raise BuildError(f"{source.name} could not be built ({why}): {log} has all of it.")


def _first_error(output: str) -> str:
    """The first error of the compiler, CMake or Python: the others mostly follow from it."""
    for line in output.splitlines():
        text = re.sub(r"^\W+", "", line)
        if ERROR.search(text) and not text.endswith(GENERIC):
            return text[:300]
    return ""


def _wait(process: subprocess.Popen[bytes], source: Tree, tell: Callable[[str], None]) -> None:
    began = monotonic()
    while True:
        try:
            process.wait(PAUSE)
            return
        except subprocess.TimeoutExpired:
            pass
        seconds = monotonic() - began
        tell(f"Building {source.name}: {seconds / 60:.1f} min so far")
        if seconds > BUILD_TIMEOUT:
            raise BuildError(f"{source.name} was not built within {BUILD_TIMEOUT / 60:.0f} min.")


def _copy(source: Tree, clone: Path) -> None:
    """A clone of the checkout with the contents of `source`; nothing of the checkout changes."""
    _git(source.checkout, "clone", "--quiet", "--shared", "--no-checkout", ".", str(clone))
    _git(clone, "checkout", "--quiet", "--detach", source.commit)
    if source.changes:
        _git(clone, "apply", "--binary", "-", stdin=source.changes)
    for name, _ in source.untracked:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source.checkout / name, clone / name)


def _git(directory: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    try:
        result = subprocess.run(
            ["git", "-C", str(directory), *arguments], capture_output=True, input=stdin
        )
    except FileNotFoundError as error:
        raise BuildError("There is no git: a source checkout is read with it.") from error
    if result.returncode != 0:
        why = (result.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[
            -1
        ]
        raise BuildError(f"git {arguments[0]} failed in {directory}: {why}.")
    return result.stdout
