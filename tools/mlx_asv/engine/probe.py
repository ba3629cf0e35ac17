"""What a look tells of a case: whether the reference runs it, for how long, and how large it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mlx_asv.job import Arm, Ended
from mlx_asv.measurement.blocks import visit_seconds

from .cost import Cost

#: Bytes that a control's framework needs beyond the case; PyTorch's is the largest.
CONTROL_BYTES = 500_000_000

#: Seconds of a process's imports: one that needs less is no copy, and imports while it loads.
COPIED = 0.03

#: Seconds that loading a control takes, and that importing its framework does.
CONTROL_LOADING, CONTROL_STARTING = 0.5, 2.0


@dataclass(frozen=True)
class Probe:
    """What the references of a case told when they were loaded, by backend."""

    #: Seconds of one call.
    seconds: dict[str, float]
    #: Seconds that the processor works for one, whatever else it does meanwhile.
    processor: dict[str, float]
    #: Most bytes of memory of the process.
    rss: dict[str, int]
    #: Seconds that loading took, of a process that had imported all it needs.
    loading: dict[str, float]
    #: Backends on which the reference does not run: outcome and reason.
    missing: dict[str, tuple[str, str]]
    #: Seconds that one call takes besides: for `setup`.
    besides: dict[str, float] = field(default_factory=dict)
    #: Seconds until the process had imported all, if it was not a copy of one that had.
    starting: dict[str, float] = field(default_factory=dict)

    @property
    def undisturbed(self) -> "Probe":
        """The same with the seconds of the processor in place of those of the clock: what counts
        lasts may be judged beside any load."""
        return replace(self, seconds=self.processor)

    def within(self, longest: float) -> "Probe":
        """The same without the backends on which one call takes longer than `longest` seconds."""
        slow = {
            name: ("skipped", f"one call takes {seconds:.2f} s, longer than --longest {longest:g}s")
            for name, seconds in self.seconds.items()
            if seconds > longest
        }
        quick = {name: each for name, each in self.seconds.items() if name not in slow}
        return replace(self, seconds=quick, missing={**self.missing, **slow})

    def needs(self, arms: Iterable[Arm]) -> dict[str, int]:
        """Bytes that a process needs, by backend of `arms`; those of controls are estimated."""
        largest = max(self.rss.values(), default=0)
        return {a.backend: self.rss.get(a.backend, largest + CONTROL_BYTES) for a in arms}

    def cost(self, arms: Sequence[Arm], loaders: int) -> Cost:
        """Seconds of a block set with these arms, of which `loaders` load at the same time."""
        slowest = max(self.seconds.values(), default=0.0)
        besides = max(self.besides.values(), default=0.0)
        visits = [
            visit_seconds(
                self.seconds.get(arm.backend, slowest), self.besides.get(arm.backend, besides)
            )
            for arm in arms
        ]
        loading = [self.loading.get(arm.backend, CONTROL_LOADING) for arm in arms]
        return Cost(sum(loading) / loaders, sum(visits), len(arms))

    def ended(self, references: Iterable[Arm]) -> tuple[Ended, ...]:
        """The references that do not run the case, and why."""
        return tuple(
            Ended(arm, *self.missing[arm.backend])
            for arm in references
            if arm.backend in self.missing
        )


def starting(probes: Iterable[Probe], arms: Sequence[Arm], loaders: int) -> float:
    """Seconds until new processes, which those of the arms are copies of, have imported all, of
    which `loaders` do at the same time: as looks have shown."""
    own = max((each for probe in probes for each in probe.starting.values()), default=0.0)
    if own < COPIED:
        return 0.0
    controls = sum(arm.role == "control" for arm in arms)
    return (CONTROL_STARTING * controls + own * (len(arms) - controls)) / loaders
