"""asv's own commands, run in processes of their own; and asv's name of this machine."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asv.machine import Machine, MachineCollection
from asv.util import UserError

from .conf import load_conf
from .hooks import listed

#: asv's commands that `mlx-asv` offers, too.
ASV_COMMANDS = (
    *("check", "compare", "continuous", "find", "machine", "preview", "profile", "publish"),
    *("rm", "run", "setup", "show", "update"),
)


def asv(*arguments: str) -> int:
    """Run ``asv ARGUMENTS`` in a process of its own, in this terminal; returns its exit status."""
    process = subprocess.Popen([sys.executable, "-m", "asv", *arguments])
    with _theirs():
        return process.wait()


@contextmanager
def _theirs() -> Iterator[None]:
    """Leave Ctrl-C to the process that is waited for.

    That process gets the signal, too, and says what it has saved. KeyboardInterrupt in the middle
    of reading would lose just these lines.
    """
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)


def ensure_machine() -> str:
    """Let asv describe this machine, unless it has; returns asv's name of the machine."""
    try:
        machine = MachineCollection.load(Machine.get_unique_machine_name())
    except UserError:
        machine = Machine.get_defaults()
        subprocess.run(
            [sys.executable, "-m", "asv", "machine", "--yes"], check=True, capture_output=True
        )
    name: str = machine["machine"]
    return name


def selected(bench: str, directory: Path = Path()) -> list[str]:
    """The regular expressions that ``-b @NAME`` stands for in the suite of a directory.

    Raises LookupError if there is no such list.
    """
    try:
        return listed(Path(load_conf(directory).benchmark_dir), bench.removeprefix("@"))
    except UserError as error:
        raise LookupError(str(error)) from error


def this_machine() -> str:
    """asv's name of this machine, whether or not asv has described the machine."""
    name: str = Machine.get_unique_machine_name()
    return name
