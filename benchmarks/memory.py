"""Peak memory of every case, where the release tells. For ``asv run``: a sweep measures time."""

from collections.abc import Callable
from importlib import import_module
from typing import ClassVar

from .backends import BACKENDS
from .catalogue import operations
from .operation import HARNESS_VERSION, SEPARATOR, Operation

#: Up to 0.24.0 these functions were in ``mlx.core.metal``.
PEAK, RESET = "get_peak_memory", "reset_peak_memory"


class PeakMemory:
    """What MLX has allocated at most during one call, the inputs included."""

    param_names: ClassVar[list[str]] = ["case", "backend"]
    params: ClassVar[list[list[str]]] = [
        [f"{name} {label}" for name, cls in operations().items() for label in cls.labels()],
        [name for name, backend in BACKENDS.items() if backend.framework == "mlx"],
    ]
    version = f"{HARNESS_VERSION}.1"
    unit = "bytes"
    timeout = 120.0

    def setup(self, case: str, backend: str) -> None:
        """Prepare the case. Raises NotImplementedError where it is skipped, or memory not told."""
        name, _, label = case.partition(" ")
        cls: type[Operation] = operations()[name]
        if backend not in cls.backends:
            raise NotImplementedError(f"{cls.__name__} is not measured on {backend}")
        operation = cls()
        operation.setup(*label.split(SEPARATOR), backend)
        self._peak = peak(operation.call)

    def track_peak(self, case: str, backend: str) -> int:
        """Bytes."""
        return self._peak


def peak(call: Callable[[], None]) -> int:
    """Bytes that MLX says it had allocated at most in a call after the first one."""
    mx = import_module("mlx.core")
    owner = mx if hasattr(mx, PEAK) else getattr(mx, "metal", None)
    release = f"mlx {mx.__version__}"
    if not hasattr(owner, PEAK) or not hasattr(owner, RESET):
        raise NotImplementedError(f"no such API in {release}: {PEAK}")
    call()  # it also allocates what stays
    getattr(owner, RESET)()
    call()
    found = int(getattr(owner, PEAK)())
    if found == 0:
        raise NotImplementedError(f"{release} does not count the memory of this device")
    return found
