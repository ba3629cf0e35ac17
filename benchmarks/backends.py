"""The backends an operation is timed on: one line each, and all that there is to know of each.

The names are mlx-benchmark's. They are stored in every result, so: append, never rename.
"""

from dataclasses import dataclass

#: What the processes of a framework import: on the CPU they may be copies of one that has.
#: Threads that an import starts must survive a fork, as OpenBLAS's do.
IMPORTS = {"mlx": ("mlx.core", "mlx.nn"), "torch": ("torch",), "numpy": ()}


@dataclass(frozen=True)
class Backend:
    """A framework on a device, compiled or not."""

    name: str
    framework: str
    device: str
    compiled: bool = False

    @property
    def control(self) -> bool:
        """Whether it does not change with the release of MLX: it is there to compare with."""
        return self.framework != "mlx"

    @property
    def imports(self) -> tuple[str, ...] | None:
        """What is imported before its processes are copied; None: they start from nothing, since a
        process that has opened a GPU cannot be copied."""
        return IMPORTS[self.framework] if self.device == "cpu" else None


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend("mlx_gpu", "mlx", "gpu"),
        Backend("mlx_gpu_compile", "mlx", "gpu", compiled=True),
        Backend("mlx_cpu", "mlx", "cpu"),
        Backend("mps", "torch", "mps"),
        Backend("cpu", "torch", "cpu"),
        Backend("cuda", "torch", "cuda"),
        Backend("mlx_cpu_compile", "mlx", "cpu", compiled=True),
        Backend("numpy", "numpy", "cpu"),
    )
}

#: Those of an operation that compiling cannot change, or would change into another one.
UNCOMPILED = tuple(name for name, backend in BACKENDS.items() if not backend.compiled)
MLX_UNCOMPILED = tuple(name for name in UNCOMPILED if BACKENDS[name].framework == "mlx")
