"""The operations of the suite, and cases of each that are small enough for a slow reference.

Imports nothing but the suite and NumPy: the interpreters that measure have no more.
"""

import inspect
from importlib import import_module
from pkgutil import iter_modules

import benchmarks
from benchmarks.operation import Operation


def operations() -> dict[str, type[Operation]]:
    """Every operation of the suite by its class name."""
    for module in iter_modules(benchmarks.__path__, "benchmarks."):
        import_module(module.name)
    found, classes = {}, Operation.__subclasses__()
    while classes:
        cls = classes.pop()
        classes += cls.__subclasses__()
        # Tests define operations too; only the suite's own count.
        if not inspect.isabstract(cls) and cls.__module__.startswith("benchmarks."):
            found[cls.__name__] = cls
    return dict(sorted(found.items()))


ACTIVATION = ("4x2x8", "2x3x33")
#: Few of the rows written, and each of them several times.
SCATTER = ("8x4 3", "8x4 40", "5x3 100")

#: Every axis, rank and broadcast of the real cases, with sizes that are no powers of two.
SMALL: dict[str, tuple[str, ...]] = {
    "Argmax": ("4x5x6 axis=0", "4x5x6 axis=1", "4x5x6 axis=2"),
    "BCE": ("50 50", "6x5 6x5", "4x3x2 4x3x2"),
    "Concat": ("5x3 5x2 axis=1", "4x3 4x6 axis=1", "3x7 2x7 axis=0"),
    "Conv1d": ("3x10x3 4x3x3", "2x9x5 3x4x5", "1x16x32 8x3x32"),
    "Conv2d": ("2x7x6x3 4x3x3x3", "1x8x9x5 2x3x2x5", "1x8x8x32 8x3x3x32"),
    "Gather": ("8x4 3", "8x4 40"),
    "LayerNorm": ("2x3x16", "3x2x100"),
    "LeakyReLU": ACTIVATION,
    "Linear": ("5x4x6 6x3 3", "5x1x64 64x1 1"),
    "MatMul": (
        "3x1x10 3x10x4",
        "5x6x7 7x3",
        "5x6x7 5x7x3",
        "5x3x40 5x40x9",
        "6x500 500x4",
        "300x6 6x8",
    ),
    "PReLU": tuple(f"{case} 1" for case in ACTIVATION),
    "ReLU": ACTIVATION,
    "ScaledDotProductAttention": (
        "2x3x4x16 2x3x4x16 2x3x4x16",
        "2x3x4x16 2x3x7x16 2x3x7x16",
        "1x2x16x64 1x2x64x64 1x2x64x64",
    ),
    "Scatter": SCATTER,
    "ScatterMax": SCATTER,
    "ScatterSum": SCATTER,
    "SeLU": ACTIVATION,
    "Sigmoid": ACTIVATION,
    "Softmax": ("3x50 axis=-1", "50x3 axis=-1", "2x3x4x5 axis=-1"),
    "Softplus": ACTIVATION,
    "Sort": ("4x5x6 axis=0", "4x5x6 axis=1", "4x5x6 axis=2"),
    "Sum": ("3x4x5x6 axis=0", "3x4x5x6 axis=1", "3x4x5x6 axis=2", "3x4x5x6 axis=3"),
    "SumAll": ("4x3x5x2", "100", "10x7"),
}
