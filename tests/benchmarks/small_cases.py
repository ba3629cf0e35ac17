"""The operations of the suite, and cases of each that are small enough for a slow reference.

Imports nothing but the suite and NumPy: the interpreters that measure have no more.
"""

import inspect
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

import benchmarks
from benchmarks.cases import Case
from benchmarks.frameworks import Inputs
from benchmarks.models import Model
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


def small(cls: type[Operation]) -> type[Operation]:
    """`cls`; of a model, one of few and small layers, whose texts are followed by padding."""
    if not issubclass(cls, Model):
        return cls
    sizes = {"vocabulary": 50, "hidden": 32, "layers": 2, "heads": 4, "feed_forward": 48}

    class Small(cls):  # type: ignore[misc, valid-type]
        config = replace(cls.config, **sizes)  # type: ignore[type-var]

        def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
            ids, mask, *weights = super().arrays(case, rng)
            for text in range(1, len(mask)):  # the first is complete
                mask[text, -3 * text :] = 0
            return [np.where(mask == 1, ids, self.config.pad), mask, *weights]

    Small.__name__ = cls.__name__  # inputs are drawn by name
    return Small


ACTIVATION = ("4x2x8", "2x3x33")
#: Few of the rows written, and each of them several times.
SCATTER = ("8x4 3", "8x4 40", "5x3 100")

#: One text without padding, and three of different lengths.
MODEL = ("characters=50 batch=1", "characters=100 batch=3")

#: Every axis, rank and broadcast of the real cases, with sizes that are no powers of two.
SMALL: dict[str, tuple[str, ...]] = {
    "AddChain": ("1 times=1", "1 times=10", "1 times=500"),
    "AddGraph": ("1 times=10",),
    "Argmax": ("4x5x6 axis=0", "4x5x6 axis=1", "4x5x6 axis=2"),
    "BCE": ("50 50", "6x5 6x5", "4x3x2 4x3x2"),
    "BertBase": MODEL,
    "BertLarge": MODEL,
    "CompileAgain": ("1 times=10",),
    "CompileFirst": ("1 times=10",),
    "Concat": ("5x3 5x2 axis=1", "4x3 4x6 axis=1", "3x7 2x7 axis=0"),
    "Conv1d": ("3x10x3 4x3x3", "2x9x5 3x4x5", "1x16x32 8x3x32"),
    "Conv2d": ("2x7x6x3 4x3x3x3", "1x8x9x5 2x3x2x5", "1x8x8x32 8x3x3x32"),
    "Gather": ("8x4 3", "8x4 40"),
    "Import": ("modules=0", "modules=1"),
    "Latency": ("2x2 2x2", "7x5 5x7"),
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
    "RandomUniform": ("3x3", "32x32"),
    "ReLU": ACTIVATION,
    "RobertaBase": MODEL,
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
    "Throughput": ("2x2 2x2 times=100", "7x5 5x7 times=6"),
    "XLMRobertaBase": MODEL,
}

#: Operations that give other numbers in every call.
RANDOM = {"RandomUniform"}
