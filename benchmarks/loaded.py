"""Operations that keep something from call to call: quantized weights, a cache."""

from typing import ClassVar

from .frameworks import Array, Function
from .typed import Typed


class Loaded(Typed):
    """Takes what it keeps before the clock starts. A definition returns what takes that, and
    returns what is called with the other inputs."""

    #: How many inputs a call gets: the first ones. The others are kept.
    given: ClassVar[int] = 1

    def load(self, function: Function, inputs: list[Array]) -> tuple[Function, list[Array]]:
        return function(*inputs[self.given :]), inputs[: self.given]
