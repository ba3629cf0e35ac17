"""A run that tracks, on a machine that is played."""

from dataclasses import dataclass, field

import polars as pl
from mlx_asv.axes import Axes
from mlx_asv.engine.found import measured
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.rows import value_rows
from mlx_asv.job import Case
from mlx_asv.measurement.values import Valued
from mlx_asv.metric import METRICS
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.track.plan import TrackPlan
from mlx_asv.track.policy import TrackAll

BEGUN = Begun("20260101T000000Z-played-tracks", 7, 10**10, "test")


def case(name, *backends, method="track_error"):
    """A case of the benchmark class `name`."""
    positions = {backend: number for number, backend in enumerate(backends)}
    return Case(f"ops.{name}.{method}", "1", Axes.of(case="small"), 60.0, positions)


def planned(*cases, releases=("v1", "v2")):
    """A run on releases, the last of which is the reference."""
    return TrackPlan(
        machine="box",
        environment="py",
        conditions={},
        releases=releases,
        reference=releases[-1],
        cases=cases,
    )


@dataclass
class Machine:
    """Where each set of values takes so many seconds."""

    lasts: float = 1.0
    jobs: list = field(default_factory=list)

    def run(self, job):
        """The finding of a job."""
        self.jobs.append(job)
        return self.stored(job, 0)

    def stored(self, job, replicate):
        """What is on the disk of it, as the finding of a replicate."""
        rows = value_rows(
            job,
            METRICS[job.metric],
            [Valued(arm, (1e-6,) * job.replicates) for arm in job.arms],
            plan=planned(),
            begun=BEGUN,
            replicate=replicate,
            started=0.0,
            seconds=self.lasts,
        )
        return measured(pl.DataFrame(rows, schema=SCHEMA))


def policy(plan, *, budget=1000.0, jobs=1, controls=frozenset()):
    """The policy of a run."""
    return TrackAll(plan=plan, controls=controls, jobs_at_once=jobs, budget=budget)
