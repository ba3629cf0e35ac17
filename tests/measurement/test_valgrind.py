import sys
from pathlib import Path

import pytest
from mlx_asv.measurement.valgrind import (
    EstimatedCycles,
    NoCounter,
    Valgrind,
    events_of,
    unknown_instruction,
    valgrind,
)

#: Files of counts and logs of Valgrind 3.19.0, without the functions of which they tell.
COUNT = """\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 23374
cmd:  python -I -S p.py
part: 2


desc: I1 cache:
desc: D1 cache:
desc: LL cache:

desc: Timerange: Basic block 2736 - 220443
desc: Trigger: Client Request

positions: line
events: Ir
summary: 1113971


ob=(1) ???
fl=(1) ???
fn=(244) 0x0000000004936788
0 1
cob=(4) /usr/lib/libpython3.11.so.1.0
cfn=(246) PyObject_GenericGetAttr
calls=1 1368
0 219

totals: 1114035
"""
SIMULATED = """\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 23391
part: 2

desc: I1 cache: 32768 B, 64 B, 8-way associative
desc: Trigger: Client Request

positions: line
events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim
summary: 1147973 336955 174204 283 144 24 114 133 24 142778 4994 25258 4097


fn=(40) pthread_cond_signal@@GLIBC_2.2.5
35 14 0 12
+6 2 2

totals: 1148037 337019 174204 296 144 24 114 133 24 142778 4994 25322 4131
"""
LOG = """\
==11487== Callgrind, a call-graph generating cache profiler
==11487== Copyright (C) 2002-2017, and GNU GPL'd, by Josef Weidendorfer et al.
==11487== Using Valgrind-3.19.0 and LibVEX; rerun with -h for copyright info
==11487== Command: python -I -S p.py
==11487== Parent PID: 11440
==11487==
==11487== For interactive control, run 'callgrind_control -h'.
"""
CRASHED = (
    LOG
    + """\
==11487== Process terminating with default action of signal 11 (SIGSEGV)
==11487==    at 0x4E3B267: kill (syscall-template.S:120)
==11487==    by 0x4E26249: (below main) (libc_start_call_main.h:58)
==11487==
==11487== Events    : Ir
==11487== Collected : 45831247
"""
)
UNKNOWN = (
    LOG
    + """\
vex amd64->IR: unhandled instruction bytes: 0x62 0xF1 0x7C 0x48 0x58 0xC1 0xB8 0x0 0x0 0x0
vex amd64->IR:   REX=0 REX.W=0 REX.R=0 REX.X=0 REX.B=0
==11487== valgrind: Unrecognised instruction at address 0x10912d.
==11487== Process terminating with default action of signal 4 (SIGILL)
==11487==  Illegal opcode at address 0x10912D
"""
)

VERSION = 'echo "valgrind-3.19.0"\n'


def program(folder: Path, name: str, text: str) -> Path:
    """A program of a shell's, alone in its folder."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH, on Linux."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "platform", "linux")
    return folder


# -- what it writes --------------------------------------------------------------------------


def write(folder: Path, pid: int, *counts: str) -> None:
    """The files of counts that a process has written, and the one that is written at its end."""
    for number, text in enumerate(counts, 1):
        (folder / f"{pid}.{number}").write_text(text)
    (folder / f"{pid}").write_text(COUNT)


def test_counts_of_a_process(tmp_path: Path) -> None:
    """In the order in which it asked, without what was counted until its end."""
    write(tmp_path, 7, COUNT, COUNT.replace("1114035", "2246255"), *[COUNT] * 9)
    write(tmp_path, 71, *[COUNT.replace("1114035", "3")] * 20)
    counter = Valgrind("/bin/valgrind", "3.19.0", ())
    assert counter.counts(tmp_path, 7) == [1_114_035, 2_246_255, *[1_114_035] * 9]
    assert counter.counts(tmp_path, 8) == []


def test_half_a_count_is_none(tmp_path: Path) -> None:
    """A process that is killed while it writes has not counted."""
    counter = Valgrind("/bin/valgrind", "3.19.0", ())
    for half in ("", COUNT[:300], COUNT[: COUNT.index("totals")], COUNT[: -len("14035\n")]):
        write(tmp_path, 7, COUNT, half, COUNT)
        assert counter.counts(tmp_path, 7) == [1_114_035]


def test_events_of_a_count() -> None:
    """All of them by name; zeros at the end are not written."""
    assert events_of(COUNT) == {"Ir": 1_114_035}
    assert events_of(SIMULATED)["Bim"] == 4131
    assert events_of("events: Ir Dr Dw\ntotals: 5 3\n") == {"Ir": 5, "Dr": 3, "Dw": 0}


def test_estimated_cycles(tmp_path: Path) -> None:
    """Misses and wrong branches cost more than an instruction."""
    write(tmp_path, 7, SIMULATED)
    counter = EstimatedCycles("/bin/valgrind", "3.19.0", ())
    first, last = 296 + 144 + 24 + 4994 + 4131, 114 + 133 + 24
    assert counter.counts(tmp_path, 7) == [1_148_037 + 10 * first + 100 * last]
    assert "--cache-sim=yes" in counter.command(tmp_path)


def test_unknown_instruction_is_told() -> None:
    """By its bytes: whoever knows processors knows which one it is."""
    assert unknown_instruction(UNKNOWN) == (
        "Valgrind does not know the instruction 0x62 0xF1 0x7C 0x48 0x58 0xC1 0xB8 0x0 0x0 0x0"
    )
    assert unknown_instruction(CRASHED) is None


# -- whether it is there ---------------------------------------------------------------------


def test_it_is_named_by_its_version(path: Path) -> None:
    """The version is part of what is recorded of each count."""
    expected = program(path, "valgrind", VERSION)
    found = valgrind()
    assert (found.path, found.name) == (str(expected), "valgrind 3.19.0 callgrind")


def test_command_has_a_log_for_each_process(tmp_path: Path) -> None:
    """And a file for each count; nothing is counted that a process did not ask for, and programs
    that it starts are left alone."""
    command = Valgrind("/bin/valgrind", "3.19.0", ("setarch", "-R")).command(tmp_path)
    assert command[:3] == ["setarch", "-R", "/bin/valgrind"]
    assert f"--log-file={tmp_path}/%p.log" in command
    assert f"--callgrind-out-file={tmp_path}/%p" in command
    assert {"--tool=callgrind", "--instr-atstart=no", "--trace-children=no"} <= set(command)
    assert "--cache-sim=no" in command


def test_without_valgrind(path: Path) -> None:
    """One sentence says how to get it."""
    with pytest.raises(NoCounter, match=r"not installed here: install it \(`apt-get install val"):
        valgrind()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_another_system(path: Path, monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """Valgrind counts on Linux alone, whatever is in PATH."""
    program(path, "valgrind", VERSION)
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(NoCounter, match="Instructions are counted on Linux"):
        valgrind()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo 'no tool' >&2\necho 'valgrind: failed to start' >&2\nexit 1\n", "failed to start"),
        ("exit 3\n", "status 3"),
        ("exit 0\n", "status 0"),
    ],
)
def test_valgrind_that_does_not_run(path: Path, text: str, reason: str) -> None:
    """It is there and broken: its last line, or its status, is the reason."""
    program(path, "valgrind", text)
    with pytest.raises(NoCounter, match=rf"Valgrind does not run here \(.*{reason}\)"):
        valgrind()


@pytest.mark.parametrize(("status", "before"), [(0, ["setarch", "-R"]), (1, [])])
def test_addresses_are_the_same_where_that_is_allowed(
    path: Path, status: int, before: list[str]
) -> None:
    """A container may forbid it: counts are made all the same."""
    program(path, "valgrind", VERSION)
    program(path, "setarch", f"exit {status}\n")
    assert [Path(each).name for each in valgrind().before] == before


def test_without_setarch(path: Path) -> None:
    """What is not there is not used."""
    program(path, "valgrind", VERSION)
    assert valgrind().before == ()
