"""A look at a case before it is measured: does the reference run it, how long, how large."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic

from mlx_asv.files import write_atomically
from mlx_asv.job import Arm, Case
from mlx_asv.measurement.blocks import Life, visit_seconds
from mlx_asv.measurement.process import Skipped, WorkerFailed
from mlx_asv.measurement.zygotes import Start
from mlx_asv.observations.store import case_key

from .budget import Cost

#: Bytes that a control's framework needs beyond the case; PyTorch's is the largest.
CONTROL_BYTES = 500_000_000

#: Seconds that loading a control takes.
CONTROL_LOADING = 0.5


@dataclass(frozen=True)
class Probe:
    """What loading the references of a case told, per backend."""

    #: Seconds of one call.
    seconds: dict[str, float]
    #: Most bytes of memory of the process.
    rss: dict[str, int]
    #: Seconds that loading took.
    loading: dict[str, float]
    #: Backends on which the reference does not run: outcome and reason.
    missing: dict[str, tuple[str, str]]

    def within(self, longest: float) -> "Probe":
        """Without the backends on which one call takes longer than `longest` seconds."""
        slow = {
            name: ("skipped", f"one call takes {seconds:.2f} s, longer than --longest {longest:g}s")
            for name, seconds in self.seconds.items()
            if seconds > longest
        }
        quick = {name: each for name, each in self.seconds.items() if name not in slow}
        return replace(self, seconds=quick, missing={**self.missing, **slow})

    def needs(self, arms: Iterable[Arm]) -> dict[str, int]:
        """Bytes that a process of each arm's backend needs; a control's are estimated."""
        largest = max(self.rss.values(), default=0)
        return {a.backend: self.rss.get(a.backend, largest + CONTROL_BYTES) for a in arms}

    def cost(self, arms: Sequence[Arm], loaders: int) -> Cost:
        """Seconds of a block set with these arms, of which `loaders` load at the same time."""
        slowest = max(self.seconds.values(), default=0.0)
        visits = [visit_seconds(self.seconds.get(arm.backend, slowest)) for arm in arms]
        loading = [self.loading.get(arm.backend, CONTROL_LOADING) for arm in arms]
        return Cost(sum(loading) / loaders, sum(visits), len(arms))

    def lives(self, references: Iterable[Arm]) -> list[Life]:
        """The references that do not run, as lives that ended."""
        return [
            Life(arm, [], *self.missing[arm.backend])
            for arm in references
            if arm.backend in self.missing
        ]


def probe(path: Path, case: Case, references: Iterable[Arm], start: Start, suite: str) -> Probe:
    """Load the references of `case` one by one, once per sweep: kept under `path`."""
    stored = path / f"probe-{case_key(case.benchmark, case.label)}.json"
    if stored.exists():
        found = json.loads(stored.read_text(encoding="utf-8"))
        found["missing"] = {name: tuple(why) for name, why in found["missing"].items()}
        return Probe(**found)
    result = Probe({}, {}, {}, {})
    for arm in references:
        for again in (False, True):
            began = monotonic()
            with start(arm, again=again) as worker:
                try:
                    worker.start_load(suite, case.benchmark, case.backends[arm.backend])
                    loaded = worker.finish_load(case.timeout)
                except Skipped as skip:
                    result.missing[arm.backend] = ("skipped", str(skip))
                except WorkerFailed as failure:
                    result.missing[arm.backend] = ("failed", str(failure))
                    if not again:
                        continue
                else:
                    result.missing.pop(arm.backend, None)
                    result.seconds[arm.backend] = loaded.seconds
                    result.rss[arm.backend] = loaded.rss
                    result.loading[arm.backend] = monotonic() - began
            break
    write_atomically(stored, json.dumps(asdict(result)))
    return result
