"""A confirmation on a machine that is played."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from mlx_asv.confirm.pair import Design, Pair
from mlx_asv.engine import probe as probe_module
from mlx_asv.engine.plan import begun
from mlx_asv.engine.session import Session
from mlx_asv.measurement import blocks
from mlx_asv.observations.store import Running
from mlx_asv.verdicts.sequential import StoppingRule

from tests.engine.played import Machine, case

SORT, SUM = case("Sort", "cpu", "gpu", "torch"), case("Sum", "cpu", "torch")
RULE = StoppingRule()


@dataclass
class Watcher:
    """Remembers what it is told."""

    steps: list = field(default_factory=list)
    lost_arms: list = field(default_factory=list)
    replicates: list = field(default_factory=list)
    said: list = field(default_factory=list)

    def step(self, case, replicate, text):
        self.steps.append((case.name, replicate, text))

    def lost(self, case, arm, outcome, reason):
        self.lost_arms.append((case.name, str(arm), outcome, reason))

    def done(self, fraction, left, widest):
        self.replicates.append((fraction, left, widest))

    def say(self, text):
        self.said.append(text)


@pytest.fixture
def played(tmp_path, monkeypatch) -> Callable[..., Pair]:
    """Begins, or goes on with, a confirmation of v2 against v1 on a machine that is played."""

    def begin(machine: Machine, *cases: Any, rule: StoppingRule = RULE) -> Pair:
        for module in (blocks, probe_module):
            monkeypatch.setattr(module, "monotonic", lambda: machine.now)
        monkeypatch.setattr("mlx_asv.confirm.run.monotonic", lambda: machine.now)
        monkeypatch.setattr(blocks, "time", lambda: machine.now)
        design = Design("box", "py", {}, "v1", "v2", cases, rule)
        running = Running(tmp_path / design.key)
        plan, _ = begun(running.path, design, 10**9, "test")
        controls = frozenset({"torch"})
        session = Session(plan, running, ("v1", "v2"), controls, machine, "suite", 1, Watcher())
        return Pair(design, session)

    return begin
