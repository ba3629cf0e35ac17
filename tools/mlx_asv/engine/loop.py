"""The one loop of all measurements: a policy is asked for jobs, an executor runs them."""

from collections.abc import Callable
from time import monotonic

from .executor import Executor
from .policy import Done, Planned, Policy, Said
from .watch import Watcher

#: After looking for the widest interval the loop goes on for so many times as long before it looks
#: again.
LOOK_PAUSE = 20.0


def run(
    policy: Policy,
    executor: Executor,
    watcher: Watcher,
    clock: Callable[[], float] = monotonic,
) -> None:
    """Tell the policy what an earlier run has finished; then run the policy's jobs until it has no
    more."""
    for found in executor.finished():
        policy.tell(found)
    reporter = Reporter(watcher, clock)
    while True:
        job = policy.ask()
        reporter.report(policy)
        if job is None:
            return
        policy.tell(executor.run(job))


class Reporter:
    """Tells a watcher the news of a policy; looks for the widest interval not too often."""

    def __init__(self, watcher: Watcher, clock: Callable[[], float]) -> None:
        self._watcher = watcher
        self._clock = clock
        self._widest = ""
        self._look_at = clock()

    def report(self, policy: Policy) -> None:
        """Tell the watcher the policy's news."""
        for news in policy.news():
            match news:
                case Planned():
                    self._watcher.planned(news.least, news.left)
                case Done():
                    self._look(news.widest)
                    self._watcher.done(news.fraction, news.left, self._widest)
                case Said():
                    self._watcher.say(news.text)

    def _look(self, widest: Callable[[], str]) -> None:
        began = self._clock()
        if began >= self._look_at:
            self._widest = widest()
            ended = self._clock()
            self._look_at = ended + LOOK_PAUSE * (ended - began)
