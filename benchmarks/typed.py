"""Operations whose element type and mode are axes: the same call in float32, float16 or bfloat16,
forward or as the gradients by its inputs.

Their names have four parameters, ``('256x4096', 'bfloat16', 'forward', 'mlx_cpu')``; those that
were published before have two, and keep them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, TypeVar

from .cases import FORWARD, GRADIENT, Case
from .operation import Operation

#: The first release whose CPU multiplies matrices of 16 bits (upstream's #1814). Before, a product
#: does not raise: it ends the process.
HALF_PRODUCTS = "0.22.1"


Value = TypeVar("Value")


def by_dtype(**values: Value) -> Mapping[str, Value]:
    """What differs by element type: ``by_dtype(float32=1, bfloat16=2)``."""
    return MappingProxyType(values)


class Typed(Operation):
    """One operation on every case, element type, mode and backend."""

    dtypes: ClassVar[tuple[str, ...]] = ("float32",)
    modes: ClassVar[tuple[str, ...]] = (FORWARD,)
    table = None

    #: How close to the reference results are, by element type: see `agreement`.
    tolerances: ClassVar[Mapping[str, tuple[float, float]]]
    #: And gradients, where that differs.
    gradient_tolerances: ClassVar[Mapping[str, tuple[float, float]]] = by_dtype()
    #: The first release for each element type, where that is not `since`.
    since_by_dtype: ClassVar[Mapping[str, str]] = by_dtype()

    # The mode is an axis: the method's name says nothing of it.
    time_forward = None  # type: ignore[assignment]

    def __init_subclass__(cls) -> None:
        cls.axes = {"dtype": cls.dtypes, "mode": cls.modes}
        super().__init_subclass__()

    def time_call(self, *values: str) -> None:
        """One call, from the inputs to the evaluated result or its gradients."""
        self._call()

    def first_release(self, case: Case) -> str:
        return self.since_by_dtype.get(case.dtype, self.since)

    def allowed(self, case: Case) -> tuple[float, float]:
        if case.mode == GRADIENT and case.dtype in self.gradient_tolerances:
            return self.gradient_tolerances[case.dtype]
        return self.tolerances[case.dtype]
