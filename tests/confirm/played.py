"""A confirmation on a machine that is played."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from mlx_asv.confirm.pair import Pair
from mlx_asv.confirm.plan import PairPlan
from mlx_asv.engine.executor import Here
from mlx_asv.verdicts.sequential import StoppingRule

from tests.engine.played import Machine, case, here, play

SORT, SUM = case("Sort", "cpu", "gpu", "torch"), case("Sum", "cpu", "torch")
RULE = StoppingRule()


def planned(*cases: Any, rule: StoppingRule = RULE) -> PairPlan:
    """A confirmation of v2 against v1."""
    return PairPlan(
        machine="box",
        environment="py",
        conditions={},
        before="v1",
        after="v2",
        cases=cases,
        rule=rule,
    )


@dataclass
class Played:
    """A pair, and who runs its jobs."""

    pair: Pair
    executor: Here

    @property
    def running(self):
        """The replicates on the disk."""
        return self.executor.running

    @property
    def watcher(self):
        """Somebody who remembers."""
        return self.executor.watcher

    def take_up(self):
        """Tell the pair what is on the disk, and look at what nobody has looked at."""
        for found in self.executor.finished():
            self.pair.tell(found)
        for look in self.pair.looks():
            self.pair.tell(self.executor.run(look))

    def candidates(self):
        """Those of the pair, once all cases are looked at."""
        self.take_up()
        return self.pair.candidates()

    def looks(self, candidate):
        """What is known before anything is measured now, and after each replicate from then on."""
        found = self.pair.finding(candidate)
        for job in self.pair.unable(candidate):
            self.pair.tell(self.executor.run(job))
        yield found
        while not found.settled:
            self.pair.tell(self.executor.run(self.pair.replicate(candidate)))
            found = self.pair.finding(candidate)
            yield found


@pytest.fixture
def played(tmp_path, monkeypatch) -> Callable[..., Played]:
    """Begins, or goes on with, a confirmation of v2 against v1 on a machine that is played."""

    def begin(
        machine: Machine,
        *cases: Any,
        rule: StoppingRule = RULE,
        controls: frozenset[str] = frozenset({"torch"}),
    ) -> Played:
        play(machine, monkeypatch)
        plan = planned(*cases, rule=rule)
        executor = here(machine, plan, tmp_path)
        pair = Pair(plan=plan, begun=executor.begun, controls=controls, loaders=1)
        return Played(pair, executor)

    return begin
