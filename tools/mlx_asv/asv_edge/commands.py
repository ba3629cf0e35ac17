"""asv's own commands, run in processes of their own; and asv's name of this machine."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asv.machine import Machine, MachineCollection
from asv.util import UserError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

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


def asv_run(*arguments: str, log: Path, console: Console) -> int:
    """Run ``asv run ARGUMENTS``, show how far it is, and add what it prints to the file `log`.

    asv prints a row for every case of a benchmark, selected or not; this shows a line for each
    benchmark, with the time left. Returns asv's exit status.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "asv", "run", *arguments, "--show-stderr"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with (
        _theirs(),
        open(log, "a", encoding="utf-8") as file,
        Progress(*columns, console=console) as progress,
    ):
        assert process.stdout is not None
        task = progress.add_task("Setting up the environment", total=100.0)
        for line in process.stdout:
            file.write(line)
            if line.startswith("·"):
                console.print(line.rstrip(), markup=False, soft_wrap=True)
            if (step := _step(line)) is None:
                continue
            percent, text = step
            progress.update(task, completed=percent)
            if text.startswith("Measuring"):
                progress.update(task, description=text)
            if not console.is_terminal:
                left = progress.tasks[task].time_remaining
                when = f", {left / 60:.0f} min left" if left else ""
                console.print(f"[{percent:.0f} %{when}] {text}", markup=False, soft_wrap=True)
            elif not text.startswith("Measuring") and not text.endswith(" ok"):
                console.print(text, markup=False, soft_wrap=True)
        return process.wait()


def _step(line: str) -> tuple[float, str] | None:
    """The percentage and the text of a line in which asv says how far it is: that a release begins,
    that a benchmark has ended, or something else. None for any other line."""
    match = re.match(r"\[ *([\d.]+)%\] (·+) (.*)", line)
    if match is None:
        return None
    percent, dots, text = match.groups()
    if release := re.match(r"For \S+ commit (\S+?)(?: \(|:)", text):
        return float(percent), f"Measuring {release[1]}"
    if len(dots) < 3 and not text.startswith(("Building for", "Benchmarking")):
        return float(percent), text
    if len(dots) == 3 and (ended := re.match(r"(\S*\w)\s+(\S.*)", text)):
        return float(percent), f"{ended[1]} {ended[2]}"
    return None


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
