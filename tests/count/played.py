"""A count on a machine that is played."""

from dataclasses import dataclass, field

import polars as pl
from mlx_asv.count.plan import CountPlan
from mlx_asv.count.policy import CountAll
from mlx_asv.engine.found import Looked, measured
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.probe import Probe
from mlx_asv.engine.rows import value_rows
from mlx_asv.job import Count, Look
from mlx_asv.measurement.values import Valued
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.observations.schema import SCHEMA

BEGUN = Begun("20260101T000000Z-played-counts", 7, 10**10, "test")


def planned(*cases, releases=("v1", "v2"), longest=0.1):
    """A count of releases, the last of which is the reference."""
    return CountPlan(
        machine="box",
        environment="py",
        conditions={"counter": "played"},
        releases=releases,
        reference=releases[-1],
        cases=cases,
        longest=longest,
    )


@dataclass
class Machine:
    """What cases take here, by the class of the benchmark."""

    #: Seconds of one call on the reference; 4 ms where nothing is said.
    seconds: dict[str, float] = field(default_factory=dict)
    #: Backends on which the reference does not run a case: outcome and reason.
    missing: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    #: Seconds of one call by the clock, if they are others: beside other programs.
    clock: float | None = None
    #: Wall seconds of a set of counts.
    lasts: float = 2.0
    jobs: list = field(default_factory=list)

    def run(self, job):
        """The finding of a job."""
        self.jobs.append(job)
        name = job.case.benchmark.split(".")[1]
        if isinstance(job, Look):
            missing = self.missing.get(name, {})
            runs = [arm.backend for arm in job.arms if arm.backend not in missing]
            probe = Probe(
                seconds=dict.fromkeys(runs, self.clock or self.seconds.get(name, 0.004)),
                processor=dict.fromkeys(runs, self.seconds.get(name, 0.004)),
                rss=dict.fromkeys(runs, 1000),
                loading=dict.fromkeys(runs, 0.1),
                missing=missing,
            )
            return Looked(job.case.subject, 0.5, probe)
        return self.stored(job, 0)

    def stored(self, job, replicate):
        """What is on the disk of a set of counts, as the finding of a replicate."""
        counts = [Valued(arm, (1e6, 1e6), (1, 2)) for arm in job.arms]
        counts += [Valued(e.arm, outcome=e.outcome, reason=e.reason) for e in job.ended]
        rows = value_rows(
            job,
            INSTRUCTIONS,
            counts,
            plan=planned(),
            begun=BEGUN,
            replicate=replicate,
            started=0.0,
            seconds=self.lasts,
        )
        return measured(pl.DataFrame(rows, schema=SCHEMA))

    @property
    def counts(self):
        """The sets that were counted."""
        return [job for job in self.jobs if isinstance(job, Count)]


def policy(plan, *, budget=1000.0, memory=10**11, jobs=1, controls=frozenset()):
    """The policy of a count."""
    return CountAll(plan=plan, controls=controls, jobs_at_once=jobs, memory=memory, budget=budget)
