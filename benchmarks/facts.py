"""What the suite says of itself to those who read its results: backends, and what a case is.

Whoever does finds this module by its name in the directory of the benchmarks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .agreement import ROUNDING
from .backends import BACKENDS
from .cases import Case, Shape
from .catalogue import operations
from .work import Work

#: The benchmarks of an operation whose case is a case of the operation.
METHODS = ("time_forward", "time_call", "track_error")

__all__ = ["BACKENDS", "CaseFacts", "case"]


@dataclass(frozen=True)
class CaseFacts:
    """`table`: the one that it is a row of, "operations" or "models", and `title`: what it is
    called there; None if there is none. `work`: of one call, None where nobody says. `dtype`: the
    element type of the inputs, `mode`: what is called, "forward" or "gradient". Of what is tracked:
    `allowed`, the largest value of a result within the tolerance, and `rounding`, that of one
    rounding of an exact result; None of what is not."""

    shapes: tuple[Shape, ...]
    axis: int | None
    numbers: Mapping[str, int]
    work: Work | None
    table: str | None
    title: str
    dtype: str
    mode: str
    allowed: float | None = None
    rounding: float | None = None


def case(family: str, operation: str, method: str, values: Mapping[str, Any]) -> CaseFacts | None:
    """Of the benchmark ``family.operation.method`` with these values of its parameters.

    None for what is no operation of this suite.
    """
    cls = _operations().get(f"{family}.{operation}")
    if cls is None or method not in METHODS or not callable(getattr(cls, method, None)):
        return None
    axes = {name: values[name] for name in cls.axes if name in values}
    try:
        found = Case.parse(values["case"], **axes)
    except (KeyError, ValueError):
        return None
    instance = cls()
    try:
        work = instance.work(found)
    except (AssertionError, ValueError, IndexError):  # it is no case of this operation
        work = None
    return CaseFacts(
        shapes=found.shapes,
        axis=found.axis,
        numbers=found.numbers,
        work=work,
        table=cls.table,
        title=instance.title,
        dtype=found.dtype,
        mode=found.mode,
        **(_of_errors(cls, found) if method == "track_error" else {}),
    )


@cache
def _of_errors(cls: Any, case: Case) -> dict[str, float]:
    """`allowed` and `rounding`, of one of the cases whose errors are tracked."""
    known = cls.axes.get("dtype", (case.dtype,))
    if case.label not in cls.cases_of_errors() or case.dtype not in known:
        return {}
    return {
        "allowed": cls.allowed_error(case),
        "rounding": ROUNDING[cls.small()().result_dtype(case)],
    }


@cache
def _operations() -> dict[str, Any]:
    return operations()
