import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import operation, valgrind
from benchmarks.operation import Operation
from benchmarks.valgrind import calls, count_of, environment, instructions_per_call

from .suite import operations

ROOT = Path(__file__).parents[2]

LOG = """==4711== Cachegrind, a cache and branch-prediction profiler
==4711== Command: python -m benchmarks.counted
==4711==
==4711== I   refs:      1,234,567
"""

#: In place of Valgrind: a log for each number of calls, of a million instructions and 250 a call.
PLAYED = """#!{python}
import pathlib, sys
(logs,) = (each.partition("=")[2] for each in sys.argv if each.startswith("--log-file="))
counts = [int(each) for each in sys.argv[sys.argv.index("benchmarks.counted") + 1].split(",")]
def log(pid, text):
    pathlib.Path(logs.replace("%p", str(pid))).write_text(text)
    print(pid)
def counted():
    for pid, count in enumerate(counts):
        log(pid, f"==1== I refs: {{1_000_000 + 250 * count:,}}\\n")
{program}
"""


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that puts a program in place of Valgrind."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(program: str) -> None:
        path = tmp_path / "valgrind"
        path.write_text(PLAYED.format(python=sys.executable, program=program))
        path.chmod(0o755)

    return put


def count(seconds: float = 0.001) -> float:
    """Instructions of a call of some case."""
    return instructions_per_call("sorting.Sort", ("8", "mlx_cpu"), seconds)


# -- what is counted -------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1e-6, 0.001, 0.09])
def test_a_call_is_what_more_calls_add(play: Any, seconds: float) -> None:
    """Everything that is executed but once cancels: imports, inputs, the first calls."""
    play("counted()")
    assert count(seconds) == 250


def test_one_copy_that_differs_does_not_matter_where_calls_are_short(play: Any) -> None:
    """The median of the copies counts."""
    assert calls(1e-5)[2] == 3
    play("counted()\npathlib.Path(logs.replace('%p', '1')).write_text('==1== I refs: 9,999,999')")
    assert count(1e-5) == 250


def test_short_calls_are_many() -> None:
    """As many as last some milliseconds; a long one is made once more."""
    assert calls(1e-9) == (40, 440, 3)
    assert calls(0.001) == (1, 7, 1)
    assert calls(0.09) == (1, 2, 1)


def test_count_is_in_the_log() -> None:
    """With its commas; of several the last. A log of a process that died has none."""
    assert count_of(LOG) == 1_234_567
    assert count_of("==1== I refs: 5\n==1== I refs:      7\n") == 7
    assert count_of("==1== Process terminating\n") is None


def test_environment_is_small_and_fixed() -> None:
    """The release and its TMPDIR stay; what differs from shell to shell does not."""
    found = environment(
        {
            **{
                "PATH": "/bin",
                "TMPDIR": "/overlay/tmp",
                "ASV_COMMIT": "v1",
                "OMP_NUM_THREADS": "2",
            },
            **{"OLDPWD": "/home", "LC_ALL": "de_DE", "MLX_CPU_AFFINITY": "1", "COLUMNS": "80"},
        }
    )
    assert found["TMPDIR"] == "/overlay/tmp"
    assert found["ASV_COMMIT"] == "v1"
    assert found["OMP_NUM_THREADS"] == "2"
    assert found["PYTHONHASHSEED"] == "0"
    assert found["MLX_CPU_AFFINITY"] == "all"
    assert found["LC_ALL"] == "C"
    assert not {"OLDPWD", "COLUMNS"} & set(found)


# -- what cannot be counted ------------------------------------------------------------------


def test_no_valgrind_is_a_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence that says how to get it."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotImplementedError, match="not here: `apt-get install valgrind`"):
        count()


def test_other_systems_are_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Valgrind runs no Python of macOS's."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(NotImplementedError, match="on Linux alone"):
        count()


def test_long_call_is_a_skip(play: Any) -> None:
    """It says how long it takes."""
    play("sys.exit('asked')")
    with pytest.raises(NotImplementedError, match=r"one call takes 0\.30 s: longer than 0\.1 s"):
        count(0.3)


def test_skip_of_the_process_is_a_skip(play: Any) -> None:
    """The last line that it writes says why."""
    play("print('a warning', 'a call starts programs', file=sys.stderr, sep='\\n')\nsys.exit(3)")
    assert valgrind.SKIPPED == 3
    with pytest.raises(NotImplementedError, match=r"^a call starts programs$"):
        count()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("log(7, 'vex: unhandled instruction bytes: 0x62 0xF1')", "instruction 0x62 0xF1"),
        ("print('ValueError: odd', file=sys.stderr)\nsys.exit(1)", "under Valgrind: ValueError"),
        ("sys.exit(1)", "under Valgrind: status 1"),
        ("counted()\npathlib.Path(logs.replace('%p', '0')).write_text('gone')", "status 0"),
    ],
)
def test_whatever_else_goes_wrong_is_a_failure(play: Any, program: str, why: str) -> None:
    """An instruction that Valgrind does not know, an error, a crash, a log without a count."""
    play(program)
    with pytest.raises(RuntimeError, match=why):
        count()


# -- the process that is counted ---------------------------------------------------------------


def counted(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the program without Valgrind."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.counted", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes")
def test_copies_are_made_one_after_the_other() -> None:
    """One for each number of calls; their process ids are printed."""
    result = counted("1,3,3", "dispatch.Latency", "2x2 2x2", "numpy")
    assert (result.returncode, result.stderr) == (0, "")
    assert len({int(pid) for pid in result.stdout.split()}) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes")
def test_call_that_starts_programs_is_not_counted() -> None:
    """What they execute would be missing."""
    result = counted("1,2", "dispatch.Import", "modules=0", "numpy")
    assert result.returncode == valgrind.SKIPPED
    assert result.stderr.strip() == "a call starts programs, whose instructions are not counted"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes")
def test_error_of_a_copy_is_the_last_line() -> None:
    """And its status is not that of a skip."""
    result = counted("1,2", "dispatch.Latency", "2x2 3x3", "numpy")
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1].startswith("ValueError: ")


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("valgrind") is None, reason="Valgrind is not installed"
)
def test_valgrind_counts_the_same_again() -> None:
    """To a hundredth, of a call of which most is Python's own; and more work is more."""

    def additions(times: int) -> float:
        return instructions_per_call("dispatch.AddChain", (f"1 times={times}", "numpy"), 0.0004)

    once, again, more = additions(100), additions(100), additions(200)
    assert once == pytest.approx(again, rel=0.01)
    assert more == pytest.approx(2 * once, rel=0.15)


# -- asv's benchmark ---------------------------------------------------------------------------


@pytest.mark.parametrize("cls", operations().values(), ids=lambda cls: str(cls.__name__))
def test_every_operation_is_counted(cls: type[Operation]) -> None:
    """asv reads the unit from the method, and the time that it may take."""
    assert vars(cls.track_instructions)["unit"] == "instructions"
    assert vars(cls.track_instructions)["timeout"] > cls.timeout


def test_benchmark_counts_its_own_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """On MLX's CPU, by the seconds of the quickest of some calls."""
    asked = []
    monkeypatch.setattr(
        operation, "instructions_per_call", lambda *found: asked.append(found) or 42.0
    )
    benchmark = operations()["Sort"]()
    monkeypatch.setattr(benchmark, "_call", lambda: None, raising=False)
    assert benchmark.track_instructions("8", "mlx_cpu_compile") == 42.0
    ((name, values, seconds),) = asked
    assert (name, values) == ("sorting.Sort", ("8", "mlx_cpu_compile"))
    assert 0 < seconds < 0.1


@pytest.mark.parametrize("backend", ["numpy", "cpu", "mlx_gpu"])
def test_others_are_skips_with_a_reason(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Controls do not change, and a GPU's work is not seen; asv's --show-stderr says it."""
    with pytest.raises(NotImplementedError, match="counted of MLX on a CPU"):
        operations()["Sort"]().track_instructions("8", backend)
    assert "asv: skipped: " in capsys.readouterr().out
