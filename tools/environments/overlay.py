"""An overlay: one release's wheels in a directory of their own, put in front of ``sys.path``.

All releases share one Python, NumPy and PyTorch, so changing the release is changing a path,
and many releases can be alive at once. An overlay appears under its name only when it is
whole, checked and stamped; what a kill leaves behind is a ``.partial`` directory, which the
next installation of that release removes.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.releases.builds import Target
from tools.releases.lock import Lock, Release, Wheel, write_atomically

#: Seconds pip may take; the largest CUDA wheels have hundreds of megabytes.
INSTALL_TIMEOUT = 1800

#: Seconds the first import of a release may take.
IMPORT_TIMEOUT = 120


class OverlayError(Exception):
    """A release could not be installed; the message says why and what to do."""


@dataclass(frozen=True)
class Overlay:
    """An installed release."""

    path: Path

    def environ(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base` changed so that a Python started with it imports this release.

        MLX caches the kernels it compiles in ``TMPDIR``, before 0.29.0 under names that say
        nothing of its version, so every release has a ``TMPDIR`` of its own.
        """
        return {**base, "PYTHONPATH": str(self.path), "TMPDIR": str(self.temporary)}

    @property
    def temporary(self) -> Path:
        """The release's own temporary directory."""
        return self.path / "tmp"


def install(
    lock: Lock,
    release: Release,
    wheels: Sequence[Wheel],
    target: Target,
    python: str | Path,
    root: Path,
) -> Overlay:
    """The overlay of `release` under `root`, made by `python`'s pip unless it is there already.

    Hashes are verified by pip (``--require-hashes``), then the release is imported and must
    call itself by its version. Raises OverlayError.
    """
    name = f"{release.tag}-{target.build}-py{target.python}"
    overlay = Overlay((root / name).absolute())
    stamp = {
        "release": release.tag,
        "build": target.build,
        "python": target.python,
        "wheels": {wheel.filename: wheel.sha256 for wheel in wheels},
    }
    if _stamp(overlay) == stamp:
        overlay.temporary.mkdir(exist_ok=True)
        return overlay

    partial = Overlay(overlay.path.with_name(f"{name}.{os.getpid()}.partial"))
    root = overlay.path.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        with open(root / f"{name}.lock", "w") as turn:
            # Who installs the same release at the same time waits here, and then finds it made.
            fcntl.flock(turn, fcntl.LOCK_EX)
            if _stamp(overlay) == stamp:
                return overlay
            for abandoned in root.glob(f"{name}.*.partial"):
                shutil.rmtree(abandoned, ignore_errors=True)
            partial.temporary.mkdir(parents=True)
            _pip_install(release, wheels, str(python), partial)
            _check_version(lock, release, str(python), partial)
            write_atomically(partial.path / "overlay.json", json.dumps(stamp, indent=1))
            shutil.rmtree(overlay.path, ignore_errors=True)
            partial.path.replace(overlay.path)
    except OSError as error:
        raise OverlayError(
            f"{release.tag} could not be installed in {overlay.path}: {error.strerror or error}. "
            "Free some space or mend the permissions, and run the command again."
        ) from error
    finally:
        shutil.rmtree(partial.path, ignore_errors=True)
    return overlay


def _stamp(overlay: Overlay) -> object:
    try:
        return json.loads((overlay.path / "overlay.json").read_text())
    except (OSError, ValueError):
        return None


def _pip_install(release: Release, wheels: Sequence[Wheel], python: str, overlay: Overlay) -> None:
    requirements = overlay.temporary / "requirements.txt"
    requirements.write_text(
        "".join(f"{w.package}=={w.version} --hash=sha256:{w.sha256}\n" for w in wheels)
    )
    # One command for all: a second one would wipe what the first put in the target.
    command = [
        *(python, "-m", "pip", "install", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary=:all:", "--require-hashes"),
        *("--target", str(overlay.path), "-r", str(requirements)),
    ]
    # A constraints file without hashes would be refused together with --require-hashes.
    environ = {k: v for k, v in os.environ.items() if k not in ("PIP_CONSTRAINT", "PYTHONPATH")}
    environ["PIP_USER"] = "false"
    try:
        result = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=INSTALL_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise OverlayError(
            f"{release.tag}: pip did not finish within {INSTALL_TIMEOUT} s. "
            "Check the network and run the command again."
        ) from None
    if result.returncode != 0:
        raise OverlayError(_explain(release, wheels, result.stdout + result.stderr))
    requirements.unlink()


def _explain(release: Release, wheels: Sequence[Wheel], output: str) -> str:
    """One sentence for what pip printed over many lines."""
    names = " and ".join(wheel.filename for wheel in wheels)
    if "DO NOT MATCH THE HASHES" in output:
        return (
            f"{release.tag} was refused: a wheel that the index offers for it ({names}) has "
            "another sha256 than the lock file. Do not install it unless upstream explains the "
            "change; then take it over with `mlx-asv releases update --accept-changed`."
        )
    if "No space left on device" in output:
        return f"{release.tag} could not be installed: the disk is full. Free some space."
    # pip tells an index that is out of reach only by having found no version whatever.
    unreachable = ("from versions: none", "Max retries", "ConnectionError", "timed out")
    if any(sign in output for sign in unreachable):
        return (
            f"{release.tag} could not be downloaded ({names}): the package index is out of "
            "reach. Check the network and run the command again."
        )
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = errors[-1].removeprefix("ERROR: ") if errors else output.strip()[-300:]
    return f"{release.tag} could not be installed ({names}): {reason}"


def _check_version(lock: Lock, release: Release, python: str, overlay: Overlay) -> None:
    """The module that is imported must be the release, not something else on the path."""
    program = f"import {lock.module} as module; print(module.__version__)"
    try:
        result = subprocess.run(
            [python, "-c", program],
            env=overlay.environ(os.environ),
            cwd=overlay.temporary,
            capture_output=True,
            text=True,
            timeout=IMPORT_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise OverlayError(
            f"{release.tag} is installed but its import did not end within {IMPORT_TIMEOUT} s. "
            "Its wheel does not work on this machine."
        ) from None
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or [f"exit status {result.returncode}"]
        raise OverlayError(
            f"{release.tag} is installed but cannot be imported: {lines[-1]}. "
            "Its wheel does not work on this machine."
        )
    found = result.stdout.strip()
    if found != release.version:
        raise OverlayError(
            f"{release.tag} is not what its wheel says: the imported {lock.module} calls itself "
            f"{found}. It is left out."
        )
