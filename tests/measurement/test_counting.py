import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from mlx_asv.axes import Axes
from mlx_asv.job import Arm, Case, Copies, Count
from mlx_asv.measurement import counting
from mlx_asv.measurement.counting import Counters, counted, environment
from mlx_asv.measurement.valgrind import Valgrind, valgrind
from mlx_asv.measurement.values import Valued

SUITE = Path(__file__).parent / "suite"

REFERENCE, TWIN = Arm("", "v1", "reference"), Arm("", "v1", "twin")
NEWER = Arm("", "v2", "release")

needs_valgrind = pytest.mark.skipif(
    shutil.which("valgrind") is None, reason="Valgrind is not installed here"
)


def job(
    benchmark: str,
    index: int | None = None,
    *,
    arms: tuple[Arm, ...] = (REFERENCE,),
    copies: Copies = (((4,),), ((8,),)),
) -> Count:
    """Counts of a benchmark of the suite; each backend of the arms is the same combination."""
    backends = {arm.backend: index for arm in arms}
    return Count(
        case=Case(benchmark, "1", Axes.of(case="small"), 60.0, backends),
        group=0,
        arms=arms,
        copies=dict.fromkeys(backends, copies),
        seconds=dict.fromkeys(backends, 0.0),
        warm=1,
    )


def one(job: Count, counters: Counters) -> Valued:
    """What became of the only arm of a job."""
    (found,) = counted(job, counters, jobs=1, tell=lambda text: None)
    return found


def running(folder: Path) -> list[psutil.Process]:
    """The processes that write their logs into a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            pass
    return found


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def files(folder: Path) -> list[Path]:
    """What lies in a folder, and in those in it."""
    return [path for path in folder.rglob("*") if path.is_file()]


def started(engine: Valgrind, folder: Path, python: str = sys.executable) -> Counters:
    """Counting processes of two releases, which are the same; their logs are in a folder."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return Counters(
        engine, python, str(SUITE), folder, environs={"v1": environ, "v2": environ}, modules=()
    )


# -- with Valgrind ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counters]:
    """Counting processes under Valgrind, the same ones for all tests; at the end none is left."""
    folder = tmp_path_factory.mktemp("counts")
    with started(valgrind(), folder) as counters:
        yield counters
    assert running(folder) == []
    assert files(folder) == []


@needs_valgrind
def test_twice_as_much_is_twice_as_many(real: Counters) -> None:
    """Instructions per call, in every replicate, of calls alone."""
    once, twice = (one(job("counted.Loop.time_loop", index), real) for index in (0, 1))
    assert once.calls == twice.calls == (4, 8)
    assert len(once.values) == 2
    for few, many in zip(once.values, twice.values, strict=True):
        assert 20_000 < few < 20_000 * 1000
        assert many == pytest.approx(2 * few, rel=0.01)


@needs_valgrind
def test_only_later_calls_count(real: Counters) -> None:
    """Neither what comes before a call, nor what the first call alone does."""
    expected = one(job("counted.Prepared.time_loop", 0), real).values
    for benchmark, index in (
        ("counted.Prepared.time_loop", 1),
        ("counted.FirstCall.time_loop", None),
    ):
        assert one(job(benchmark, index), real).values == pytest.approx(expected, rel=0.01)


@needs_valgrind
def test_each_end_has_its_reason_and_the_next_case_is_counted(real: Counters) -> None:
    """By the same process: it is a copy that skips, raises, crashes or exits."""
    reasons = [
        ("skipped", "no such API in this release"),
        ("failed", "ValueError: shapes differ"),
        ("failed", "crashed: SIGSEGV (signal 11): Fatal Python error: Segmentation fault"),
        ("failed", "ended by itself with status 3"),
    ]
    assert one(job("counted.Loop.time_loop", 0), real).outcome == "ok"
    before = pids(real)
    for index, (outcome, reason) in enumerate(reasons):
        found = one(job("counted.Ends.time_call", index), real)
        assert (found.outcome, found.reason, found.values) == (outcome, reason, ())
    found = one(job("counted.Ends.time_call", 5), real)
    assert (found.outcome, found.reason) == (
        "skipped",
        "a call starts processes, whose instructions are not counted",
    )
    assert one(job("counted.Loop.time_loop", 0), real).outcome == "ok"
    assert pids(real) == before


@needs_valgrind
def test_call_that_hangs_is_given_up(real: Counters, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its process, after the limit; another one counts the next case."""
    assert one(job("counted.Loop.time_loop", 0), real).outcome == "ok"
    before = pids(real)
    with monkeypatch.context() as patch:
        patch.setattr(counting, "COUNT_LIMIT", 1.0)
        found = one(job("counted.Ends.time_call", 4), real)
    assert (found.outcome, found.reason) == ("failed", "hung: counting took longer than 1 s")
    assert one(job("counted.Loop.time_loop", 0), real).outcome == "ok"
    assert not set(before) & set(pids(real))


@needs_valgrind
def test_arms_are_counted_side_by_side(real: Counters) -> None:
    """Each in a process of its own, the twin too; equal code is the same to a thousandth."""
    told: list[str] = []
    asked = job("counted.Loop.time_loop", 0, arms=(REFERENCE, TWIN))
    first, second = counted(asked, real, jobs=2, tell=told.append)
    assert [first.arm, second.arm] == [REFERENCE, TWIN]
    assert first.values == pytest.approx(second.values, rel=1e-3)
    assert told == ["counting v1, 1 of 2", "counting v1 (A/A), 2 of 2"]
    assert len(pids(real)) == 2


def pids(counters: Counters) -> list[int]:
    """The process ids of the counting processes."""
    return [each._process.pid for every in counters._all.values() for each in every]


# -- with a counter that is played -----------------------------------------------------------

#: A program in place of Valgrind: it runs nothing, and answers as `counted` says. A call has a
#: million instructions, its set-up 20, and nothing 10.
PLAYED = """#!{python} -IS
import json, os, signal, sys, time
(logs,) = (each[11:-7] for each in sys.argv if each.startswith("--log-file="))
me = os.getpid()
def write(pid, *counts, log=""):
    with open(f"{{logs}}/{{pid}}.log", "w") as file:
        file.write(log)
    for number, count in enumerate(counts, 1):
        with open(f"{{logs}}/{{pid}}.{{number}}", "w") as file:
            file.write(f"events: Ir\\ntotals: {{count}}\\n")
def imported(request):
    return {{}}
def counted(request):
    for pid, calls in enumerate(request["copies"]):
        write(pid, 10, 10 + 20 * calls[0], *(10 + 1000020 * each for each in calls))
    return {{"pids": list(range(len(request["copies"])))}}
{program}
for line in sys.stdin:
    request = json.loads(line)
    reply = imported(request) if request["do"] == "import" else counted(request)
    print(json.dumps(reply), flush=True)
"""

#: What a played program begins with that counts every case but those called odd.
ODD = """
normal = counted
def counted(request):
    if "odd" not in request["benchmark"]:
        return normal(request)
    """


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[str], Counters]]:
    """A function that makes counters of a program; at the end nothing of them may be left."""
    made: list[Counters] = []

    def make(program: str = "") -> Counters:
        folder = tmp_path / f"logs{len(made)}"
        folder.mkdir()
        path = tmp_path / f"played{len(made)}"
        path.write_text(PLAYED.format(python=sys.executable, program=program))
        path.chmod(0o755)
        made.append(started(Valgrind(str(path), "1.0", ()), folder))
        return made[-1]

    yield make
    for each in made:
        each.__exit__()
    assert running(tmp_path) == []
    assert not [path for path in files(tmp_path) if "played" not in path.name]


def test_values_are_medians_of_counts(play: Any) -> None:
    """Each replicate is of the counts of a process; what is no call is taken off."""
    program = (
        "def counted(request):\n"
        "    write(1, 10, 50, 10 + 2 * 120, 10 + 2 * 920, 10 + 2 * 130)\n"
        "    write(2, 5, 85, 5 + 4 * 220, 5 + 4 * 230, 5 + 4 * 20)\n"
        "    return {'pids': [1, 2]}\n"
    )
    asked = job("cases.time_it", copies=(((2, 2, 2),), ((4, 4, 4),)))
    assert one(asked, play(program)) == Valued(REFERENCE, (110.0, 200.0), (2, 4))


def test_one_process_makes_both_counts_of_long_calls(play: Any) -> None:
    """A replicate each."""
    found = one(job("cases.time_it", copies=(((1,), (2,)),)), play())
    assert (found.calls, found.values) == ((1, 2), (1e6, 1e6))


def test_counts_that_a_copy_knows(play: Any) -> None:
    """They come with the reply, where no file is written."""
    program = (
        "def counted(request):\n"
        "    return {'pids': [1, 2], 'counts': [[10, 30, 10 + 4 * 105], [0, 8, 8 * 201]]}\n"
    )
    assert one(job("cases.time_it"), play(program)).values == (100.0, 200.0)


def test_request_names_the_case(play: Any) -> None:
    """And how it is called and counted."""
    program = "def counted(request):\n    return {'failed': json.dumps(request)}\n"
    reason = one(job("cases.time_it", 3), play(program)).reason
    assert reason is not None
    assert json.loads(reason) == {
        "do": "count",
        "suite": str(SUITE),
        "benchmark": "cases.time_it",
        "index": 3,
        "caches": None,
        "copies": [[4], [8]],
        "warm": 1,
        "by": "valgrind",
    }


UNKNOWN = "vex amd64->IR: unhandled instruction bytes: 0x62 0xF1"


@pytest.mark.parametrize(
    ("statements", "outcome", "reason"),
    [
        ("return {'skipped': 'no such API'}", "skipped", "no such API"),
        ("return {'failed': 'ValueError: why'}", "failed", "ValueError: why"),
        (
            f"write(7, 10, log={UNKNOWN!r})\n    return {{'pids': [7], 'died': -4}}",
            "failed",
            "Valgrind does not know the instruction 0x62 0xF1",
        ),
        ("return {'pids': [7], 'died': -4}", "failed", "crashed: SIGILL (signal 4)"),
        (
            "print('Fatal: lost', file=sys.stderr, flush=True)\n"
            "    return {'pids': [7, 8], 'died': -6}",
            "failed",
            "crashed: SIGABRT (signal 6): Fatal: lost",
        ),
        (
            "return {'pids': [7], 'died': -9}",
            "failed",
            "was killed (signal 9): out of memory, or by somebody",
        ),
        ("return {'pids': [7, 8]}", "failed", "0 counts of 3 were made"),
        ("write(7, 1, 2)\n    return {'pids': [7, 8]}", "failed", "2 counts of 3 were made"),
        (
            "write(7, 10, 20, 20)\n    write(8, 10, 20, 30)\n    return {'pids': [7, 8]}",
            "failed",
            "a call is too short to be counted beside its set-up",
        ),
    ],
)
def test_process_goes_on_after_a_reason(
    play: Any, statements: str, outcome: str, reason: str
) -> None:
    """A case that cannot be counted says why; the next is counted by the same process."""
    counters = play(ODD + statements)
    found = one(job("odd.time_it"), counters)
    assert (found.outcome, found.reason, found.values) == (outcome, reason, ())
    before = pids(counters)
    assert one(job("cases.time_it"), counters).values == (1e6, 1e6)
    assert pids(counters) == before


@pytest.mark.parametrize(
    "reply",
    [
        "{}",
        "{'pids': []}",
        "{'pids': 7}",
        "{'pids': [7]}",
        "{'pids': [7, 8, 9]}",
        "{'pids': ['7', '8']}",
        "{'pids': [7, 8], 'counts': 7}",
        "{'pids': [7, 8], 'counts': [[1, 2, 3]]}",
        "{'pids': [7, 8], 'counts': [[1, 2, 3], ['1', 2, 3]]}",
        "{'pids': [], 'died': -9}",
        "{'pids': [7], 'died': 'early'}",
        "[7, 8]",
        "7",
    ],
)
def test_garbage_is_cited_and_ends_the_process(play: Any, reply: str) -> None:
    """Its next reply might be to this request: another process counts the next case."""
    counters = play(f"{ODD}return {reply}")
    found = one(job("odd.time_it"), counters)
    assert found.outcome == "failed"
    assert found.reason is not None and found.reason.startswith("returned garbage: ")
    assert pids(counters) == []
    assert one(job("cases.time_it"), counters).values == (1e6, 1e6)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("return {'failed': 'ValueError: broken suite'}", "ValueError: broken suite"),
        ("return {'pids': [7, 8]}", "returned garbage: {'pids': [7, 8]}"),
        ("sys.exit('no memory')", "ended by itself with status 1: no memory"),
        ("os.kill(me, 9)", "was killed (signal 9): out of memory, or by somebody"),
    ],
)
def test_import_that_fails_is_the_reason_of_every_case(
    play: Any, statement: str, reason: str
) -> None:
    """No reply is taken for that to another request: each case has a new process."""
    counters = play(f"def imported(request):\n    {statement}")
    for name in ("cases.time_it", "cases.time_that"):
        found = one(job(name), counters)
        assert (found.outcome, found.reason, found.values) == ("failed", reason, ())
        assert pids(counters) == []


def test_process_that_ends_between_two_cases(play: Any) -> None:
    """The next case is counted by another."""
    counters = play()
    assert one(job("cases.time_it"), counters).outcome == "ok"
    (pid,) = pids(counters)
    psutil.Process(pid).kill()
    wait_for(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    found = [one(job("cases.time_it"), counters).outcome for _ in range(2)]
    assert found[-1] == "ok"
    assert found[0] in ("ok", "failed")


def test_all_processes_are_killed_at_the_same_time(play: Any) -> None:
    """By somebody, or for want of memory: each arm has its reason, and the next case is counted."""
    counters = play(
        f"{ODD}number = logs[-1]\n"
        "    open(f'{logs}/../../played-{number}-is-here', 'w').close()\n"
        "    while not os.path.exists(f'{logs}/../../played-{1 - int(number)}-is-here'):\n"
        "        time.sleep(0.01)\n"
        "    os.kill(me, 9)"
    )
    asked = job("odd.time_it", arms=(REFERENCE, TWIN))
    found = counted(asked, counters, jobs=2, tell=lambda text: None)
    assert {each.reason for each in found} == {
        "was killed (signal 9): out of memory, or by somebody"
    }
    assert [each.arm for each in found] == [REFERENCE, TWIN]
    assert one(job("cases.time_it"), counters).values == (1e6, 1e6)


def test_no_more_than_so_many_at_the_same_time(play: Any) -> None:
    """An arm begins when there is room; arms of a release share a process if they can."""
    arms = tuple(
        Arm(backend, release, role)
        for release, role in (("v1", "reference"), ("v1", "twin"), ("v2", "release"))
        for backend in ("cpu", "gpu")
    )
    for jobs, processes in ((1, 3), (2, 3), (6, 6)):
        counters = play()
        found = counted(
            job("cases.time_it", arms=arms), counters, jobs=jobs, tell=lambda text: None
        )
        assert {each.arm for each in found} == set(arms)
        assert {each.values for each in found} == {(1e6, 1e6)}
        assert len(pids(counters)) == processes


def test_hang_is_told_from_a_long_count(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is so many seconds for the inputs, and more for each second that calls take."""
    monkeypatch.setattr(counting, "COUNT_LIMIT", 0.2)
    monkeypatch.setattr(counting, "COUNT_FACTOR", 1.0)
    found = one(job("odd.time_it"), play(f"{ODD}time.sleep(60)"))
    assert found.reason == "hung: counting took longer than 0 s"


# -- the environment -------------------------------------------------------------------------


def test_environment_is_a_small_one() -> None:
    """What a release needs is kept, and nothing else, which would shift addresses."""
    found = environment(
        {
            "PATH": "/bin",
            "TMPDIR": "/overlay/tmp",
            "MLX_ASV_OVERLAY": "/overlay",
            "OMP_NUM_THREADS": "2",
            "MLX_BUILD": "cpu",
            "MLX_CPU_AFFINITY": "0,1",
            "MLX_ASV_CALL_LIMIT": "0.1",
            "SSH_CONNECTION": "somewhere",
            "LANG": "de_DE.UTF-8",
            "LC_ALL": "de_DE.UTF-8",
        }
    )
    kept = {"PATH": "/bin", "TMPDIR": "/overlay/tmp", "OMP_NUM_THREADS": "2"}
    assert {**kept, "MLX_BUILD": "cpu", "MLX_ASV_OVERLAY": "/overlay"}.items() <= found.items()
    assert (found["PYTHONHASHSEED"], found["LC_ALL"], found["MLX_ASV_CALL_LIMIT"]) == (
        "0",
        "C",
        "inf",
    )
    assert found["MLX_CPU_AFFINITY"] == "all"
    assert not found.keys() & {"SSH_CONNECTION", "LANG"}
