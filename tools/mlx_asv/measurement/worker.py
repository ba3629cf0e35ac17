"""One arm's process: loads one case of an asv suite through asv_runner, then times it on demand.

Runs in the measuring environment, started by `process`; imports nothing but asv_runner, the
standard library, and modules beside it that import no more. Requests and replies are lines of JSON
on stdin and on what was stdout; what the benchmark itself prints goes to stderr, so that it cannot
be taken for a reply.

    {"do": "load", "suite": DIR, "benchmark": NAME, "index": 3}  ->  {}
    {"do": "warm up"}      ->  {"seconds": 0.01, "processor": 0.01, "besides": 0.0, "rss": 90000000}
    {"do": "visit", "untimed": 2, "calls": 4}                    ->  {"samples": [0.01, ...], ...}

What a call takes ``besides`` is the wall time of its set-up. The reply to a visit has the calls in
a sample, ``batch``, and ``instructions`` and ``cycles`` per call where the machine counts them.

Where a request has ``caches``, a directory, what `setup_cache` returns is made once for all
processes that name it. Several processes may load at the same time; warming up, as any visit, is
for one at a time.

A reply to a case that does not apply here is ``{"skipped": REASON}``, as NotImplementedError in
``setup`` is asv's skip; any other exception is ``{"failed": REASON}``.

A tracking benchmark is not timed: it is set up and called once, and the reply has its number. One
that returns no finite number has failed.

    {"do": "track", "suite": DIR, "benchmark": NAME, "index": 3}  ->  {"value": 3.8e-05}

A process that loads no case itself can be a zygote: it imports everything, and is copied for each
case. A copy answers on the zygote's pipes in its place; the zygote waits until the copy has ended.
So no process reads more than the one line that it answers.

    {"do": "import", "suite": DIR, "modules": ["mlx.core"]}      ->  {}
    {"do": "fork"}                                               ->  {"pid": 4711}
    (the copy has ended)                                         ->  {"ended": -9}

Under Valgrind a zygote counts a case by itself: in copies of it that call the benchmark as often as
each says, once and again, and have Valgrind write a count each time. Before these come two more: of
nothing, and of as many set-ups without a call. Where a copy has ended otherwise than it should, the
reply says how.

    {"do": "count", "suite": DIR, "benchmark": NAME, "index": 3, "warm": 2, "copies": [[9], [18]],
     "by": "valgrind"}
        ->  {"pids": [4711, 4712]}  or  {"pids": [4711], "died": -4}

Without Valgrind, ``"by": "processor"``, copies read the processor's counter themselves: the reply
has the ``counts`` of each.
"""

import ast
import contextlib
import gc
import importlib
import io
import json
import math
import os
import re
import resource
import signal
import sys
import traceback
from math import inf, isfinite
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from . import call_counts, hardware_counters, setup_cache
    from .parent import die_with_parent
else:  # it runs as a program, and its folder is on Python's path
    import call_counts
    import hardware_counters
    import setup_cache
    from parent import die_with_parent

#: Seconds that a sample of a benchmark without ``setup`` lasts, so that neither the clock's cost
#: nor its resolution shows (timeit takes 0.2 s, asv 0.01 s).
SAMPLE_SECONDS = 0.001

#: Seconds of calls before the first that is timed, unless the benchmark says how many: asv's own
#: 0.1 s. A copy of a process that has imported everything needs only two calls: the level of seven
#: operations then moved over its first 12 visits no more than after 0.1 s.
WARM_UP, COPY_WARM_UP = 0.1, 0.005

#: A call that takes so many seconds warms up alone: the first Softmax of 0.5 s took 3 % more than
#: the second.
LONG_CALL = 0.1


def set_up(suite: str, name: str, index: int | None, caches: str | None) -> Any:
    """asv_runner's benchmark with one combination of its parameters, set up.

    `caches`: where what its `setup_cache` returns is kept for others, see `setup_cache`. Raises
    NotImplementedError with the reason if it does not apply, or SetupCacheFailed.
    """
    from asv_runner.discovery import get_benchmark_from_name

    benchmark = get_benchmark_from_name(suite, name)
    if index is not None:
        benchmark.set_param_idx(index)
    if benchmark._setup_cache is not None:
        benchmark.set_cache(setup_cache.cache_of(benchmark, suite, caches))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        skipped = benchmark.do_setup()
    if skipped:
        raise NotImplementedError(skip_reason(said.getvalue()))
    return benchmark


class Prepared:
    """A benchmark with one combination of its parameters, ready to be timed.

    asv's semantics: with a ``setup``, every timed call is preceded by one and is a sample of
    its own; without, a sample is as many calls as last `SAMPLE_SECONDS`.
    """

    def __init__(self, suite: str, name: str, index: int | None, caches: str | None) -> None:
        self._benchmark = set_up(suite, name, index, caches)
        self._timer = self._benchmark._get_timer(*self._benchmark._build_params())
        self._batch = 1

    def warm_up(self, otherwise: float) -> tuple[float, float, float]:
        """Call the benchmark until it is warm; returns the seconds of the fastest call, the fewest
        that the processor worked for one, all threads of this process together, and the fewest of
        wall time that one took besides: for `setup`, mostly.

        After a first call it is called for asv's `warmup_time`. If the benchmark has none, for
        `otherwise` seconds, or no more if the first call was long.

        The first calls compile kernels, start threads and fault pages in: on a 2-core VM the
        first 10 ms of a process were up to 15 % slower than the next, PyTorch's 40 times.
        """
        warmup = self._benchmark.warmup_time
        seconds, processor, _ = self._time_all()  # may take long: it is not one of many
        besides = inf  # of the first call nothing is known: asv_runner has set it up before
        if warmup < 0:
            warmup = otherwise if seconds < LONG_CALL else 0.0
        end = perf_counter() + warmup
        while perf_counter() < end:
            found = self._time_all()
            seconds, processor = min(seconds, found[0]), min(processor, found[1])
            besides = min(besides, found[2])
        if not self._benchmark._setups:
            self._batch = max(1, round(SAMPLE_SECONDS / max(seconds, 1e-9)))
        return seconds, processor, besides if isfinite(besides) else 0.0

    def _time_all(self) -> tuple[float, float, float]:
        began, used = perf_counter(), process_time()
        seconds = self._time()
        processor = max(process_time() - used, 1e-9)  # its clock may be coarse
        return seconds, processor, max(perf_counter() - began - seconds, 0.0)

    def warm_caches(self, calls: int) -> None:
        """Call the benchmark so many times, untimed."""
        for _ in range(calls):
            self._time()

    def samples(self, calls: int) -> list[float]:
        """Seconds per call of each sample; all samples together hold about `calls` calls."""
        return [self._time(self._batch) for _ in range(max(1, round(calls / self._batch)))]

    def _time(self, calls: int = 1) -> float:
        seconds: float = self._timer.timeit(calls)
        return seconds / calls

    @property
    def batch(self) -> int:
        """Calls per sample."""
        return self._batch

    def call(self, rounds: int, with_call: bool = True) -> None:
        """Set the benchmark up and call it, so many times; or set it up only.

        Raises NotCounted for a benchmark that starts a process for each call.
        """
        if type(self._benchmark).__name__ != "TimeBenchmark":
            raise call_counts.NotCounted("it starts a process for each call, which is not counted")
        benchmark, parameters = self._benchmark, self._benchmark._build_params()
        # Not `redo_setup`: it looks up the benchmark's attributes each time, which executes more
        # instructions than a short call and leaves the memory's layout to chance.
        before_each = (*benchmark._teardowns, *benchmark._setups)
        for _ in range(rounds):
            for function in before_each:
                function(*parameters)
            if with_call:
                benchmark.func(*parameters)


def tracked(suite: str, name: str, index: int | None, caches: str | None) -> dict[str, Any]:
    """The number that a tracking benchmark returns, or why there is none."""
    try:
        returned = set_up(suite, name, index, caches).do_run()
    except NotImplementedError as error:  # a benchmark that is tracked may skip by itself, too
        return {"skipped": str(error)}
    try:
        value = float(returned)
    except (TypeError, ValueError):
        return {"failed": f"it returned {returned!r:.100}, which is no number"}
    if not math.isfinite(value):
        return {"failed": f"it returned {value}, which is no finite number"}
    return {"value": value}


def skip_reason(said: str) -> str:
    """The reason in what asv_runner prints when it skips: ``asv: skipped: Error('reason')``."""
    found = re.search(r"asv: skipped: (\w+)\((.*)\) *$", said, re.MULTILINE)
    if found is None:
        return "listed in skip_params"
    with contextlib.suppress(SyntaxError, ValueError):
        return str(ast.literal_eval(found[2]))
    return found[2] or found[1]


def import_all(suite: str, modules: list[str]) -> None:
    """Import a whole suite, and `modules` besides. What cannot be imported is passed over: a case
    that needs it reports it."""
    from asv_runner._aux import update_sys_path
    from asv_runner.discovery import disc_modules

    update_sys_path(suite)
    for _ in disc_modules(os.path.basename(suite), ignore_import_errors=True):
        pass
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.stdout.flush()  # else every copy says it again when it ends
    forget_garbage()


def forget_garbage() -> None:
    """Let the garbage collector never look again at the objects that exist now."""
    gc.collect()
    gc.freeze()


def most_memory() -> int:
    """Most bytes of memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def fork() -> int | None:
    """Copy this process. Returns None in the copy; in this process, when the copy has ended, its
    status, or minus the number of the signal that ended it."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        die_with_parent(parent)
        return None
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def counted(request: dict[str, Any]) -> dict[str, Any]:
    """Make the copies of this process that count; returns their process ids, and what they say."""
    pids: list[int] = []
    counts: list[list[int]] = []
    for calls in request["copies"]:
        pid, status, said = in_a_copy(request, calls)
        pids.append(pid)
        if "counts" in said:
            counts.append(said["counts"])
        elif said:
            return said
        if status != 0:
            return {"pids": pids, "died": status}
    return {"pids": pids, **({"counts": counts} if counts else {})}


def in_a_copy(request: dict[str, Any], calls: list[int]) -> tuple[int, int, dict[str, Any]]:
    """Load a case in a copy of this process, and have its calls counted.

    Returns the copy's process id, its status or minus the number of its signal, and what it says:
    its counts, or why there is nothing to count.
    """
    parent = os.getpid()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os._exit(_count_in_this_copy(request, calls, parent=parent, told=writing))
    os.close(writing)
    with open(reading, "rb") as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return pid, status, json.loads(text) if text else {}


def _count_in_this_copy(
    request: dict[str, Any], calls: list[int], *, parent: int, told: int
) -> int:
    """The status of a copy; what it says is written to the descriptor `told`."""
    try:
        die_with_parent(parent)
        reply = count_case(request, calls)
    except call_counts.NotCounted as error:
        reply = {"skipped": str(error)}
    except Exception as error:  # as for any request
        traceback.print_exc()
        reply = {"failed": f"{type(error).__name__}: {error}"}
    if reply:
        with open(told, "wb") as pipe:
            pipe.write(json.dumps(reply).encode())
    return 0


def case_of(request: dict[str, Any]) -> tuple[str, str, int | None, str | None]:
    """What a request names: the suite, the benchmark, the combination of parameters, and where
    caches are kept, if anywhere."""
    return request["suite"], request["benchmark"], request["index"], request.get("caches")


def count_case(request: dict[str, Any], calls: list[int]) -> dict[str, Any]:
    """Load a case, and have its calls counted. Returns the counts if they are told, or the skip of
    a case that does not apply. Raises NotCounted."""
    count = call_counts.COUNT[request["by"]]()  # before the case starts threads
    try:
        prepared = Prepared(*case_of(request))
    except NotImplementedError as error:
        return {"skipped": str(error)}
    prepared.call(request["warm"])
    gc.collect()
    gc.disable()
    counts = call_counts.count_calls(prepared.call, calls, count)
    return {"counts": counts} if counts else {}


class Answers:
    """The answers of this process, and the case that it holds."""

    def __init__(self) -> None:
        self._prepared: Prepared | None = None
        self._warm_up = WARM_UP
        self._counters = hardware_counters.nothing

    def to(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what a request asks for; returns the reply."""
        match request["do"]:
            case "load":
                # Now, and not in a zygote, of which the counters would count all copies; and before
                # the case starts threads, which inherit them.
                self._counters = hardware_counters.opened()
                try:
                    self._prepared = Prepared(*case_of(request))
                except NotImplementedError as error:
                    return {"skipped": str(error)}
                return {}
            case "warm up":
                assert self._prepared is not None
                seconds, processor, besides = self._prepared.warm_up(self._warm_up)
                forget_garbage()
                return {
                    "seconds": seconds,
                    "processor": processor,
                    "besides": besides,
                    "rss": most_memory(),
                }
            case "visit":
                assert self._prepared is not None
                self._prepared.warm_caches(request["untimed"])
                before = self._counters()
                samples = self._prepared.samples(request["calls"])
                after, batch = self._counters(), self._prepared.batch
                counts = hardware_counters.per_call(before, after, len(samples) * batch)
                return {"samples": samples, "batch": batch, **counts}
            case "track":
                return tracked(*case_of(request))
            case "import":
                import_all(request["suite"], request["modules"])
                return {}
            case "fork":
                if (status := fork()) is not None:
                    return {"ended": status}
                self._warm_up = COPY_WARM_UP
                return {"pid": os.getpid()}
            case "count":
                return counted(request)
            case unknown:
                raise ValueError(f"cannot {unknown!r}")


def main() -> None:
    """Answer requests until stdin ends."""
    die_with_parent(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the sweep's to handle
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers = Answers()
    with open(0, "rb", buffering=0) as requests:
        for line in requests:
            try:
                reply = answers.to(json.loads(line))
            except Exception as error:  # a benchmark may raise anything: it is the answer
                traceback.print_exc()
                reply = {"failed": f"{type(error).__name__}: {error}"}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


if __name__ == "__main__":
    main()
