"""Somebody who has measured here, made up: what tests must neither read nor change.

``python -m tests.somebody make test`` runs a command while there are, in ``results/`` of this
checkout, a second machine and a document that nobody can read, in HOME machines that asv cannot
read, and a sweep that holds the machine. It ends with the command's status; with 1, and a line
for each, if files of the user's were changed. Needs the standard library alone.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent

#: The machine of the results that are copied, and the second one.
COPIED, MACHINE = "linux-x86_64-2core-vm", "made-up-by-tests"

#: How much slower the second one is.
SLOWER = 3.0

#: In place of Parquet, TOML and JSON.
UNREADABLE = "{ This was made up: no test may read it.\n"

#: Folders of the checkout that are the user's, and what of them tests may add to.
THEIRS = ("results", "docs", "html", ".asv")
SHARED = (".asv/env", ".asv/overlays", ".asv/tests")


@contextmanager
def results(root: Path) -> Iterator[None]:
    """A second machine and a document in the results of a checkout, for a while."""
    folder = root / "results" / MACHINE
    document = root / "results/published" / f"{MACHINE}.toml"
    shutil.rmtree(folder, ignore_errors=True)  # a killed run has left it
    for name in ("observations", "confirmations"):
        (folder / name).mkdir(parents=True)
        (folder / name / "20260101T000000Z-made-up.parquet").write_text(UNREADABLE)
    for path in (root / "results" / COPIED).glob("*.json"):
        text = path.read_text().replace(f'"{COPIED}"', f'"{MACHINE}"')
        (folder / path.name).write_text(json.dumps(slower(json.loads(text))))
    document.write_text(UNREADABLE)
    try:
        yield
    finally:
        shutil.rmtree(folder)
        document.unlink()


def slower(file: dict[str, object]) -> dict[str, object]:
    """asv's file of a release, with other numbers; any other file as it is."""
    found = file.get("results")
    if isinstance(found, dict):
        for row in found.values():
            if isinstance(row[0], list):
                row[0] = [value and value * SLOWER for value in row[0]]
    return file


@contextmanager
def home(user: Path) -> Iterator[Path]:
    """A HOME with all that `user` has in theirs, but for what asv knows of machines."""
    with TemporaryDirectory(prefix="mlx-asv-home-") as name:
        for path in user.iterdir():
            (Path(name) / path.name).symlink_to(path)
        machines = Path(name) / ".asv-machine.json"
        machines.unlink(missing_ok=True)
        machines.write_text(UNREADABLE)
        yield Path(name)


@contextmanager
def sweep() -> Iterator[None]:
    """The lock that a running sweep holds; if there really is one, it is held already."""
    sys.path.insert(0, str(ROOT / "tools"))
    from mlx_asv.engine.exclusive import AnotherSweep, exclusive

    with ExitStack() as stack:
        with suppress(AnotherSweep):
            stack.enter_context(exclusive("tests.somebody", ROOT))
        yield


def state(root: Path, home: Path) -> Mapping[Path, tuple[int, int]]:
    """Size and time of change of every file that is the user's."""
    shared = [root / name for name in SHARED]
    found = [home / ".asv-machine.json"]
    for top in THEIRS:
        for folder, folders, files in os.walk(root / top):
            folders[:] = [name for name in folders if Path(folder, name) not in shared]
            found += [Path(folder, name) for name in files]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def changed(before: Mapping[Path, object], after: Mapping[Path, object]) -> list[Path]:
    """The files that were added, removed or written."""
    return sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )


def main(root: Path, command: list[str]) -> int:
    """Run a command in `root` beside what was made up; the status to end with."""
    with results(root), home(Path.home()) as directory, sweep():
        before = state(root, directory)
        environ = {**os.environ, "HOME": str(directory)}
        status = subprocess.run(command, cwd=root, env=environ).returncode
        wrong = changed(before, state(root, directory))
    for path in wrong:
        print(f"{path} is the user's, and was changed", file=sys.stderr)
    return status or bool(wrong)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(ROOT, sys.argv[1:]))
