"""A run of a plan while it goes on, begun by this command or by an earlier one."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psutil

from mlx_asv.asv_edge.suite import SuiteError
from mlx_asv.environments.asked import AskedError
from mlx_asv.interrupts import held
from mlx_asv.measurement.counting import Counters
from mlx_asv.measurement.counting_engine import Engine
from mlx_asv.measurement.valgrind import NoCounter
from mlx_asv.measurement.zygotes import Workers
from mlx_asv.observations.store import ObservationsError, Running

from . import loop
from .budget import NothingFits
from .context import Context
from .exclusive import AnotherSweep
from .executor import Executor, Here
from .lost import NothingMeasured
from .plan import Begun, Plan, PlanError, begin
from .policy import Policy
from .progress import Display
from .stop import SweepStopped
from .watch import Watcher

#: The part of the free memory that a run's processes may hold.
MEMORY_PART = 0.8

#: What a measurement may raise, each with one sentence for the user.
ERRORS = (
    SuiteError,
    AskedError,
    AnotherSweep,
    NoCounter,
    PlanError,
    SweepStopped,
    ObservationsError,
    NothingFits,
    NothingMeasured,
)


@dataclass(frozen=True)
class Benchmarks:
    """The suite that the processes of a run load."""

    #: The directory of the suite.
    directory: str
    #: Backend -> what is imported before its processes are copied.
    imports: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Counting:
    """What counts instructions in a run, and how many arms at the same time."""

    engine: Engine
    jobs: int


@dataclass(frozen=True)
class Session:
    """A run of a plan, with the executor of its jobs and the watcher of its progress."""

    begun: Begun
    executor: Executor
    watcher: Watcher

    def run(self, policy: Policy) -> None:
        """Measure until the policy has no more jobs."""
        loop.run(policy, self.executor, self.watcher)


@contextmanager
def opened(
    context: Context,
    plan: Plan,
    *,
    running: Running,
    environs: Mapping[str, Mapping[str, str]],
    replicates: int,
    benchmarks: Benchmarks | None = None,
    watcher: Watcher | None = None,
    counting: Counting | None = None,
    jobs: int = 1,
) -> Iterator[Session]:
    """The run of `plan` in `running`, on this machine.

    `environs`: release -> environment variables of its processes. `replicates`: how many to speak
    of. `benchmarks`: another suite's than the checkout's. `watcher`: somebody else than the
    display. `counting`: of a run that counts instructions. `jobs`: how many arms are tracked at the
    same time. Ctrl-C is answered while a process is
    waited for, so within seconds. Raises PlanError.
    """
    memory = int(psutil.virtual_memory().available * MEMORY_PART)
    begun, resumed = begin(running.path, plan, memory=memory, command=context.command)
    if resumed:
        done = len(running.finished())
        context.console.print(f"Going on with {plan.what} {begun.id}: {done} {plan.parts} are done")
    logs, caches = running.path / "logs", running.path / "caches"
    for directory in (logs, caches):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
    suite = context.suite
    loaded = benchmarks or Benchmarks(suite.directory, suite.imports)
    with ExitStack() as stack:
        stack.enter_context(held())
        told = watcher or stack.enter_context(Display(context.console, replicates))
        workers = stack.enter_context(
            Workers(
                suite.python,
                loaded.directory,
                logs,
                environs=environs,
                imports=loaded.imports,
                caches=caches,
            )
        )
        counters = None
        if counting is not None:
            counters = stack.enter_context(
                Counters(
                    counting.engine,
                    suite.python,
                    loaded.directory,
                    logs,
                    environs=environs,
                    modules=suite.changing_modules,
                    caches=caches,
                )
            )
        executor = Here(
            plan=plan,
            begun=begun,
            running=running,
            workers=workers,
            suite=loaded.directory,
            loaders=context.loaders,
            watcher=told,
            counters=counters,
            jobs=counting.jobs if counting else jobs,
        )
        yield Session(begun, executor, told)
