import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from mlx_asv.measurement.process import Loaded, Process, Skipped, Visited, Worker, WorkerFailed

ROOT = Path(__file__).parents[2]
SUITE = Path(__file__).parent / "suite"

#: What every fake program begins with: it has read a request, and can answer.
PRELUDE = """
import ctypes, json, os, signal, sys, time
def ask():
    return json.loads(sys.stdin.readline())
def answer(**reply):
    print(json.dumps(reply), flush=True)
def loaded():
    answer()
    assert ask() == {"do": "warm up"}
request = ask()
"""
LOADED = "loaded()\nanswer(seconds=0.5, processor=0.5, besides=0, rss=1000)\nask()\n"

Start = Callable[..., Worker]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that runs a program as a worker."""
    with ExitStack() as stack:
        numbers = iter(range(100))

        def begin(program: str, **environ: str) -> Worker:
            number = next(numbers)
            path = tmp_path / f"program{number}.py"
            path.write_text(PRELUDE + program)
            log = tmp_path / f"{number}.log"
            return stack.enter_context(
                Worker(Process(sys.executable, {**os.environ, **environ}, log, path))
            )

        yield begin


def load(worker: Worker, limit: float = 30.0) -> Loaded:
    """Load some case."""
    worker.start_load("/suite", "cases.Sort.time_sort", 3)
    return worker.finish_load(limit)


def failure(worker: Worker, limit: float = 30.0) -> str:
    """Why a case could not be loaded."""
    with pytest.raises(WorkerFailed) as error:
        load(worker, limit)
    return str(error.value)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- what is asked and answered --------------------------------------------------------------


def test_real_worker_loads_and_is_visited(tmp_path: Path) -> None:
    """The program that a sweep runs answers what the sweep asks."""
    environ = {**os.environ, "EVENTS": str(tmp_path / "events")}
    with Worker(Process(sys.executable, environ, tmp_path / "log")) as worker:
        worker.start_load(str(SUITE), "cases.Grid.time_product", 4)
        loaded = worker.finish_load(30.0)
        assert loaded.seconds == pytest.approx(2.0)
        assert loaded.rss > 5_000_000
        visited = worker.visit(calls=2, untimed=1, limit=30.0)
        assert (visited.samples, visited.batch) == (pytest.approx([2.0, 2.0]), 1)


def test_load_names_the_case(start: Start) -> None:
    """The request has the suite, the benchmark and the combination of its parameters."""
    assert json.loads(failure(start("answer(failed=json.dumps(request))"))) == {
        "do": "load",
        "suite": "/suite",
        "benchmark": "cases.Sort.time_sort",
        "index": 3,
    }


def test_load_tells_duration_and_memory(start: Start) -> None:
    """Seconds of a call and bytes of the process are what the worker says."""
    worker = start("loaded()\nanswer(seconds=2, processor=1, besides=0, rss=1000)")
    assert load(worker) == Loaded(seconds=2.0, processor=1.0, rss=1000)


def test_visit_asks_for_calls_and_gets_samples(start: Start) -> None:
    """The request has how many calls, and how many go before; the reply has the samples."""
    worker = start(
        "loaded()\n"
        "answer(seconds=0.5, processor=0.5, besides=0, rss=1000)\n"
        "visit = ask()\n"
        "assert visit == {'do': 'visit', 'calls': 7, 'untimed': 2}\n"
        "answer(samples=[0.25, 1], batch=4)\n"
        "visit = ask()\n"
        "assert visit == {'do': 'visit', 'calls': 1, 'untimed': 0}\n"
        "answer(samples=[2.5], batch=1)"
    )
    load(worker)
    assert worker.visit(7, 2, 30.0) == Visited([0.25, 1], 4)
    assert worker.visit(1, 0, 30.0) == Visited([2.5], 1)


def test_visit_has_what_the_machine_counted(start: Start) -> None:
    """Instructions and cycles of a call, or one of them."""
    worker = start(
        LOADED + "answer(samples=[1], batch=1, instructions=1500.5, cycles=700)\n"
        "ask()\n"
        "answer(samples=[1], batch=1, instructions=1500.5)"
    )
    load(worker)
    assert worker.visit(1, 0, 30.0) == Visited([1], 1, 1500.5, 700)
    assert worker.visit(1, 0, 30.0) == Visited([1], 1, 1500.5, None)


def test_several_load_at_the_same_time(start: Start, tmp_path: Path) -> None:
    """A load is asked for without waiting: here the first ends only after the second has."""
    done = tmp_path / "done"
    first = start(
        "while not os.path.exists(os.environ['DONE']): time.sleep(0.01)\n"
        "loaded()\nanswer(seconds=1.0, processor=1.0, besides=0, rss=1)",
        DONE=str(done),
    )
    second = start(
        "open(os.environ['DONE'], 'w')\nloaded()\n"
        "answer(seconds=2.0, processor=2.0, besides=0, rss=2)",
        DONE=str(done),
    )
    for worker in (first, second):
        worker.start_load("/suite", "benchmark", None)
    assert first.finish_load(30.0) == Loaded(1.0, 1.0, 1)
    assert second.finish_load(30.0) == Loaded(2.0, 2.0, 2)


def test_reply_may_come_in_pieces(start: Start) -> None:
    """A reply is a line, however many writes it takes."""
    worker = start(
        "loaded()\n"
        "for piece in ('{\"seconds\"', ': 2.0, ', '\"processor\": 2.0, ',"
        " '\"besides\": 0, \"rss\": 3}', '\\n'):\n"
        "    os.write(1, piece.encode())\n"
        "    time.sleep(0.02)"
    )
    assert load(worker) == Loaded(2.0, 2.0, 3)


def test_process_has_the_environment_and_directory_it_is_given(tmp_path: Path) -> None:
    """Only the variables of its release, and the directory of its log."""
    program = tmp_path / "program.py"
    program.write_text(
        PRELUDE + "answer(failed=json.dumps([os.environ.get('RELEASE'), 'HOME' in os.environ, "
        "os.getcwd()]))"
    )
    (tmp_path / "logs").mkdir()
    process = Process(sys.executable, {"RELEASE": "v1"}, tmp_path / "logs/1.log", program)
    with Worker(process) as worker:
        assert json.loads(failure(worker)) == ["v1", False, str(tmp_path / "logs")]


# -- what does not apply, and what fails -----------------------------------------------------


def test_skipped_case_has_its_reason(start: Start) -> None:
    """That a case does not apply is no failure."""
    with pytest.raises(Skipped, match=r"^no such dtype$"):
        load(start("answer(skipped='no such dtype')"))


def test_reason_of_a_failure_is_cut(start: Start) -> None:
    """What a benchmark raised is the reason, the first 500 characters of it."""
    reason = failure(start("answer(failed='ValueError: ' + 'x' * 100_000)"))
    assert reason == "ValueError: " + "x" * 488


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed: SIGSEGV (signal 11)"),
        ("ctypes.string_at(0)", "crashed: SIGSEGV (signal 11)"),
        ("os.abort()", "crashed: SIGABRT (signal 6)"),
        (
            "print('first', 'Fatal: no GPU', '', sep='\\n', file=sys.stderr)\nos.abort()",
            "crashed: SIGABRT (signal 6): Fatal: no GPU",
        ),
        ("os.kill(os.getpid(), 40)", "crashed: (signal 40)"),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "was killed (signal 9): out of memory, or by somebody",
        ),
        ("sys.exit(3)", "ended by itself with status 3"),
        ("sys.exit(0)", "ended by itself with status 0"),
        ("raise ValueError('why')", "ended by itself with status 1: ValueError: why"),
        ("sys.exit('x' * 500)", f"ended by itself with status 1: {'x' * 200}"),
        ("sys.stdout.write('{')\nsys.exit(0)", "ended by itself with status 0"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the numbers of signals are Linux's")
def test_end_of_the_process_is_the_reason(start: Start, program: str, reason: str) -> None:
    """How it ended, and the last line that it said."""
    assert failure(start(program)) == reason


def test_crash_in_a_visit(start: Start) -> None:
    """A call may crash although the first did not."""
    worker = start(LOADED + "os.kill(os.getpid(), signal.SIGSEGV)")
    load(worker)
    with pytest.raises(WorkerFailed, match=r"^crashed: SIGSEGV \(signal 11\)$"):
        worker.visit(1, 0, 30.0)


def test_killed_between_two_requests(start: Start) -> None:
    """Who is gone before it is asked is found out when it is asked."""
    worker = start(LOADED)
    load(worker)
    os.kill(worker.pid, signal.SIGKILL)
    wait_for(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)
    with pytest.raises(WorkerFailed, match=r"^was killed \(signal 9\): out of memory"):
        worker.visit(1, 0, 30.0)


def test_gone_before_it_is_asked_to_load(start: Start) -> None:
    """A process that does not even start says so when it is asked."""
    worker = start("")
    os.kill(worker.pid, signal.SIGKILL)
    wait_for(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)
    with pytest.raises(WorkerFailed, match="was killed"):
        worker.start_load("/suite", "benchmark", None)


def test_output_closed_without_an_end(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that can no longer answer but lives is not waited for."""
    wait = subprocess.Popen.wait
    monkeypatch.setattr(  # do not give it five seconds
        subprocess.Popen,
        "wait",
        lambda self, timeout=None: wait(self, 0.1 if timeout else None),
    )
    worker = start("os.close(1)\ntime.sleep(3600)")
    assert failure(worker) == "closed its output without ending"


# -- what hangs ------------------------------------------------------------------------------


def test_hang_while_loading(start: Start) -> None:
    """A worker that does not answer in time is said to hang, and killed."""
    worker = start("time.sleep(3600)")
    assert failure(worker, limit=0.6) == "hung: loading took longer than 1 s"
    wait_for(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)


def test_hang_in_the_first_calls(start: Start) -> None:
    """They have as much time as loading had."""
    worker = start("loaded()\ntime.sleep(3600)")
    assert failure(worker, limit=0.6) == "hung: the first calls took longer than 1 s"
    wait_for(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)


def test_hang_costs_those_that_wait_nothing(tmp_path: Path) -> None:
    """Who loads beside one whose first call hangs is loaded in its own time."""
    environ = {**os.environ, "EVENTS": str(tmp_path / "events")}
    with (
        Worker(Process(sys.executable, environ, tmp_path / "first")) as hangs,
        Worker(Process(sys.executable, environ, tmp_path / "second")) as fine,
    ):
        hangs.start_load(str(SUITE), "cases.time_forever", None)
        time.sleep(0.5)
        fine.start_load(str(SUITE), "cases.Grid.time_product", 4)
        assert fine.finish_load(10.0).seconds == pytest.approx(2.0)
        with pytest.raises(WorkerFailed, match=r"^hung: the first calls took longer than 1 s$"):
            hangs.finish_load(1.0)


def test_hang_in_a_visit(start: Start) -> None:
    """So is one that loaded well."""
    worker = start(LOADED + "time.sleep(3600)")
    load(worker)
    with pytest.raises(WorkerFailed, match=r"^hung: a visit took longer than 1 s$"):
        worker.visit(1, 0, 0.6)


def test_endless_reply_is_a_hang(start: Start) -> None:
    """Something coming all the time is not an answer either."""
    worker = start("while True:\n    os.write(1, b' ')\n    time.sleep(0.02)")
    assert failure(worker, limit=0.6) == "hung: loading took longer than 1 s"


# -- what answers nonsense -------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"Segmentation fault",
        b"{",
        b"null",
        b"3.5",
        b"[]",
        b'["seconds"]',
        b"\xff\xfe{}",
        b"\x00",
        b"[" * 100_000,
        b"{}",
        b'{"seconds": 1.0, "processor": 1.0}',
        b'{"seconds": 1.0, "rss": 1}',
        b'{"seconds": 1.0, "processor": 0, "besides": 0, "rss": 1}',
        b'{"seconds": 1.0, "processor": "1", "besides": 0, "rss": 1}',
        b'{"rss": 1}',
        b'{"seconds": null, "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": "1", "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": true, "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": 0, "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": -1.0, "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": NaN, "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": Infinity, "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": 1' + b"0" * 400 + b', "processor": 1.0, "besides": 0, "rss": 1}',
        b'{"seconds": 1.0, "processor": 1.0, "besides": 0, "rss": "1"}',
        b'{"seconds": 1.0, "processor": 1.0, "besides": 0, "rss": 1.5}',
        b'{"seconds": 1.0, "processor": 1.0, "rss": 1}',
        b'{"seconds": 1.0, "processor": 1.0, "besides": -1, "rss": 1}',
        b'{"seconds": 1.0, "processor": 1.0, "besides": "0", "rss": 1}',
        b'{"samples": [1.0], "batch": 1}',
    ],
    ids=lambda line: repr(line[:40]),
)
@pytest.mark.parametrize("before", ["", "loaded()\n"], ids=["loading", "first calls"])
def test_load_refuses_garbage(start: Start, tmp_path: Path, line: bytes, before: str) -> None:
    """What is no answer to a load is a failure of that worker, and cited."""
    if line == b"{}" and not before:
        line = b'{"seconds": 1.0, "rss": 1}'  # it was not asked for that yet
    (tmp_path / "line").write_bytes(line + b"\n")
    reason = failure(start(before + "os.write(1, open('line', 'rb').read())"))
    assert reason.startswith("returned garbage: ")
    assert len(reason) < 200
    if b"seconds" in line:
        assert "seconds" in reason


@pytest.mark.parametrize(
    "reply",
    [
        "{}",
        '{"samples": [], "batch": 1}',
        '{"samples": null, "batch": 1}',
        '{"samples": 1.0, "batch": 1}',
        '{"samples": "1.0", "batch": 1}',
        '{"samples": {"1.0": 1}, "batch": 1}',
        '{"samples": [NaN], "batch": 1}',
        '{"samples": [1.0, Infinity], "batch": 1}',
        '{"samples": [1.0, -Infinity], "batch": 1}',
        '{"samples": [1.0, -1.0], "batch": 1}',
        '{"samples": [1.0, 0.0], "batch": 1}',
        '{"samples": [1.0, "1.0"], "batch": 1}',
        '{"samples": [1.0, null], "batch": 1}',
        '{"samples": [1.0, true], "batch": 1}',
        '{"samples": [[1.0]], "batch": 1}',
        '{"samples": [1' + "0" * 400 + '], "batch": 1}',
        '{"samples": [1.0]}',
        '{"samples": [1.0], "batch": 0}',
        '{"samples": [1.0], "batch": -1}',
        '{"samples": [1.0], "batch": 1.0}',
        '{"samples": [1.0], "batch": "1"}',
        '{"samples": [1.0], "batch": 1, "instructions": 0}',
        '{"samples": [1.0], "batch": 1, "instructions": "1"}',
        '{"samples": [1.0], "batch": 1, "cycles": NaN}',
        '{"seconds": 1.0, "rss": 1}',
    ],
    ids=lambda reply: reply[:40],
)
def test_visit_refuses_garbage(start: Start, reply: str) -> None:
    """Samples are positive finite numbers, at least one; nothing else becomes an observation."""
    worker = start(f"{LOADED}print({reply!r}, flush=True)")
    load(worker)
    with pytest.raises(WorkerFailed, match=r"^returned garbage: \{"):
        worker.visit(1, 0, 30.0)


def test_endless_line_is_garbage(start: Start) -> None:
    """A line that does not end is given up before it fills the memory."""
    worker = start("while True:\n    os.write(1, b'x' * 65536)")
    assert failure(worker) == f"returned garbage: {b'x' * 100!r}"


def test_command_before_the_program(tmp_path: Path) -> None:
    """It is given the program to run, as Valgrind is; what it says goes to the log."""
    program = tmp_path / "program.py"
    program.write_text(PRELUDE + "answer(before=os.environ['BEFORE'])\nask()")
    process = Process(
        sys.executable, {**os.environ}, tmp_path / "log", program, before=["env", "BEFORE=here"]
    )
    try:
        process.send({"do": "tell"})
        assert process.receive(30.0, "telling") == {"before": "here"}
    finally:
        process.kill()


def test_command_before_the_program_that_fails(tmp_path: Path) -> None:
    """Its last words are the reason."""
    before = ["sh", "-c", "echo 'no such tool' >&2; exit 3"]
    process = Process(sys.executable, {**os.environ}, tmp_path / "log", before=before)
    with pytest.raises(WorkerFailed, match=r"^ended by itself with status 3: no such tool$"):
        process.receive(30.0, "starting")
    process.kill()


def test_forgotten_log(tmp_path: Path) -> None:
    """What was said before is no reason of a later failure."""
    program = tmp_path / "program.py"
    program.write_text(
        PRELUDE + "print('early', file=sys.stderr, flush=True)\nanswer()\nask()\n"
        "print('late', file=sys.stderr, flush=True)\nsys.exit(3)"
    )
    process = Process(sys.executable, {**os.environ}, tmp_path / "log", program)
    process.send({})
    assert process.receive(30.0, "starting") == {}
    process.forget_log()
    process.send({})
    with pytest.raises(WorkerFailed, match=r"late$"):
        process.receive(30.0, "ending")
    assert (tmp_path / "log").read_text() == "late\n"
    process.kill()


# -- nothing is left -------------------------------------------------------------------------


def test_alive_until_somebody_kills_it(tmp_path: Path) -> None:
    """A process is given up with its kill, not when the kernel is done with it; and when it has
    ended by itself."""
    program = tmp_path / "program.py"
    program.write_text(PRELUDE)
    killed, ended = (
        Process(sys.executable, {**os.environ}, tmp_path / name, program) for name in ("1", "2")
    )
    assert killed.alive and ended.alive
    killed.begin_kill()
    assert not killed.alive
    ended.send({})
    wait_for(lambda: not ended.alive)
    for process in (killed, ended):
        process.kill()


def test_kill_leaves_nothing(start: Start, tmp_path: Path) -> None:
    """After `kill` there is no process, no zombie, no open pipe and no log, also if twice."""
    me = psutil.Process()
    start("").kill()  # what Python opens once and for all is open now
    files, children = me.num_fds(), len(me.children())
    workers = [
        start("time.sleep(3600)"),
        start("print('said', file=sys.stderr, flush=True)\nanswer(failed='')"),
        start("sys.exit(0)"),
        start("os.close(1)\ntime.sleep(3600)"),
        start("os.write(1, b'x' * 60_000)\ntime.sleep(3600)"),
    ]
    for worker in workers:
        worker.start_load("/suite", "benchmark", None)
    with pytest.raises(WorkerFailed):
        workers[1].finish_load(30.0)
    assert me.num_fds() == files + 2 * len(workers)
    for worker in [*workers, *workers]:
        worker.kill()
    assert (me.num_fds(), len(me.children())) == (files, children)
    assert not any(psutil.pid_exists(worker.pid) for worker in workers)
    assert list(tmp_path.glob("*.log")) == []
    del worker, workers
    gc.collect()  # an open pipe would be a ResourceWarning, which is an error


def test_end_may_begin_before_it_is_waited_for(start: Start) -> None:
    """Several processes can be told to end, and then be waited for."""
    worker = start("time.sleep(3600)")
    worker.begin_kill()
    wait_for(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)
    worker.kill()
    assert not psutil.pid_exists(worker.pid)


def test_leaving_the_context_kills(tmp_path: Path) -> None:
    """However a ``with`` ends, the process is gone."""
    with (
        pytest.raises(KeyboardInterrupt),
        Worker(Process(sys.executable, os.environ, tmp_path / "log")) as worker,
    ):
        assert psutil.pid_exists(worker.pid)
        raise KeyboardInterrupt
    assert not psutil.pid_exists(worker.pid)
    assert list(tmp_path.iterdir()) == []


PARENT = """
import os, sys, time
from pathlib import Path
from mlx_asv.measurement.process import Process, Worker
worker = Worker(Process(sys.executable, os.environ, Path(sys.argv[1]) / "log"))
worker.start_load(sys.argv[2], "cases.time_forever", None)
print(worker.pid, flush=True)
worker.finish_load(3600)
"""


def alive(process: psutil.Process) -> bool:
    """Whether a process that is nobody's child here still runs."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_worker_dies_with_the_sweep(tmp_path: Path) -> None:
    """A sweep that is killed leaves no worker, not even one in the middle of a long call."""
    events = tmp_path / "events"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path, SUITE],
        cwd=ROOT,
        env={**os.environ, "EVENTS": str(events)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        worker = psutil.Process(int(parent.stdout.readline()))
        try:
            wait_for(events.exists)
            assert alive(worker)
            parent.kill()
            wait_for(lambda: not alive(worker))
        finally:
            if alive(worker):
                worker.kill()
