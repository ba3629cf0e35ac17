"""A worker process, seen from outside: it is asked, waited for with a limit, and never trusted."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from time import monotonic
from typing import Any, Self

from mlx_asv.interrupts import answered

#: The program each worker runs.
PROGRAM = Path(__file__).with_name("worker.py")

#: More bytes than these are no reply.
LONGEST_REPLY = 10_000_000


class Skipped(Exception):
    """The case does not apply to this arm; the reason is asv's."""


class WorkerFailed(Exception):
    """The worker crashed, hung, was killed or answered nonsense; says which."""


class Hung(WorkerFailed):
    """The worker did not answer in time."""


class Garbage(WorkerFailed):
    """The worker answered nonsense: what it answers from then on is no answer either."""

    def __init__(self, said: bytes | dict[str, Any]) -> None:
        text = repr(said[:100]) if isinstance(said, bytes) else str(said)[:100]
        super().__init__(f"returned garbage: {text}")


@dataclass(frozen=True)
class Loaded:
    """What a worker knows of its case once it is loaded."""

    #: Seconds of one call.
    seconds: float
    #: Seconds that the processor works for it, whatever else it does meanwhile.
    processor: float
    #: Most bytes of memory that the process has held.
    rss: int
    #: Wall seconds that one call takes besides: for the benchmark's `setup`, mostly.
    besides: float = 0.0


@dataclass(frozen=True)
class Visited:
    """What a worker found in a visit."""

    #: Seconds per call of each sample.
    samples: list[float]
    #: Calls in a sample.
    batch: int
    #: Per call, with what the harness executes around it; None where the machine does not count.
    instructions: float | None = None
    cycles: float | None = None


class Process:
    """A running worker program: its pipes, its log, how it ended."""

    def __init__(
        self,
        python: str,
        environ: Mapping[str, str],
        log: Path,
        program: Path = PROGRAM,
        before: Sequence[str] = (),
    ) -> None:
        """`before`: the command that runs the program, such as Valgrind's."""
        self._log = log
        with open(log, "ab") as stderr:
            self._process = subprocess.Popen(
                [*before, python, str(program), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=dict(environ),
                cwd=log.parent,
                bufsize=0,
                # Whatever it starts is of its group, and ends with it.
                start_new_session=True,
            )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._received = b""
        self._killed = False

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is still running, and nobody has killed it."""
        return not self._killed and self._process.poll() is None

    def forget_log(self) -> None:
        """Empty the log: nothing that the process has said so far matters any more."""
        os.truncate(self._log, 0)

    def begin_kill(self) -> None:
        """Kill the process without waiting: giving gigabytes back takes a while."""
        self._killed = True
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """Kill the process, and wait for its end; it holds nothing worth saving."""
        self.begin_kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._log.unlink(missing_ok=True)

    def send(self, request: dict[str, Any]) -> None:
        """Send a request. Raises WorkerFailed if nobody is there to read it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            raise WorkerFailed(self._ending()) from None

    def receive(self, limit: float, what: str) -> dict[str, Any]:
        """The next reply.

        Raises WorkerFailed for a line that is no reply, for a reply that says so, and if there is
        none after `limit` seconds, while the process does `what`; Skipped if the reply is a skip.
        """
        reply = self._reply(limit, what)
        if "skipped" in reply:
            raise Skipped(str(reply["skipped"]))
        if "failed" in reply:
            raise WorkerFailed(str(reply["failed"])[:500])
        if "ended" in reply:
            raise WorkerFailed(self.how(reply["ended"]))
        return reply

    def wait_for_copy(self, limit: float) -> None:
        """Wait for the process's next reply: that its copy has ended. Raises WorkerFailed."""
        reply = self._reply(limit, "ending")
        if "ended" not in reply:
            raise Garbage(reply)

    def _reply(self, limit: float, what: str) -> dict[str, Any]:
        line = self._line(limit, what)
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError):
            raise Garbage(line) from None
        if not isinstance(reply, dict):
            raise Garbage(line)
        return reply

    def _line(self, limit: float, what: str) -> bytes:
        assert self._process.stdout is not None
        end = monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._received:
                left = end - monotonic()
                if left <= 0 or not _wait(selector, left):
                    self.begin_kill()
                    raise Hung(f"hung: {what} took longer than {limit:.0f} s")
                chunk = self._process.stdout.read(65536)
                if not chunk:
                    raise WorkerFailed(self._ending())
                self._received += chunk
                if len(self._received) > LONGEST_REPLY:
                    raise Garbage(self._received)
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _ending(self) -> str:
        """How the process ended, with the last line of its log."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "closed its output without ending"
        return self.how(status)

    def how(self, status: int) -> str:
        """How a process ended, by its status or minus the number of its signal."""
        if status == -signal.SIGKILL:
            return "was killed (signal 9): out of memory, or by somebody"
        if status < 0:
            names = {each.value: f"{each.name} " for each in signal.Signals}
            return f"crashed: {names.get(-status, '')}(signal {-status}){self._said()}"
        return f"ended by itself with status {status}{self._said()}"

    def _said(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        # Python's own report of a crash goes on after its first line.
        fatal = [line for line in lines if line.startswith("Fatal Python error")]
        return f": {(fatal or lines)[-1][:200]}" if lines else ""


class Worker:
    """One process that holds one case of one arm.

    Requests are sent by `start_load` and answered through `finish_load` (several workers may
    load at the same time), or sent and answered by `visit`. `start_track` and `finish_track` are
    for a worker that is asked nothing else.
    """

    def __init__(self, process: Process, caches: Path | None = None) -> None:
        """`caches`: where what `setup_cache` of benchmarks returns is kept for other processes."""
        self._process = process
        self._caches = caches

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def start_load(self, suite: str, benchmark: str, index: int | None) -> None:
        """Ask for a case. `index`: position among the benchmark's combinations of parameters, None
        if it has no parameters."""
        self._ask("load", suite, benchmark, index)

    def wait_for_start(self, limit: float) -> None:
        """Wait until what the process is a copy of has imported all. Raises WorkerFailed.

        For whoever wants to know what that takes: `finish_load` waits, too.
        """

    def finish_load(self, limit: float) -> Loaded:
        """Wait up to `limit` seconds until the case is loaded, and again until it is warm.

        The case is asked to warm up only now, so that one process warms up at a time, and none has
        to wait for another that hangs. Raises Skipped or WorkerFailed.
        """
        if reply := self._process.receive(limit, "loading"):
            raise Garbage(reply)
        self._process.send({"do": "warm up"})
        reply = self._process.receive(limit, "the first calls")
        rss, clocks = reply.get("rss"), (reply.get("seconds"), reply.get("processor"))
        besides = reply.get("besides")
        if not (all(map(_is_positive, clocks)) and isinstance(rss, int)):
            raise Garbage(reply)
        if not (besides == 0 or _is_positive(besides)):
            raise Garbage(reply)
        seconds, processor, setup = (float(each or 0) for each in (*clocks, besides))
        return Loaded(seconds, processor, rss, setup)

    def visit(self, calls: int, untimed: int, limit: float) -> Visited:
        """Time about `calls` calls, after `untimed` ones. Raises WorkerFailed."""
        self._process.send({"do": "visit", "calls": calls, "untimed": untimed})
        reply = self._process.receive(limit, "a visit")
        samples, batch = reply.get("samples"), reply.get("batch")
        if not (isinstance(samples, list) and samples and all(map(_is_positive, samples))):
            raise Garbage(reply)
        if not isinstance(batch, int) or batch < 1:
            raise Garbage(reply)
        counts = [reply.get("instructions"), reply.get("cycles")]
        if not all(count is None or _is_positive(count) for count in counts):
            raise Garbage(reply)
        return Visited(samples, batch, *counts)

    def start_track(self, suite: str, benchmark: str, index: int | None) -> None:
        """Ask for the number of a tracking benchmark, as for a case."""
        self._ask("track", suite, benchmark, index)

    def finish_track(self, limit: float) -> float:
        """Wait up to `limit` seconds for the number. Raises Skipped or WorkerFailed."""
        reply = self._process.receive(limit, "tracking")
        value = reply.get("value")
        if not isinstance(value, float) or not isfinite(value):
            raise Garbage(reply)
        return value

    def _ask(self, what: str, suite: str, benchmark: str, index: int | None) -> None:
        case = {"suite": suite, "benchmark": benchmark, "index": index}
        kept = {} if self._caches is None else {"caches": str(self._caches)}
        self._process.send({"do": what, **case, **kept})

    def begin_kill(self) -> None:
        """Kill the process without waiting for its end."""
        self._process.begin_kill()

    def kill(self) -> None:
        """Kill the process, and wait for its end."""
        self._process.kill()


def _wait(selector: selectors.BaseSelector, seconds: float) -> bool:
    """Whether there is something to read within so many seconds."""
    with answered():
        return bool(selector.select(seconds))


def _is_positive(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= sys.float_info.max  # an integer may be larger
