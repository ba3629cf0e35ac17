"""The processes of a sweep's arms: copied, where that is safe, from ones that have imported all.

Processes differ, so a sweep needs many lives of each arm (Kalibera & Jones, ISMM 2013). One that
starts from nothing spends 0.15 s of CPU on imports before it measures for a tenth of a second; the
copy of a zygote (Android's word) takes 2 ms. Whether copies differ as much as processes of their
own do is what table 6 of `make bench` shows.
"""

import itertools
import os
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self

from mlx_asv.job import Arm

from .process import Loaded, Process, Worker, WorkerFailed

#: Seconds that a killed copy may take to end: gigabytes are given back slowly.
ENDING_LIMIT = 60.0


class Start(Protocol):
    """Starts the process of an arm."""

    def __call__(self, arm: Arm, *, again: bool = False) -> Worker:
        """A new process; `again` if the arm's last one has failed."""


class Zygote:
    """A process that imports a whole suite, and `modules` besides, and is then copied."""

    def __init__(self, process: Process, suite: str, modules: Sequence[str]) -> None:
        self.process = process
        self._imported = False
        self._copied = False
        with suppress(WorkerFailed):  # its first copy finds out how it ended
            process.send({"do": "import", "suite": suite, "modules": list(modules)})

    @property
    def free(self) -> bool:
        """Whether it can be copied: it lives, and no copy of it does."""
        return not self._copied and self.process.alive

    def fork(self) -> "Copy":
        """A copy, which answers in its place until it is killed."""
        self.process.forget_log()
        self._copied = True
        with suppress(WorkerFailed):
            self.process.send({"do": "fork"})
        return Copy(self)

    def forked(self, limit: float) -> int:
        """Wait for the copy; its process id. Raises WorkerFailed."""
        if not self._imported:
            self.process.receive(limit, "importing")
            self._imported = True
        pid = self.process.receive(limit, "forking").get("pid")
        if not isinstance(pid, int):
            raise WorkerFailed("returned garbage instead of a process id")
        return pid

    def copy_killed(self) -> None:
        """Wait for the end of the copy. Raises WorkerFailed."""
        self.process.wait_for_copy(ENDING_LIMIT)
        self._copied = False


class Copy(Worker):
    """A worker that ends without its zygote, but takes it along if it fails."""

    def __init__(self, zygote: Zygote) -> None:
        super().__init__(zygote.process)
        self._zygote = zygote
        self._pid: int | None = None
        self._killed = False

    @property
    def pid(self) -> int:
        """The process id; the zygote's as long as there is no copy."""
        return self._pid or super().pid

    def finish_load(self, limit: float) -> Loaded:
        """As any worker's, once it is there."""
        with self._fatal():
            self._pid = self._zygote.forked(limit)
            return super().finish_load(limit)

    def visit(self, calls: int, untimed: int, limit: float) -> tuple[list[float], int]:
        """As any worker's."""
        with self._fatal():
            return super().visit(calls, untimed, limit)

    def begin_kill(self) -> None:
        """Let the process end."""
        if self._pid is None:
            super().begin_kill()
        elif not self._killed:  # else the id may be another's by now
            self._killed = True
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the process, and wait for it; the zygote is free again."""
        self.begin_kill()
        try:
            if self._pid is not None and self._process.alive:
                self._zygote.copy_killed()
                return
        except WorkerFailed:
            pass  # as when it was killed while a reply was due
        super().kill()

    @contextmanager
    def _fatal(self) -> Iterator[None]:
        try:
            yield
        except WorkerFailed:
            self._process.kill()
            raise


class Workers:
    """Starts the processes of a suite's arms, and ends what is left of them.

    `environs`: release -> environment variables of its processes: which release is imported,
    threads, cores. `imports`: backend -> modules; a backend in it gets copies of a process that
    has imported them. The others, and an arm whose copy has failed, get processes that start from
    nothing.
    """

    def __init__(
        self,
        python: str,
        suite: str,
        logs: Path,
        *,
        environs: Mapping[str, Mapping[str, str]],
        imports: Mapping[str, Sequence[str]],
    ) -> None:
        self._python = python
        self._suite = suite
        self._logs = logs
        self._environs = environs
        self._imports = imports
        self._numbers = itertools.count()
        self._zygotes: dict[tuple[str, ...], list[Zygote]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.renew()

    def start(self, arm: Arm, *, again: bool = False) -> Worker:
        """The process of an arm; `again` if its last one has failed."""
        if again or arm.backend not in self._imports:
            return Worker(self._process(arm))
        modules = self._imports[arm.backend]
        zygotes = self._zygotes[arm.release, *modules]
        free = next((each for each in zygotes if each.free), None)
        if free is None:
            free = Zygote(self._process(arm), self._suite, modules)
            zygotes.append(free)
        return free.fork()

    def renew(self, but: Iterable[str] = ()) -> None:
        """End all zygotes, none of which has a copy: the next lives are of new ones.

        Not those of the backends `but`, nor of others that import the same.
        """
        kept = {tuple(self._imports[backend]) for backend in but if backend in self._imports}
        ended = [key for key in self._zygotes if key[1:] not in kept]
        zygotes = [zygote for key in ended for zygote in self._zygotes.pop(key)]
        for zygote in zygotes:
            zygote.process.begin_kill()
        for zygote in zygotes:
            zygote.process.kill()

    def _process(self, arm: Arm) -> Process:
        log = self._logs / f"{next(self._numbers)}.log"
        return Process(self._python, self._environs[arm.release], log)
