import pytest
from mlx_asv.explain.standalone import NoSource, standalone

from tests.conftest import ROOT

SUITE = ROOT / "benchmarks"

OPERATIONS = '''
"""A module."""

import math
from functools import partial
import numpy as np

from .base import Base
from .helpers import SIZE as N, scaled


class Small(Base):
    """Of few elements."""

    def mlx(self, case: "Case", mx: object, nn) -> "Function":
        """The call."""
        return lambda x: mx.exp(x) * _factor(case)

    def torch(self, case, torch, F):
        return partial(torch.exp)


class Child(Small):
    def arrays(self, case, rng):
        first, *rest = super().arrays(case, rng)
        return [first + math.pi, *self.more(rng)]

    def more(self, rng):
        return [scaled(rng)]


class Odd(Small):
    def mlx(self, case, mx, nn):
        return lambda x: self


def _factor(case):
    return 2
'''
BASE = """
from abc import ABC, abstractmethod


class Base(ABC):
    @abstractmethod
    def mlx(self, case, mx, nn): ...

    def arrays(self, case, rng):
        return [rng.standard_normal(shape) for shape in case.shapes]
"""
HELPERS = """
SIZE: int = 3


def scaled(rng):
    return rng.random(SIZE)
"""


@pytest.fixture
def suite(tmp_path):
    """A suite of three modules."""
    for name, text in (("ops", OPERATIONS), ("base", BASE), ("helpers", HELPERS)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def run(source):
    """The two functions, from the source alone."""
    names: dict = {}
    exec("\n".join([*source.imports, *source.lines]), names)
    return names["arrays"], names["mlx"]


def test_method_of_a_base_and_a_helper(suite):
    """Inherited inputs, and what the call needs, as plain functions without types."""
    source = standalone(suite, "ops.Small.time_it")
    text = "\n".join(source.lines)
    assert source.imports == []
    assert "class" not in text and "torch" not in text and '"""' not in text and "->" not in text
    arrays, mlx = run(source)
    assert callable(mlx(None, None, None))
    assert arrays.__code__.co_varnames[:2] == ("case", "rng")


def test_super_and_self(suite):
    """Methods that call others of the class, or of the one above."""
    import types

    import numpy as np

    source = standalone(suite, "ops.Child.time_it")
    assert source.imports == ["import math"]
    arrays, _ = run(source)
    case = types.SimpleNamespace(shapes=[(2,)])
    first, second = arrays(case, np.random.default_rng(1))
    assert (first.shape, second.shape) == ((2,), (3,))


@pytest.mark.parametrize(
    ("benchmark", "why"),
    [
        ("nothing.Small.time_it", "nothing.py cannot be read: No such file"),
        ("ops.Big.time_it", "ops.py defines no class Big"),
        ("base.Base.time_it", "Base defines no method 'mlx'"),
        ("ops.Odd.time_it", "Odd uses more of itself than methods"),
    ],
)
def test_what_cannot_stand_by_itself(suite, benchmark, why):
    """One sentence says why not."""
    with pytest.raises(NoSource, match=why):
        standalone(suite, benchmark)


def test_short_functions_are_on_one_line():
    """Of the real suite: nothing longer than a person reads."""
    lines = standalone(SUITE, "linear.MatMul.time_forward").lines
    assert "def mlx(case, mx, nn): return mx.matmul" in lines
