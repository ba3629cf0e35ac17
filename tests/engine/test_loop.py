from dataclasses import dataclass, field

from mlx_asv.engine import loop
from mlx_asv.engine.found import Found
from mlx_asv.engine.policy import Done, Planned, Said, Steps
from mlx_asv.job import Job

from tests.engine.played import Watcher


@dataclass
class Executor:
    """Finds what it is asked for; it takes a second each."""

    earlier: list = field(default_factory=list)
    ran: list = field(default_factory=list)

    def finished(self):
        yield from self.earlier

    def run(self, job):
        self.ran.append(job)
        return Found(("ops.Sort", str(len(self.ran))), 1.0)


@dataclass
class Thrice(Steps):
    """Asks for three jobs, less those that were told before."""

    told: list = field(default_factory=list)
    widest: str = "±1 %"

    def tell(self, found):
        self.told.append(found.subject[1])

    def jobs(self):
        self._news.append(Planned(3.0, 5.0))
        while len(self.told) < 3:
            yield Job()
            self._news.append(Done(len(self.told) / 3, 0.0, lambda: self.widest))
        self._news.append(Said("over"))


def test_policy_is_asked_and_told_until_it_wants_nothing():
    """Each job is run and told before the next is asked for; somebody is told how it goes."""
    policy, executor, watcher = Thrice(), Executor(), Watcher()
    loop.run(policy, executor, watcher)
    assert policy.told == ["1", "2", "3"]
    assert len(executor.ran) == 3
    assert watcher.told == [("planned", 3.0, 5.0), *((n / 3, 0.0, "±1 %") for n in (1, 2, 3))]
    assert watcher.said == ["over"]


def test_what_is_finished_is_told_before_anything_is_asked():
    """And not measured again."""
    policy, executor = Thrice(), Executor(earlier=[Found(("ops.Sort", "earlier"), 9.0)])
    loop.run(policy, executor, Watcher())
    assert policy.told == ["earlier", "1", "2"]
    assert len(executor.ran) == 2


def test_widest_interval_is_not_looked_for_too_often():
    """Looking takes a part of the time, however long one look takes."""
    now, looks = [0.0], []

    @dataclass
    class Hundred(Thrice):
        def jobs(self):
            for _ in range(100):
                yield Job()
                now[0] += 1.0
                self._news.append(Done(0.5, 0.0, self._slowly))

        def _slowly(self):
            looks.append(now[0])
            now[0] += 1.0
            return f"at {now[0]:.0f}"

    watcher = Watcher()
    loop.run(Hundred(), Executor(), watcher, clock=lambda: now[0])
    assert len(watcher.told) == 100
    assert len(looks) == 5
    assert watcher.told[10][2] == watcher.told[0][2] == "at 2"
    assert looks[1] - looks[0] >= loop.LOOK_PAUSE
