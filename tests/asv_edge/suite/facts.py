"""What the suite says of itself: one backend of MLX, and one that does not change with it."""

from types import SimpleNamespace

BACKENDS = {
    "mlx_cpu": SimpleNamespace(framework="mlx", device="cpu"),
    "other": SimpleNamespace(control=True),
}
