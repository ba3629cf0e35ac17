"""The processes of arms: where that is safe, copies of a process that has imported everything.

Processes differ, so every arm needs many lives (Kalibera & Jones, ISMM 2013). A process that
starts from nothing spends 0.15 s of CPU on imports before it measures for a tenth of a second; the
copy of a zygote (Android's word) takes 2 ms. Table 6 of `make bench` shows whether copies differ
as much as new processes do.
"""

import hashlib
import itertools
import os
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self

from mlx_asv.job import Arm

from .process import Loaded, Process, Visited, Worker, WorkerFailed

#: Seconds that a killed copy may take to end: gigabytes are given back slowly.
ENDING_LIMIT = 60.0


def caches_of(release: str, caches: Path | None) -> Path | None:
    """Where caches of a release are kept; its label is no name for a directory."""
    name = hashlib.sha256(release.encode()).hexdigest()[:16]
    return None if caches is None else caches / name


class Start(Protocol):
    """Starts the process of an arm."""

    def __call__(self, arm: Arm, *, again: bool = False) -> Worker:
        """A new worker. `again`: the arm's last worker has failed."""


class Zygote:
    """A process that imports a whole suite, and `modules` besides, to be copied then."""

    def __init__(self, process: Process, suite: str, modules: Sequence[str]) -> None:
        self.process = process
        self._imported = False
        self._copied = False
        with suppress(WorkerFailed):  # its first copy finds out how it ended
            process.send({"do": "import", "suite": suite, "modules": list(modules)})

    @property
    def free(self) -> bool:
        """Whether the zygote can be copied: it runs, and no copy of it does."""
        return not self._copied and self.process.alive

    def fork(self, caches: Path | None) -> "Copy":
        """Make a copy: until the copy is killed it answers, and not the zygote. `caches`: as a
        worker's."""
        self.process.forget_log()
        self._copied = True
        with suppress(WorkerFailed):
            self.process.send({"do": "fork"})
        return Copy(self, caches)

    def forked(self, limit: float) -> int:
        """Wait for the copy; returns its process id. Raises WorkerFailed."""
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
    """A worker that is a copy: when it is killed its zygote stays, when it fails both end."""

    def __init__(self, zygote: Zygote, caches: Path | None) -> None:
        super().__init__(zygote.process, caches)
        self._zygote = zygote
        self._pid: int | None = None
        self._killed = False

    @property
    def pid(self) -> int:
        """The copy's process id; the zygote's as long as there is no copy."""
        return self._pid or super().pid

    def wait_for_start(self, limit: float) -> None:
        """Wait for the zygote, and for its copy."""
        if self._pid is None:
            with self._fatal():
                self._pid = self._zygote.forked(limit)

    def finish_load(self, limit: float) -> Loaded:
        """Wait for the copy, and then as for any worker."""
        self.wait_for_start(limit)
        with self._fatal():
            return super().finish_load(limit)

    def finish_track(self, limit: float) -> float:
        """Likewise."""
        self.wait_for_start(limit)
        with self._fatal():
            return super().finish_track(limit)

    def visit(self, calls: int, untimed: int, limit: float) -> Visited:
        """Time calls, as any worker does."""
        with self._fatal():
            return super().visit(calls, untimed, limit)

    def begin_kill(self) -> None:
        """Kill the copy without waiting for its end."""
        if self._pid is None:
            super().begin_kill()
        elif not self._killed:  # else the id may be another's by now
            self._killed = True
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def kill(self) -> None:
        """Kill the copy, and wait for its end; the zygote is free again."""
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
    """Starts the processes of a suite's arms; at the end none is left.

    `environs`: release -> environment variables of its processes: the release to import, threads,
    cores. `imports`: backend -> modules; the arms of such a backend get copies of a process that
    has imported the modules. All other arms, and an arm whose copy has failed, get processes that
    start from nothing. `caches`: where what `setup_cache` returns is kept, by release.
    """

    def __init__(
        self,
        python: str,
        suite: str,
        logs: Path,
        *,
        environs: Mapping[str, Mapping[str, str]],
        imports: Mapping[str, Sequence[str]],
        caches: Path | None = None,
    ) -> None:
        self._python = python
        self._caches = caches
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
        """A worker for an arm. `again`: the arm's last worker has failed."""
        caches = caches_of(arm.release, self._caches)
        if again or arm.backend not in self._imports:
            return Worker(self._process(arm), caches)
        modules = self._imports[arm.backend]
        zygotes = self._zygotes[arm.release, *modules]
        free = next((each for each in zygotes if each.free), None)
        if free is None:
            free = Zygote(self._process(arm), self._suite, modules)
            zygotes.append(free)
        return free.fork(caches)

    def renew(self, but: Iterable[str] = ()) -> None:
        """End all zygotes, so that the next workers are copies of new ones.

        No zygote may have a copy. The zygotes of the backends `but` stay, and with them all that
        import the same modules.
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
