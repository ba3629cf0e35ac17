"""The backends an operation is timed on: one line each.

The names are mlx-benchmark's. They are stored in every result, so: append, never rename.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backend:
    """A framework on a device, compiled or not."""

    name: str
    framework: str
    device: str
    compiled: bool = False


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
