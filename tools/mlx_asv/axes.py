"""What a benchmark and its case are called: axes, and asv's names for both.

asv calls one combination of a benchmark's parameters ``family.Class.method('a', 'b')``, with the
`repr` of each value. One parameter is the backend; the others, in their order, are the axes.
"""

import json
import re
from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

#: Between the values in a label, and between the parameters in a name.
SEPARATOR = ", "

#: Methods of these names are the usual ones, and are left out where a name is short.
USUAL_METHODS = ("time_forward", "time_call")

#: The repr of a text, as Python writes it: double quotes only around single ones.
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?=[^\"]*')(?:[^\"\\]|\\.)*\"", re.DOTALL)
#: What the repr of a list, a tuple, a dictionary or a set begins with.
_BRACKETS = ("(", "[", "{")


class Axes(Mapping[str, str]):
    """The parameters of a case in their order, the backend left out: name -> asv's repr."""

    __slots__ = ("_pairs",)

    def __init__(self, values: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = values.items() if isinstance(values, Mapping) else values
        self._pairs: tuple[tuple[str, str], ...] = tuple(pairs)

    @classmethod
    def of(cls, **values: Any) -> "Axes":
        """Of Python values: ``Axes.of(case="8x8")``."""
        return cls({name: repr(value) for name, value in values.items()})

    @classmethod
    def from_json(cls, text: str) -> "Axes":
        """Read what `json` writes. Raises ValueError for anything else."""
        found = json.loads(text)
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise ValueError(f"{text!r} is no JSON object of texts")
        return cls(found)

    @property
    def json(self) -> str:
        """A JSON object, in the order of the axes."""
        return json.dumps(dict(self._pairs), ensure_ascii=False)

    @property
    def label(self) -> str:
        """What results are stored under, for ever.

        Two cases of one benchmark have two labels: see `_written`. Nothing reads a label back.
        """
        alone = len(self._pairs) == 1
        return SEPARATOR.join(_written(name, value, alone) for name, value in self._pairs)

    @property
    def text(self) -> str:
        """What a person reads: the label, where a text that looks like a number has no quotes."""
        alone = len(self._pairs) == 1
        return SEPARATOR.join(
            text
            if _TEXT.fullmatch(value) and _is_number(text := plain(value))
            else _written(name, value, alone)
            for name, value in self._pairs
        )

    @property
    def shown(self) -> dict[str, str]:
        """Name -> value as a person reads it alone: a text without its quotes."""
        return {name: plain(value) for name, value in self._pairs}

    def without(self, name: str) -> "Axes":
        """The other axes."""
        return Axes(pair for pair in self._pairs if pair[0] != name)

    def __getitem__(self, name: str) -> str:
        for known, value in self._pairs:
            if known == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Axes) and self._pairs == other._pairs

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"Axes({dict(self._pairs)})"


def plain(value: str) -> str:
    """A parameter without the quotes of its repr."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


@lru_cache(65536)
def _written(name: str, value: str, alone: bool) -> str:
    """One value in a label; `alone`: the case has no other.

    A text stands without its quotes, unless something else is written so: then it keeps them. A
    number, list, tuple or dictionary stands as it is beside other values; alone, where a text may
    look like one, it says its name (``size=100``). Anything else always does.
    """
    if _TEXT.fullmatch(value):
        text = plain(value)
        taken = text.startswith(("'", '"', f"{name}="))
        if not alone:
            taken = taken or SEPARATOR in text or text.startswith(_BRACKETS) or _is_number(text)
        return value if taken else text
    if alone:
        return f"{name}={value}"
    if _is_number(value) or (value.startswith(_BRACKETS) and _is_literal(value)):
        return value
    if SEPARATOR in value or value.startswith('"'):
        return f"{name}={json.dumps(value, ensure_ascii=False)}"
    return f"{name}={value}"


def _is_literal(text: str) -> bool:
    """Whether Python writes a value of its own so."""
    try:
        return repr(literal_eval(text)) == text
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _is_number(text: str) -> bool:
    """Whether a number, True, False or None is written so."""
    return (
        _is_literal(text) and SEPARATOR not in text and not text.startswith(("'", '"', *_BRACKETS))
    )


@dataclass(frozen=True)
class Name:
    """asv's name of a benchmark, or with `params` of one combination of its parameters."""

    benchmark: str
    #: asv's repr of each parameter, the backend among them, in the benchmark's order.
    params: tuple[str, ...] | None = None

    @classmethod
    def parse(cls, text: str) -> "Name":
        """Read ``family.Class.method('a', 'b')``, or the name without parameters.

        Raises ValueError for anything else.
        """
        benchmark, opening, rest = text.partition("(")
        if not opening:
            return cls(text)
        if not rest.endswith(")"):
            raise ValueError(f"{text!r} is no name such as family.Class.method('a', 'b')")
        return cls(benchmark, tuple(_split(rest[:-1])))

    def __str__(self) -> str:
        if self.params is None:
            return self.benchmark
        return f"{self.benchmark}({SEPARATOR.join(self.params)})"

    @property
    def _parts(self) -> list[str]:
        return self.benchmark.split(".")

    @property
    def family(self) -> str:
        """The module: ``convolutions`` of ``convolutions.Conv2d.time_forward``."""
        return self._parts[0]

    @property
    def operation(self) -> str:
        """The class: ``Conv2d``; of a function its own name."""
        parts = self._parts
        return parts[-2] if len(parts) > 2 else parts[-1]

    @property
    def method(self) -> str:
        """What is timed: ``time_forward``."""
        return self._parts[-1]

    @property
    def of_class(self) -> bool:
        """Whether it is the method of a class in a module."""
        return len(self._parts) > 2

    @property
    def short(self) -> str:
        """``Conv2d`` of ``convolutions.Conv2d.time_forward``; ``Sort.time_rows`` where the method
        is not the usual one; the whole name if it has no module."""
        parts = self._parts
        if len(parts) < 2:
            return self.benchmark
        usual = self.of_class and self.method in USUAL_METHODS
        return ".".join(parts[1:-1] if usual else parts[1:])

    @property
    def pattern(self) -> str:
        """A regular expression for `-b` that finds this name, readable where it can be."""
        return _escaped(str(self)) + ("" if self.params else "$")


def listed_pattern(operation: str, label: str, backends: str = ".*") -> str:
    """A regular expression for `-b` that finds an operation on one case, by the label of its axes.

    All of them are texts, and the backend is the last parameter. `backends`: a regular expression
    for the whole name of a backend.
    """
    values = SEPARATOR.join(f"'{re.escape(value)}'" for value in label.split(SEPARATOR))
    return rf"(^|\.){re.escape(operation)}\.\w+\({values}, '({backends})'\)"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in r"\.^$*+?{}[]|()" else c for c in text)


def _split(params: str) -> Iterator[str]:
    """The reprs that are joined in a name: none is cut within quotes or brackets."""
    token = re.compile(rf"{_TEXT.pattern}|.", re.DOTALL)
    depth, current, place = 0, "", 0
    while place < len(params):
        if not depth and params.startswith(SEPARATOR, place):
            yield current
            current = ""
            place += len(SEPARATOR)
            continue
        found = token.match(params, place)
        assert found is not None
        part = found[0]
        depth += (part in ("(", "[", "{")) - (part in (")", "]", "}"))
        current += part
        place = found.end()
    yield current


@dataclass(frozen=True)
class Combination:
    """One combination of a benchmark's parameters; `backend` is "" for a benchmark without it."""

    name: Name
    axes: Axes
    backend: str


def combinations(benchmark: Mapping[str, Any], parameter: str | None) -> Iterator[Combination]:
    """Every combination of a benchmark as asv describes it, in asv's order.

    `parameter`: the name of the one that is the backend, if the suite has one.
    """
    name, names = str(benchmark["name"]), list(benchmark["param_names"])
    if not benchmark["params"]:
        yield Combination(Name(name), Axes(), "")
        return
    for values in product(*benchmark["params"]):
        pairs = list(zip(names, values, strict=True))
        backend = next((plain(value) for known, value in pairs if known == parameter), "")
        axes = Axes(pair for pair in pairs if pair[0] != parameter)
        yield Combination(Name(name, tuple(values)), axes, backend)


def family_of(column: str) -> "pl.Expr":
    """The family of each benchmark in a column."""
    import polars as pl  # asv alone, without polars, loads this module, too

    return pl.col(column).str.split(".").list.first()


def operation_of(column: str) -> "pl.Expr":
    """The operation of each benchmark in a column."""
    import polars as pl

    parts = pl.col(column).str.split(".")
    return (
        pl.when(parts.list.len() > 2)
        .then(parts.list.get(-2, null_on_oob=True))
        .otherwise(parts.list.last())
    )
