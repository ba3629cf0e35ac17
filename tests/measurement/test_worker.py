import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlx_asv.measurement.hardware_counters import EVENTS, opened
from mlx_asv.measurement.process import PROGRAM
from mlx_asv.measurement.worker import skip_reason

SUITE = Path(__file__).parent / "suite"

Reply = dict[str, Any]


class Asked:
    """A worker process, and the events that its benchmarks write down."""

    def __init__(self, path: Path) -> None:
        self._events = path / "events"
        self._stderr = path / "stderr"
        with open(self._stderr, "w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, "EVENTS": str(self._events)},
                cwd=path,
                text=True,
            )

    def __call__(self, **request: object) -> Reply:
        """Ask, and wait for the one line that comes back."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        reply: Reply = json.loads(self.process.stdout.readline())
        return reply

    def load(self, benchmark: str, index: int | None = None, suite: Path = SUITE) -> Reply:
        """Ask for a case, and for its first calls: the reply."""
        return self(do="load", suite=str(suite), benchmark=benchmark, index=index) or self(
            do="warm up"
        )

    def visit(self, calls: int, untimed: int = 0) -> Reply:
        """Ask for calls of it: the reply, without what only some machines count."""
        reply = self(do="visit", calls=calls, untimed=untimed)
        self.counts = {name: reply.pop(name) for name in EVENTS if name in reply}
        return reply

    def events(self) -> list[str]:
        """What happened since this was asked last."""
        if not self._events.exists():
            return []
        found = self._events.read_text().splitlines()
        self._events.unlink()
        return found

    def end(self) -> tuple[int, str]:
        """End the requests: its exit status, and what it still says."""
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said

    @property
    def said(self) -> str:
        """What it wrote to stderr."""
        return self._stderr.read_text()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Asked]:
    """A worker that has not loaded anything yet."""
    asked = Asked(tmp_path)
    yield asked
    asked.process.kill()
    asked.process.communicate()


# -- what is timed ---------------------------------------------------------------------------


def test_sample_without_setup_is_a_batch_of_calls(worker: Asked) -> None:
    """As many calls make a sample as last a millisecond."""
    assert worker.load("cases.time_function")["seconds"] == pytest.approx(0.0002)
    assert worker.events() == ["call"]
    visited = worker.visit(calls=12)
    assert visited == {"samples": pytest.approx([0.0002, 0.0002]), "batch": 5}
    assert worker.events() == ["call"] * 10


def test_method_without_setup_is_timed_in_batches_too(worker: Asked) -> None:
    """Whether it is a method or a function makes no difference."""
    assert worker.load("cases.Plain.time_method")["seconds"] == pytest.approx(0.0001)
    assert worker.visit(calls=31) == {"samples": pytest.approx([0.0001] * 3), "batch": 10}


def test_visit_is_at_least_one_sample(worker: Asked) -> None:
    """Fewer calls than make a sample are a sample all the same."""
    worker.load("cases.time_function")
    assert worker.visit(calls=1) == {"samples": pytest.approx([0.0002]), "batch": 5}


def test_visit_begins_with_untimed_calls(worker: Asked) -> None:
    """The calls that bring things into the caches are in no sample."""
    worker.load("cases.time_function")
    for untimed in (0, 3):
        assert worker.visit(calls=5, untimed=untimed)["samples"] == pytest.approx([0.0002])
    assert worker.events() == ["call"] * (1 + 5 + 3 + 5)


def test_setup_comes_before_every_timed_call(worker: Asked) -> None:
    """With a setup each call is a sample of its own, and works on fresh input, as in asv."""
    assert worker.load("cases.Set.time_sort")["seconds"] == pytest.approx(0.0001)
    again = ["teardown", "setup", "call"]
    assert worker.events() == ["setup", "call"]
    assert worker.visit(calls=3) == {"samples": pytest.approx([0.0001] * 3), "batch": 1}
    assert worker.events() == again * 3
    assert len(worker.visit(calls=3, untimed=1)["samples"]) == 3
    assert worker.events() == again * 4


def test_function_with_a_setup_of_its_own(worker: Asked) -> None:
    """``time_x.setup = f`` is a setup like any other."""
    worker.load("cases.time_function_with_setup")
    assert worker.visit(calls=2)["batch"] == 1
    assert worker.events() == ["setup", "call"] * 3


@pytest.mark.parametrize(
    ("benchmark", "calls", "setups"),
    [
        ("cases.Warms.time_call", 7, 0),
        ("cases.WarmsBriefly.time_call", 4, 0),
        ("cases.WarmsWithSetup.time_call", 7, 7),
    ],
)
def test_loading_calls_until_it_is_warm(
    worker: Asked, benchmark: str, calls: int, setups: int
) -> None:
    """After the first, calls are made for asv's 0.1 s, or as long as the benchmark says."""
    assert worker.load(benchmark)["seconds"] == pytest.approx(0.02)
    events = worker.events()
    assert (events.count("call"), events.count("setup")) == (calls, setups)


def test_warm_up_of_nothing_is_a_call(worker: Asked) -> None:
    """Without any time to warm up there is one call, which tells how long one takes."""
    worker.load("cases.time_function")
    assert worker.events() == ["call"]


def test_index_picks_the_combination_of_parameters(worker: Asked) -> None:
    """Combinations are numbered as asv does: the last parameter varies fastest."""
    found = [worker.load("cases.Grid.time_product", index)["seconds"] for index in range(6)]
    assert found == pytest.approx([0.1, 1.0, 10.0, 0.2, 2.0, 20.0])


def test_index_beyond_the_last_combination(worker: Asked) -> None:
    """There is no seventh of six."""
    reply = worker.load("cases.Grid.time_product", 6)
    assert reply == {"failed": "ValueError: Invalid benchmark parameter permutation index: 6"}


def test_cache_is_made_once_and_given_to_setup_and_call(worker: Asked) -> None:
    """What ``setup_cache`` returns comes before the parameters, even if it is empty."""
    worker.load("cases.Cached.time_call", 1)
    worker.visit(calls=1)
    assert worker.events() == ["cache", *["setup [] b", "call", "[] b"] * 2]


def test_raw_timing_runs_in_a_process_of_its_own(worker: Asked) -> None:
    """``timeraw_`` benchmarks, which asv calls time benchmarks as well, are timed."""
    assert worker.load("cases.timeraw_process")["seconds"] > 0
    visited = worker.visit(calls=2 * worker.visit(calls=1)["batch"])
    assert len(visited["samples"]) == 2
    assert min(visited["samples"]) > 0


def test_collector_leaves_alone_what_was_loaded(worker: Asked) -> None:
    """Once loaded, what there is is frozen: a collection in a timed call does not look at it."""
    worker.load("cases.Frozen.time_call")
    worker.visit(calls=1)
    events = worker.events()
    assert events[0] == "thawed"
    assert set(events[1:]) == {"frozen"}


def test_memory_is_in_bytes(worker: Asked) -> None:
    """A Python process holds more than 5 MB and less than 5 GB."""
    assert 5e6 < worker.load("cases.time_function")["rss"] < 5e9


def test_nothing_of_ours_is_needed(worker: Asked) -> None:
    """The measuring environment has asv_runner, and none of the packages that a sweep needs."""
    worker.load("cases.time_modules")
    names = {name.split(".")[0] for name in worker.events()[0].split()}
    assert "asv_runner" in names
    assert not names & {"mlx_asv", "asv", "polars", "psutil", "scipy", "click", "rich"}


# -- what does not apply ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (0, "no such API in this release"),
        (1, "no 'gelu' (yet)\nsee \"nn\""),
        (2, "NotImplementedError"),
        (3, "('no gelu', 2)"),
        (4, "listed in skip_params"),
    ],
)
def test_skipped_case_says_why(worker: Asked, index: int, reason: str) -> None:
    """asv's ways to skip, and the reason in its author's words."""
    assert worker.load("odd.Skips.time_call", index) == {"skipped": reason}
    assert worker.events() == []


def test_setup_of_a_function_can_skip(worker: Asked) -> None:
    """A function's own setup may say that it does not apply."""
    assert worker.load("odd.time_skipping_function") == {"skipped": "no such dtype"}
    assert worker.events() == []


def test_another_case_can_be_loaded_after_a_skip(worker: Asked) -> None:
    """One combination that does not apply says nothing about the next."""
    assert "skipped" in worker.load("odd.Skips.time_call", 0)
    assert worker.load("odd.Skips.time_call", 5)["seconds"] > 0
    assert set(worker.events()) == {"applies"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("asv: skipped: NotImplementedError('no fp8') \n", "no fp8"),
        ("hello\nasv: skipped: NotImplementedError('no fp8') \n", "no fp8"),
        ("asv: skipped: SkipNotImplemented('no fp8') \n", "no fp8"),
        ("asv: skipped: NotImplementedError(ValueError('x')) \n", "ValueError('x')"),
        ("asv: skipped: NotImplementedError() \n", "NotImplementedError"),
        ("hello\n", "listed in skip_params"),
    ],
)
def test_reason_is_found_in_what_asv_prints(said: str, reason: str) -> None:
    """asv_runner prints the repr of what was raised; the reason is what it was raised with."""
    assert skip_reason(said) == reason


# -- what fails ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (0, "RuntimeError: no memory for the input"),
        (1, "ValueError: shapes differ in call 1"),
        (3, "NotImplementedError: only setup may skip"),
    ],
)
def test_error_while_loading_is_the_answer(worker: Asked, index: int, reason: str) -> None:
    """What a benchmark raises comes back with its type; the traceback is on stderr."""
    assert worker.load("odd.Fails.time_call", index) == {"failed": reason}
    assert "Traceback (most recent call last)" in worker.said


def test_error_in_a_visit_is_the_answer(worker: Asked) -> None:
    """A call may fail later than the first; the process answers, and goes on."""
    worker.load("odd.Fails.time_call", 2)
    assert worker.visit(calls=3) == {"failed": "ValueError: shapes differ in call 4"}
    assert worker.load("cases.time_function")["seconds"] == pytest.approx(0.0002)


def small_suite(path: Path, **modules: str) -> Path:
    """A suite of modules."""
    suite = path / "small"
    suite.mkdir()
    (suite / "__init__.py").touch()
    for name, text in modules.items():
        (suite / f"{name}.py").write_text(text)
    return suite


def test_benchmark_that_is_not_there(worker: Asked, tmp_path: Path) -> None:
    """A name that the suite lacks is said."""
    suite = small_suite(tmp_path, cases="def time_this(): pass")
    reply = worker.load("cases.time_that", suite=suite)
    assert reply == {"failed": "ValueError: Could not find benchmark 'cases.time_that'"}


def test_module_that_cannot_be_imported(worker: Asked, tmp_path: Path) -> None:
    """An import that this environment lacks is said."""
    suite = small_suite(tmp_path, cases="import no_such_backend\ndef time_this(): pass")
    reply = worker.load("cases.time_this", suite=suite)
    assert reply == {"failed": "ModuleNotFoundError: No module named 'no_such_backend'"}


def test_benchmark_that_ends_the_process(worker: Asked) -> None:
    """``sys.exit`` is no answer: the process ends with its status."""
    with pytest.raises(json.JSONDecodeError):
        worker.load("odd.time_exit")
    assert worker.process.wait(timeout=30) == 3


# -- the protocol ----------------------------------------------------------------------------


def test_prints_are_no_replies(worker: Asked) -> None:
    """What a benchmark, or a program that it starts, prints goes to stderr, as it is."""
    assert worker.load("odd.Prints.time_call")["seconds"] == pytest.approx(0.06)
    assert worker.visit(calls=1) == {"samples": pytest.approx([0.06]), "batch": 1}
    status, rest = worker.end()
    assert (status, rest) == (0, "")
    assert "printed on import" in worker.said
    for number in (2, 3, 4, 5):  # 1 is Python's own print while asv_runner is listened to
        assert f'{{"samples": [{number}.0], "batch": 1}}' in worker.said


def test_it_ends_when_the_requests_do(worker: Asked) -> None:
    """A worker whose stdin is closed ends, and has said nothing that was not asked."""
    worker.load("cases.time_function")
    assert worker.end() == (0, "")
    assert worker.said == ""


def test_interrupt_is_the_sweeps_to_handle(worker: Asked) -> None:
    """Ctrl-C, which a terminal sends to all processes, does not end a worker."""
    worker.load("cases.time_function")
    worker.process.send_signal(signal.SIGINT)
    assert worker.visit(calls=5)["batch"] == 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_it_is_the_first_to_go_when_memory_runs_out(worker: Asked) -> None:
    """The kernel picks a worker before the sweep, and before what else the user runs."""
    worker.load("cases.time_function")
    assert Path(f"/proc/{worker.process.pid}/oom_score_adj").read_text() == "1000\n"


@pytest.mark.skipif(not opened()(), reason="this machine counts nothing, or lets nobody read it")
def test_visit_counts_what_a_call_executes(worker: Asked) -> None:
    """Of its timed calls, whatever goes before."""
    worker.load("cases.time_function")
    worker.visit(calls=500, untimed=5000)
    first = worker.counts
    worker.visit(calls=500)
    for name, count in worker.counts.items():
        assert 0.5 * first[name] < count < 2 * first[name]


# -- copies that are counted: without Valgrind, which need not be there ----------------------


def count(
    worker: Asked,
    benchmark: str,
    index: int | None = None,
    copies: tuple[tuple[int, ...], ...] = ((1,), (2,)),
    suite: Path = SUITE,
) -> Reply:
    """Ask for counts of so many calls in so many copies, after one warm call: the reply."""
    return worker(
        do="count",
        suite=str(suite),
        benchmark=benchmark,
        index=index,
        warm=1,
        copies=copies,
        by="valgrind",
    )


def test_copies_count_nothing_set_ups_and_calls(worker: Asked) -> None:
    """In this order, after a warm call; the copies have ended by then."""
    reply = count(worker, "cases.Set.time_sort", None, ((2, 2), (3,)))
    assert set(reply) == {"pids"}
    assert len(set(reply["pids"])) == 2
    for pid in reply["pids"]:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    again = ["teardown", "setup"]
    warm = ["setup", *again, "call"]
    first = [*warm, *again * 2, *[*again, "call"] * 2, *[*again, "call"] * 2]
    second = [*warm, *again * 3, *[*again, "call"] * 3]
    assert worker.events() == first + second


def test_process_is_as_before_its_copies(worker: Asked) -> None:
    """What a copy loads and calls leaves nothing in the process that is copied."""
    for _ in range(2):
        assert set(count(worker, "cases.Cached.time_call", 1)) == {"pids"}
        assert worker.events().count("cache") == 2
    assert worker.load("cases.time_function")["seconds"] == pytest.approx(0.0002)


@pytest.mark.parametrize(
    ("benchmark", "index", "kind", "reason"),
    [
        ("odd.Skips.time_call", 0, "skipped", "no such API in this release"),
        ("odd.Skips.time_call", 4, "skipped", "listed in skip_params"),
        ("odd.Fails.time_call", 0, "failed", "RuntimeError: no memory for the input"),
        ("odd.Fails.time_call", 1, "failed", "ValueError: shapes differ in call 1"),
        ("odd.Fails.time_call", 3, "failed", "NotImplementedError: only setup may skip"),
        ("odd.time_nothing", None, "failed", "ValueError: Could not find benchmark 'odd.time_no"),
        ("cases.timeraw_process", None, "skipped", "it starts a process for each call, which is"),
        ("odd.Prints.time_call", None, "skipped", "a call starts processes, whose instructions"),
    ],
)
def test_there_is_nothing_to_count(
    worker: Asked, benchmark: str, index: int | None, kind: str, reason: str
) -> None:
    """The same reasons as of a case that is loaded, and those that only a count has; the process
    counts the next case."""
    ((said, text),) = count(worker, benchmark, index).items()
    assert said == kind
    assert text.startswith(reason)
    assert set(count(worker, "cases.time_function")) == {"pids"}


def test_reason_may_be_long(worker: Asked, tmp_path: Path) -> None:
    """However long it is, it arrives as a reply."""
    suite = small_suite(tmp_path, cases="def time_this(): raise ValueError('é' * 100_000)")
    reply = count(worker, "cases.time_this", suite=suite)
    assert reply == {"failed": f"ValueError: {'é' * 100_000}"}


@pytest.mark.parametrize(
    ("statement", "died"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("sys.exit(3)", 3),
        ("os._exit(4)", 4),
    ],
)
def test_copy_that_dies(worker: Asked, tmp_path: Path, statement: str, died: int) -> None:
    """How the last copy has ended, and that the process goes on."""
    text = f"import os, signal, sys\ndef time_this(): {statement}\ndef time_that(): pass"
    suite = small_suite(tmp_path, cases=text)
    reply = count(worker, "cases.time_this", suite=suite)
    assert reply == {"pids": [reply["pids"][0]], "died": died}
    assert set(count(worker, "cases.time_that", suite=suite)) == {"pids"}


def test_copy_that_dies_after_others(worker: Asked, tmp_path: Path) -> None:
    """The copies before it are told, too."""
    text = (
        "import os\n"
        "calls = []\n"
        "def time_this():\n    calls.append(1)\n    len(calls) == 4 and os._exit(4)\n"
    )
    suite = small_suite(tmp_path, cases=text)
    reply = count(worker, "cases.time_this", None, ((1,), (2,), (3,), (4,)), suite)
    assert reply["died"] == 4
    assert len(reply["pids"]) == 3


def test_collector_does_not_run_in_calls_that_are_counted(worker: Asked, tmp_path: Path) -> None:
    """When it runs depends on all that was allocated before."""
    text = (
        "import gc, os\n"
        "def time_this():\n"
        "    with open(os.environ['EVENTS'], 'a') as file:\n"
        "        print(gc.isenabled(), file=file)\n"
    )
    suite = small_suite(tmp_path, cases=text)
    assert set(count(worker, "cases.time_this", None, ((2,),), suite)) == {"pids"}
    assert worker.events() == ["True", "False", "False"]


# -- tracking --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "reply"),
    [
        (0, {"value": 3.8e-05}),
        (1, {"value": 2.0}),
        (2, {"failed": "it returned nan, which is no finite number"}),
        (3, {"failed": "it returned -inf, which is no finite number"}),
        (4, {"failed": "it returned None, which is no number"}),
        (5, {"skipped": "no 'gelu'"}),
        (6, {"skipped": "no such API"}),
        (7, {"failed": "ValueError: shapes differ"}),
    ],
)
def test_a_tracking_benchmark_returns_a_number(worker: Asked, index: int, reply: Reply) -> None:
    """Or a reason; what it prints is no reply."""
    suite = str(SUITE)
    assert worker(do="track", suite=suite, benchmark="odd.Tracks.track_error", index=index) == reply


def test_what_setup_takes_is_told(worker: Asked) -> None:
    """In wall time, of a call that is set up again: the first one was set up before."""
    assert worker.load("caches.SlowSetup.time_call")["besides"] > 0.019
