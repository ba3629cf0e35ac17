"""An overlay: one release's wheels in a directory of their own, put in front of ``sys.path``.

All releases share one Python, NumPy and PyTorch, so changing the release is changing a path,
and many releases can be alive at once. An overlay appears under its name only when it is
whole, checked and stamped; what a kill leaves behind is a ``.partial`` directory, which the
next installation of that release removes.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from mlx_asv.files import write_atomically
from mlx_asv.releases.builds import Target
from mlx_asv.releases.lock import Lock, Release, Wheel

from .pip import TIMEOUT, last_error, pip_install

#: Seconds the first import of a release may take.
IMPORT_TIMEOUT = 120


class OverlayError(Exception):
    """A revision could not be installed; the text says why and what to do."""


@dataclass(frozen=True)
class Overlay:
    """An installed revision."""

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
    stamp = {
        "release": release.tag,
        "build": target.build,
        "python": target.python,
        "wheels": {wheel.filename: wheel.sha256 for wheel in wheels},
    }

    def fill(overlay: Overlay) -> None:
        requirements = overlay.temporary / "requirements.txt"
        requirements.write_text(
            "".join(f"{w.package}=={w.version} --hash=sha256:{w.sha256}\n" for w in wheels)
        )
        names = " and ".join(wheel.filename for wheel in wheels)
        arguments = ("--only-binary=:all:", "--require-hashes", "-r", str(requirements))
        _pip_install(release.tag, names, arguments, str(python), overlay)
        requirements.unlink()
        found = imported_version(release.tag, lock.module, str(python), overlay)
        if not _same_version(found, release.version):
            raise OverlayError(
                f"{release.tag} is not what its wheel says: the imported {lock.module} calls "
                f"itself {found}. It is left out."
            )

    return _made(root, f"{release.tag}-{target.build}-py{target.python}", release.tag, stamp, fill)


def _same_version(one: str, other: str) -> bool:
    """Whether two spellings, ``1.0rc1`` and ``1.0-rc.1``, are of the same version."""
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def install_files(
    label: str, files: Sequence[Path], module: str, target: Target, python: str | Path, root: Path
) -> Overlay:
    """The overlay of wheel files that belong together, under `root`; as `install` makes one.

    Their contents are its name, so a file that was built anew is another overlay. Raises
    OverlayError.
    """
    hashes = {path.name: _sha256(path) for path in files}
    stamp = {"build": target.build, "python": target.python, "wheels": hashes}
    key = hashlib.sha256(json.dumps(stamp, sort_keys=True).encode()).hexdigest()[:12]

    def fill(overlay: Overlay) -> None:
        paths = [str(path.absolute()) for path in files]
        _pip_install(label, " and ".join(hashes), paths, str(python), overlay)
        imported_version(label, module, str(python), overlay)

    return _made(root, f"wheels-{key}-{target.build}-py{target.python}", label, stamp, fill)


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise OverlayError(f"{path} cannot be read: {error.strerror}.") from error


def _made(
    root: Path, name: str, label: str, stamp: object, fill: Callable[[Overlay], None]
) -> Overlay:
    """The overlay `name` under `root`: the one that has the stamp, or else made by `fill`."""
    overlay = Overlay((root / name).absolute())
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
            fill(partial)
            write_atomically(partial.path / "overlay.json", json.dumps(stamp, indent=1))
            shutil.rmtree(overlay.path, ignore_errors=True)
            partial.path.replace(overlay.path)
    except OSError as error:
        raise OverlayError(
            f"{label} could not be installed in {overlay.path}: {error.strerror or error}. "
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


def _pip_install(
    label: str, names: str, arguments: Sequence[str], python: str, overlay: Overlay
) -> None:
    """Let pip install what `arguments` say, the wheels `names`, into the overlay."""
    # A constraints file without hashes would be refused together with --require-hashes.
    environ = {k: v for k, v in os.environ.items() if k != "PIP_CONSTRAINT"}
    try:
        # One command for all: a second one would wipe what the first put in the target.
        result = pip_install(
            python, ["--no-deps", "--target", str(overlay.path), *arguments], environ
        )
    except subprocess.TimeoutExpired:
        raise OverlayError(
            f"{label}: pip did not finish within {TIMEOUT} s. "
            "Check the network and run the command again."
        ) from None
    if result.returncode != 0:
        raise OverlayError(_explain(label, names, result.stdout + result.stderr))


def _explain(label: str, names: str, output: str) -> str:
    """One sentence that sums up the many lines that pip printed."""
    if "DO NOT MATCH THE HASHES" in output:
        return (
            f"{label} was refused: a wheel that the index offers for it ({names}) has "
            "another sha256 than the lock file. Do not install it unless upstream explains the "
            "change; then take it over with `mlx-asv releases update --accept-changed`."
        )
    if "No space left on device" in output:
        return f"{label} could not be installed: the disk is full. Free some space."
    # pip tells an index that is out of reach only by having found no version whatever.
    unreachable = ("from versions: none", "Max retries", "ConnectionError", "timed out")
    if any(sign in output for sign in unreachable):
        return (
            f"{label} could not be downloaded ({names}): the package index is out of "
            "reach. Check the network and run the command again."
        )
    reason = last_error(output) or output.strip()[-300:]
    return f"{label} could not be installed ({names}): {reason}"


def imported_version(label: str, module: str, python: str, overlay: Overlay) -> str:
    """The version that the module in the overlay states. Raises OverlayError."""
    program = f"import {module} as module; print(module.__version__)"
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
            f"{label} is installed but its import did not end within {IMPORT_TIMEOUT} s. "
            "Its wheel does not work on this machine."
        ) from None
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or [f"exit status {result.returncode}"]
        raise OverlayError(
            f"{label} is installed but cannot be imported: {lines[-1]}. "
            "Its wheel does not work on this machine."
        )
    return result.stdout.strip()
