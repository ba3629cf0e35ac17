import os
import random
import signal
import time
from contextlib import suppress

import polars as pl
import psutil
import pytest

from .conftest import REFERENCE, wait_for

KILLS = 21
COMMAND = ("v2.0.2..", "-b", "zeros|exp", "--target", "99%", "--budget", "10m")
BENCHMARKS = ("arrays.Arithmetic.time_exp", "arrays.time_zeros")
ARMS = ["v2.2.6", REFERENCE, f"{REFERENCE} (A/A)"]


class Killer:
    """Runs the same sweep again and again, and keeps account of what was on the disk."""

    def __init__(self, project, seed):
        self.project, self.random = project, random.Random(seed)
        self.process = None
        #: The file of every block set that was ever seen on the disk.
        self.seen = {}

    def start(self):
        """Begin the sweep, or go on with it, unless it is running."""
        if self.process is not None and self.process.poll() is not None:
            self.finish()
        if self.process is None:
            self.process = self.project.start("sweep", *COMMAND)

    def finish(self):
        """Let it end by itself."""
        self.project.finish(self.process)
        self.process = None

    def wait(self):
        """Until some moment of the run, half of them within the next block set but one."""
        if self.random.random() < 0.5:
            time.sleep(self.random.uniform(0, 2.5))
            return
        saved = self.project.saved()
        wait_for(lambda: self.project.saved() != saved or self.process.poll() is not None)
        time.sleep(self.random.uniform(0, 0.8))

    def account(self):
        """Block sets never change; their names."""
        names = set()
        for path in self.project.saved():
            try:
                content = path.read_bytes()
            except FileNotFoundError:  # merged meanwhile
                continue
            (sweep,) = pl.read_parquet(content)["sweep"].unique()
            assert self.seen.setdefault((sweep, path.name), content) == content
            names.add(path.name)
        return names

    def kill_worker(self):
        """Kill the process of some arm; the sweep goes on."""
        self.wait()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            self.start()
            workers = sorted(self.project.workers(), key=lambda process: process.pid)
            if workers:
                with suppress(psutil.NoSuchProcess):
                    self.random.choice(workers).kill()
                    return
            time.sleep(0.02)
        pytest.fail("no worker within 20 s")

    def kill_sweep(self, kill):
        """Kill the sweep: its workers end, and what was saved is still there."""
        self.wait()
        self.start()
        before = self.account()
        kill(self.process.pid, signal.SIGKILL)
        output = self.process.communicate()[0]
        assert self.process.returncode in (0, -signal.SIGKILL), output
        self.process = None
        wait_for(lambda: not self.project.processes())
        after = self.account()
        assert before <= after or not after  # or it has just merged them


def assert_whole(observed):
    """No block set is there twice, none is missing, none has a gap."""
    keys = ["sweep", "benchmark", "case", "replicate", "group"]
    lives = observed.filter(outcome="ok", metric="memory")
    assert not lives.select(*keys, "backend", "label").is_duplicated().any()
    visits = observed.filter(outcome="ok", metric="time")
    assert not visits.select(*keys, "block", "backend", "label").is_duplicated().any()
    assert not visits.select(*keys, "block", "position").is_duplicated().any()
    sets = observed.group_by(keys).agg(
        pl.col("label").unique().sort(), pl.col("seed", "life").n_unique()
    )
    assert all(labels == ARMS for labels in sets["label"].to_list()), sets
    assert set(sets["seed"]) == set(sets["life"]) == {1}
    replicates = sets.group_by("sweep", "benchmark").agg(pl.col("replicate").sort())
    assert all(row[:3] == [0, 1, 2] for row in replicates["replicate"].to_list())
    assert len(replicates) == len(BENCHMARKS) * observed["sweep"].n_unique()
    assert observed.filter(pl.col("outcome") != "ok")["reason"].is_not_null().all()
    blocks = visits.group_by(keys).agg(pl.col("block").unique().sort())
    assert all(row == list(range(len(row))) for row in blocks["block"].to_list())


def assert_published(project):
    """asv has the results."""
    for release in ("v2.2.6", REFERENCE):
        for benchmark in BENCHMARKS:
            assert project.result(release, benchmark)["result"][0] > 0


def test_kills_at_random_moments(project):
    """kill -9 of the sweep, of a worker, of all of them: the same command goes on.

    No process is left behind, and when it is finished no observation is missing, there twice,
    or other than it was before a kill.
    """
    project = project()
    killer = Killer(project, seed=4)
    for number in range(KILLS):
        killer.start()
        if number % 3 == 1:
            killer.kill_worker()
        else:
            killer.kill_sweep(os.killpg if number % 3 else os.kill)
    killer.start()
    killer.finish()
    observed = project.observations()
    assert_whole(observed)
    for content in killer.seen.values():
        rows = pl.read_parquet(content)
        assert rows.join(observed, on=rows.columns, how="anti", nulls_equal=True).is_empty()
    assert_published(project)
    assert project.running() == []


#: Runs a sweep that is killed as soon as a function has returned.
KILLED = """
import os, signal, {module}
from mlx_asv.cli import main
whole = {module}.{function}
def killed(*arguments, **options):
    whole(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
{module}.{function} = killed
main()
"""


def test_kill_between_any_two_steps(project):
    """Killed after each of its steps in turn, the sweep is done when all of them are."""
    project = project()
    for module, function in (
        ("mlx_asv.engine.plan", "write_atomically"),  # it has a seed
        ("mlx_asv.engine.look", "write_atomically"),  # one case was looked at
        ("mlx_asv.observations.store", "write"),  # one block set is saved
        ("mlx_asv.observations.store", "Running.merge"),  # the observations are in their place
        ("asv.results", "Results.save"),  # one release has its results
        ("mlx_asv.sweep.command", "write_results"),  # all have
        ("pathlib", "Path.rename"),  # the block sets are about to be removed
    ):
        program = ("-c", KILLED.format(module=module, function=function))
        project.finish(project.start("sweep", *COMMAND, python=program), -signal.SIGKILL)
    observed = project.observations()
    assert_whole(observed)
    assert observed["sweep"].n_unique() == 1
    assert_published(project)
    assert [path.suffix for path in project.running()] == [".done"]
