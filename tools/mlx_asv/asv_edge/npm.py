"""The packages that asv's pages load, as ``package-lock.json`` has them, installed once by npm."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

#: Seconds after which npm is given up.
LIMIT = 120.0


class NoPackages(Exception):
    """npm is missing or has failed; the text is a clause that says which."""


def installed(source: Path, cache: Path) -> Path:
    """The ``node_modules`` that the lock file in `source` describes, kept under `cache`.

    npm checks every package against the hash in the lock file, and runs nothing that is in a
    package. Raises NoPackages.
    """
    lock = (source / "package-lock.json").read_bytes()
    target = cache / hashlib.sha256(lock).hexdigest()[:16]
    if target.exists():
        return target
    npm = shutil.which("npm")
    if npm is None:
        raise NoPackages("npm is not installed")
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache) as fresh:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, fresh)
        _ci(npm, Path(fresh))
        try:
            (Path(fresh) / "node_modules").rename(target)
        except OSError:
            if not target.exists():  # another publish was faster
                raise
    return target


def _ci(npm: str, directory: Path) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    retries = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]  # of 3, up to a minute apart
    try:
        result = subprocess.run(
            [*command, *retries], cwd=directory, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        raise NoPackages(f"npm did not end within {LIMIT:.0f} s") from None
    if result.returncode:
        raise NoPackages(f"npm failed ({_reason(result.stderr)})")


def _reason(stderr: str) -> str:
    """The first line of npm's complaint that is more than a code."""
    lines = re.findall(r"^npm (?:ERR!|error) (?!code |errno |syscall )(.+)", stderr, re.MULTILINE)
    return lines[0].strip() if lines else "it does not say why"
