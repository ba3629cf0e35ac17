from math import prod

import numpy as np
import pytest

from benchmarks import dispatch
from benchmarks.backends import BACKENDS
from benchmarks.cases import Case, nbytes
from benchmarks.dispatch import (
    SIZES,
    AddChain,
    AddGraph,
    CompileAgain,
    CompileFirst,
    Import,
    Latency,
    RandomUniform,
    Throughput,
)


def test_sizes() -> None:
    """Squares from 2 to 8192 and the blog's 128x30 by 30x128, one by one and many at once."""
    assert tuple(2**n for n in range(1, 14)) == SIZES
    squares = {f"{n}x{n} {n}x{n}" for n in SIZES}
    assert set(Latency.cases) == squares | {"128x30 30x128"}
    assert {case.partition(" times")[0] for case in Throughput.cases} == set(Latency.cases)


@pytest.mark.parametrize("operation", [Latency, RandomUniform])
def test_cases_grow(operation: type[Latency | RandomUniform]) -> None:
    """The next smaller case is the one before."""
    sizes = [prod(Case.parse(label).shapes[0]) for label in operation.cases if "30" not in label]
    assert sizes == sorted(sizes)
    assert operation().smaller(operation.cases[-1]) == operation.cases[-2]
    assert operation().smaller(operation.cases[0]) is None


@pytest.mark.parametrize("label", Throughput.cases)
def test_products_differ(label: str) -> None:
    """Every product of a call has factors that no other one has, and their number is `times`."""
    case = Case.parse(label)
    names = [f"{n}" for n in range(len(Throughput().arrays(small(case), np.random.default_rng(0))))]
    products = Throughput().numpy(case, _Names())(*names)  # type: ignore[arg-type]
    assert len(products) == len(set(products)) == case.numbers["times"]


def small(case: Case) -> Case:
    """The same number of products, of next to nothing."""
    return Case(case.label, ((1, 1), (1, 1)), None, case.numbers)


class _Names:
    """In place of NumPy: a product is what it is called."""

    @staticmethod
    def matmul(a: str, b: str) -> str:
        return f"{a} {b}"


def test_the_largest_fits() -> None:
    """No case needs more than 3 GB at once: half of a small machine's memory."""
    for label in Throughput.cases:
        case = Case.parse(label)
        lefts = dispatch._lefts(case)
        rights = case.numbers["times"] // lefts
        left, right = case.shapes
        shapes = (*[left] * lefts, *[right] * rights, Throughput().output_shape(case))
        assert nbytes(*shapes) < 3e9


def test_what_only_mlx_does_is_offered_on_it_alone() -> None:
    """Nothing else has a graph that waits, and a compiled function compiles nothing anew."""
    for operation in (AddGraph, CompileAgain, CompileFirst):
        assert operation.params[1][:2] == ["mlx_gpu", "mlx_cpu"]
        kinds = {
            (BACKENDS[name].framework, BACKENDS[name].compiled) for name in operation.params[1]
        }
        assert kinds == {("mlx", False)}
    first = ["mlx_gpu", "mlx_cpu", "mps", "cpu", "cuda", "numpy"]
    assert RandomUniform.params[1][:6] == first
    assert not any(BACKENDS[name].compiled for name in RandomUniform.params[1])
    assert AddChain.params[1] == list(BACKENDS)


def test_a_chain_is_one_addition_after_the_other() -> None:
    """500 additions to one element; nothing is left out and nothing multiplied."""
    ones = np.ones(1, dtype=np.float32)
    for label, expected in zip(AddChain.cases, (2, 11, 501), strict=True):
        add = AddChain().numpy(Case.parse(label), np)  # type: ignore[arg-type]
        assert add(ones) == expected


def test_a_fresh_process_imports(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a new Python each time, that imports the framework or nothing."""
    started: list[list[str]] = []
    monkeypatch.setattr(dispatch.subprocess, "run", lambda command, **_: started.append(command))
    for label in Import.cases:
        call = Import().numpy(Case.parse(label), np)  # type: ignore[arg-type]
        assert call() == np.zeros(1)
        call()
    assert [command[1:] for command in started] == [["-c", ""]] * 2 + [["-c", "import numpy"]] * 2
