"""What is measured: its unit and scale, the direction that is worse, what counts as a change.

A new metric is a new entry of METRICS, and whatever records its values.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import exp, expm1, floor, isfinite, log, log10

#: What stands where there is no number.
UNKNOWN = "unknown"


class Scale(StrEnum):
    """How two values of a metric are compared.

    `LOG`: by their ratio; an effect is a difference of logarithms. `LINEAR`: by their difference,
    in the metric's unit, of which less than a hundred-thousandth is nothing. `EXACT`: by their
    difference, too, of a whole number that does not vary.
    """

    LOG = "log"
    LINEAR = "linear"
    EXACT = "exact"


@dataclass(frozen=True)
class Limit:
    """What is said of a value by itself, whatever it was before.

    `within`, `beyond`: the verdicts on a value up to the limit, and on a worse one. `most`: the
    limit, in the metric's unit; None: each case has its own, which the suite says. `told`: what is
    said of a `value`, and of the limit `most`.
    """

    within: str
    beyond: str
    told: str
    most: float | None = None


@dataclass(frozen=True)
class Metric:
    """One thing that is measured of a call.

    `floor`: the standard deviation, from one life of a process to the next, that no arm is believed
    to stay under. `threshold`: a change that matters. Both are differences on `scale`.
    `label`, `values`: what a value is called, and several of them.
    `worse`, `better`: the verdicts on a change; a thing `verb` worse, as in "is slower".
    `units`: names of the unit and its multiples, each with its size, largest first.
    `digits`: decimals of a change in percent; `factors`: of a ratio the factor is told instead.
    `spreads`: a change is that many times the spread of
    equal releases, or it is none. `undisturbed`: nothing disturbs the values, so a change needs no
    confirmation on fresh ones. `repeats`: the values of equal releases are equal, as a rule
    exactly, so what one case scatters by says nothing of another. `least`: smaller values cannot be
    told from it, and are recorded as it. `limit`: what is said of a value by itself. `method`: the
    name of the tracking benchmarks that return values. `command`: what measures a change again.
    `unseen`: a sentence on what a user feels and the metric does not show, said wherever the metric
    is shown.
    """

    name: str
    label: str
    values: str
    unit: str
    scale: Scale
    more_is_worse: bool
    floor: float
    threshold: float
    worse: str
    better: str
    verb: str
    units: tuple[tuple[str, float], ...]
    digits: int = 1
    spreads: float = 0.0
    factors: bool = False
    undisturbed: bool = False
    repeats: bool = False
    least: float | None = None
    limit: Limit | None = None
    method: str = ""
    command: str = "confirm"
    unseen: str = ""

    @property
    def sign(self) -> int:
        """1 if more is worse, -1 if less is: an effect times this is how much worse it got."""
        return 1 if self.more_is_worse else -1

    @property
    def changes(self) -> tuple[str, str]:
        """The verdicts on a change: worse, better."""
        return self.worse, self.better

    def matters_from(self, chosen: float | None) -> float:
        """The threshold: the metric's own, or one that a user chose, which is a ratio's."""
        return self.threshold if chosen is None or self.scale is not Scale.LOG else chosen

    def text(self, value: float | None) -> str:
        """``1.234 ms``: a value with a unit that leaves digits before the point; or UNKNOWN."""
        if value is None or not isfinite(value):
            return UNKNOWN
        if self.scale is Scale.EXACT:
            return f"{value:,.0f} {self.unit}"
        name, size = next((each for each in self.units if abs(value) >= each[1]), self.units[-1])
        return f"{value / size:.4g} {name}".rstrip()

    def told(self, value: float | None, most: float) -> str:
        """``3.1 MB from call 100 to 500``: a value and its limit, where there is one."""
        if self.limit is None:
            return self.text(value)
        return self.limit.told.format(value=self.text(value), most=self.text(most))

    def recorded(self, value: float) -> float:
        """A value as it is kept: at least `least`."""
        return value if self.least is None else max(value, self.least)

    def change(self, effect: float | None) -> str:
        """``+5.1%`` of an effect, ``40 times`` or ``40 times less`` where factors are told, ``+3
        kernels`` on a scale of differences; or UNKNOWN."""
        if effect is None or not isfinite(effect):
            return UNKNOWN
        if self.factors:
            said = factor(effect)
            return f"{said} times less" if effect < 0 and said != NO_FACTOR else f"{said} times"
        if self.scale is Scale.LOG:
            return f"{expm1(effect):+.{self.digits}%}"
        return f"{'+' if effect >= 0 else ''}{self.text(effect)}"

    def spread(self, sd: float | None) -> str:
        """``1.2%`` of a standard deviation on the scale; or UNKNOWN."""
        if sd is None or not isfinite(sd):
            return UNKNOWN
        if self.factors:
            return self.fine(sd)
        return f"{sd:.{self.digits}%}" if self.scale is Scale.LOG else self.text(sd)

    def fine(self, effect: float) -> str:
        """The size of an effect, without its sign; of a ratio two digits, however small:
        ``0.0042%``."""
        if self.factors:
            return f"{factor(effect)} times"
        if self.scale is not Scale.LOG:
            return self.text(abs(effect))
        percent = 100 * expm1(abs(effect))
        places = 0 if percent == 0 else max(0, 1 - floor(log10(percent)))
        return f"{percent:.{places}f}%"

    def interval(self, low: float | None, high: float | None) -> str:
        """``+4.2% to +6.0%``; UNKNOWN where nothing is known of one end."""
        if low is None or high is None or not isfinite(high - low):
            return UNKNOWN
        return f"{self.change(low)} to {self.change(high)}"


#: What `factor` says of no change.
NO_FACTOR = "1.0"


def factor(effect: float) -> str:
    """``2.4``, ``40``, ``1.2e6``: by what an effect multiplies, or divides if it is negative."""
    size = exp(min(abs(effect), 700.0))  # more is no float
    if size < 9.95:
        return f"{size:.1f}"
    if size < 99_999.5:
        return f"{size:,.0f}"
    digits, power = f"{size:.1e}".split("e")
    return f"{digits}e{int(power)}"


#: Names of multiples of a byte.
BYTES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0))

TIME = Metric(
    name="time",
    label="time per call",
    values="seconds",
    unit="s",
    scale=Scale.LOG,
    more_is_worse=True,
    floor=0.005,
    threshold=log(1.03),
    worse="slower",
    better="faster",
    verb="is",
    units=(("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)),
)
#: Most bytes that a process held when its case was loaded. Half of the arms vary by less than
#: 0.15 % from life to life; what a release itself holds, 40 MB, moves by one or two.
MEMORY = Metric(
    name="memory",
    label="peak memory",
    values="bytes",
    unit="B",
    scale=Scale.LOG,
    more_is_worse=True,
    floor=0.002,
    threshold=log(1.05),
    worse="more memory",
    better="less memory",
    verb="takes",
    units=BYTES,
)
#: Instructions that a call executes in user mode. Equal releases differ by 0.02 % at most from a
#: million instructions on, and by up to 1 % below, where most are Python's.
INSTRUCTIONS = Metric(
    name="instructions",
    label="instructions per call",
    values="instructions",
    unit="instructions",
    scale=Scale.LOG,
    more_is_worse=True,
    floor=0.0001,
    threshold=log(1.01),
    worse="more instructions",
    better="fewer instructions",
    verb="executes",
    units=(
        ("G instructions", 1e9),
        ("M instructions", 1e6),
        ("k instructions", 1e3),
        ("instructions", 1.0),
    ),
    digits=2,
    spreads=5.0,
    undisturbed=True,
    command="count",
    unseen="Instructions do not show waiting, page faults, caches and memory, how work is spread "
    "over threads, or what a GPU does.",
)
#: Largest relative error of a result, against float64, on inputs that are made to hurt. A build
#: rounds the same inputs in the same way each time; whoever adds in another order may lose half as
#: much again, another algorithm or a shorter type a multiple. What is exact has no ratio: it counts
#: as the smallest error that float64 can show.
ERROR = Metric(
    name="error",
    label="largest relative error",
    values="errors",
    unit="",
    scale=Scale.LOG,
    more_is_worse=True,
    floor=1e-6,
    threshold=log(2),
    worse="less exact",
    better="more exact",
    verb="is",
    units=(("", 1.0),),
    spreads=5.0,
    factors=True,
    undisturbed=True,
    repeats=True,
    least=2.0**-53,
    limit=Limit("within tolerance", "over tolerance", "{value}, of {most} allowed"),
    method="track_error",
    command="track",
)
#: Bytes by which the memory of a process grows from the 100th call to the 500th. A megabyte is
#: 2.5 kB a call: a page, of which the system counts memory, in every second one.
GROWTH = Metric(
    name="growth",
    label="growth of memory over 400 calls",
    values="bytes",
    unit="B",
    scale=Scale.LINEAR,
    more_is_worse=True,
    floor=4096.0,
    threshold=1e6,
    worse="more growth",
    better="less growth",
    verb="shows",
    units=BYTES,
    spreads=5.0,
    undisturbed=True,
    repeats=True,
    limit=Limit("flat", "growing", "{value} from call 100 to 500", most=1e6),
    method="track_growth",
    command="track",
)

#: All of them by name, in the order in which they are shown.
METRICS: dict[str, Metric] = {
    each.name: each for each in (TIME, MEMORY, INSTRUCTIONS, ERROR, GROWTH)
}


def tracked(method: str) -> Metric | None:
    """The metric of which the tracking benchmarks of this name return values; None if there is
    none."""
    return next((each for each in METRICS.values() if each.method == method != ""), None)
