"""Every backend computes the function that the reference defines, on every release tried."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.agreement import HostArray
from benchmarks.backends import BACKENDS
from benchmarks.cases import FORWARD, Case
from benchmarks.operation import Operation
from benchmarks.sorting import Sort

from .differences import differences
from .suite import joined, lacking, operations, small

RELEASES = ("0.21.1", "0.29.4", "0.31.1")
#: What needs no device of its own, so that no machine may skip it.
EVERYWHERE = ("numpy", "cpu", "mlx_cpu", "mlx_cpu_compile")
WORKER = Path(__file__).with_name("agreement_worker.py")
#: GPUs round the factors of float32 products to ten bits unless told otherwise. Whether a
#: backend computes the right function is easier to see without.
FULL_PRECISION = {"MLX_ENABLE_TF32": "0", "NVIDIA_TF32_OVERRIDE": "0"}


class Computed(NamedTuple):
    """What one worker found, by ``Operation|case|backend``."""

    arrays: dict[str, NDArray[Any]]
    skips: dict[str, str]
    errors: dict[str, str]
    dtypes: dict[str, list[str]]

    def inputs(self, key: str) -> list[NDArray[Any]]:
        """The inputs, before they were arranged for the framework."""
        found = []
        while (array := self.arrays.get(f"{key}|{len(found)}")) is not None:
            found.append(array)
        return found


Compute = Callable[[str, str], Computed]


@pytest.fixture(scope="session")
def compute(
    measuring_python: Callable[[str], tuple[str | Path, dict[str, str]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Compute:
    """All small cases on a release and a backend: one process, run when first asked for."""

    @cache
    def folder(release: str) -> Path:
        return tmp_path_factory.mktemp(f"mlx-{release}-")

    def run(release: str, backend: str) -> Computed:
        # PyTorch and NumPy are the same beside every release.
        return once(release if BACKENDS[backend].framework == "mlx" else RELEASES[-1], backend)

    @cache
    def once(release: str, backend: str) -> Computed:
        python, environment = measuring_python(release)
        out = folder(release) / f"{backend}.npz"
        result = subprocess.run(
            [python, WORKER, out, backend],
            # A TMPDIR for each release: before 0.29.0 they would share compiled kernels.
            env={**os.environ, "TMPDIR": str(out.parent), **environment, **FULL_PRECISION},
            capture_output=True,
            text=True,
            timeout=600,
        )
        if result.returncode != 0:  # said in place of every result, so that no test passes
            last = "\n".join(result.stderr.strip().splitlines()[-5:])
            return Computed({}, {}, {"*": f"worker ended with {result.returncode}: {last}"}, {})
        with np.load(out) as arrays:
            return Computed(dict(arrays), **json.loads(out.with_suffix(".json").read_text()))

    return run


def _widened(inputs: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """In float64; whole numbers stay what they are."""
    return [array.astype(np.float64) if array.dtype.kind == "f" else array for array in inputs]


def _problems(computed: Computed, operation: str, *values: str) -> Iterator[str]:
    """What is wrong with one result: nothing, most of the time."""
    key = "|".join((operation, *values))
    small = operations()[operation].small()()
    case, backend = small.parsed(*values)
    if key in computed.skips:
        absent = computed.skips[key].startswith("no such device") and backend not in EVERYWHERE
        if not absent and not (small.axes and _lacks(computed.skips[key])):
            yield f"skipped: {computed.skips[key]}"
        return
    if key not in computed.arrays:
        yield computed.errors.get(key) or computed.errors.get("*", "no result")
        return

    result, inputs = computed.arrays[key], computed.inputs(key)
    expected = _expected(small, case, _widened(inputs), BACKENDS[backend].framework)
    if small.axes:
        if set(computed.dtypes[key]) != {small.result_dtype(case)}:
            yield f"{computed.dtypes[key]} instead of {small.result_dtype(case)}"
    elif operation == "Argmax":
        if result.dtype.kind not in "iu":
            yield f"{result.dtype} instead of an integer"
    elif result.dtype != np.float32:
        yield f"{result.dtype} instead of float32"
    if result.shape != expected.shape:
        yield f"shape {result.shape} instead of {expected.shape}"
        return
    error = np.abs(result.astype(np.result_type(result, np.float64)) - expected)
    rtol, atol = small.allowed(case)
    if not np.all(error <= atol + rtol * np.abs(expected)):  # put so that nan is beyond, too
        yield f"largest error {error.max():.3g} (rtol {rtol:g}, atol {atol:g})"


#: Skips of operations with more axes, on the releases and backends that tests have everywhere: what
#: a framework does not define, an element type or gradients that it lacks, an older release.
LACKED = re.compile(
    r"NumPy has no (bfloat16|gradients)$|\w+ is not defined in (NumPy|PyTorch)$"
    r"|mlx [\d.]+ cannot compute this, mlx ([\d.]+) can$"
)


def _lacks(reason: str) -> bool:
    """Whether a skip is one that is known beforehand; the newest release lacks nothing."""
    found = LACKED.match(reason)
    return found is not None and (found[3] is None or _numbers(found[3]) <= _numbers(RELEASES[-1]))


def _numbers(release: str) -> list[int]:
    return [int(number) for number in release.split(".")]


def _expected(small: Operation, case: Case, arrays: list[HostArray], framework: str) -> HostArray:
    """The reference's result, or its gradients by differences, as a framework arranges them."""
    if case.mode == FORWARD:
        result = small.reference(case, arrays)
        assert result.shape == small.output_shape(case), "the operation's output_shape"
        return small.arrange_result(framework, [result])[0]
    *inputs, cotangent = arrays
    places = small.differentiated(case)

    def function(*changed: HostArray) -> HostArray:
        return small.reference(case, list(changed))

    gradients = list(inputs)
    for place, found in zip(places, differences(function, inputs, cotangent, places), strict=True):
        gradients[place] = found
    arranged = small.arrange(framework, gradients)
    return joined([arranged[place] for place in places])


@pytest.mark.parametrize("operation", operations())
@pytest.mark.parametrize("release", RELEASES)
def test_agrees_with_the_reference(compute: Compute, release: str, operation: str) -> None:
    """A result differs from the float64 reference by no more than the tolerance."""
    problems = [
        f"{operation} {' '.join(values)} {backend} mlx {release}: {problem}"
        for backend in operations()[operation].backends
        for values in small(operations()[operation])
        for problem in _problems(compute(release, backend), operation, *values, backend)
    ]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("release", RELEASES)
def test_same_numbers_everywhere(compute: Compute, release: str, backend: str) -> None:
    """Every framework and release gets the same inputs, bit by bit."""
    here = compute(release, backend)
    keys = [key for key in here.arrays if key.endswith(backend)]
    assert keys or backend not in EVERYWHERE
    # NumPy lacks some operations, an old release as well: the first that computes a case.
    others = [(RELEASES[0], "numpy"), *((each, "mlx_cpu") for each in RELEASES)]
    for key in keys:
        found = (compute(*other).inputs(key.removesuffix(backend) + other[1]) for other in others)
        expected = next(filter(None, found), [])
        assert expected or not here.inputs(key), key
        for mine, numpy in zip(here.inputs(key), expected, strict=True):
            assert mine.dtype == numpy.dtype, key
            np.testing.assert_array_equal(mine, numpy, err_msg=key)


def test_every_operation_has_a_reference() -> None:
    """An operation cannot be added without small cases, a reference and a tolerance."""
    suite = operations()
    assert len([cls for cls in suite.values() if not cls.axes]) == 35
    assert {name: lacking(cls) for name, cls in suite.items() if lacking(cls)} == {}


@pytest.mark.parametrize("name", ["reference", "tolerance", "small_cases"])
def test_what_an_operation_lacks_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the attribute that is missing."""
    monkeypatch.delattr(Sort, name)
    assert lacking(Sort) == [name]


@pytest.mark.parametrize("operation", operations())
def test_one_method_is_timed(operation: str) -> None:
    """Where the mode is an axis, the method's name says nothing of it."""
    cls = operations()[operation]
    timed = [name for name in dir(cls) if name.startswith("time_") and getattr(cls, name)]
    assert timed == ["time_call" if cls.axes else "time_forward"]


@pytest.mark.parametrize("operation", operations())
def test_small_cases_are_like_the_real_ones(operation: str) -> None:
    """Every axis and combination of ranks that is timed is compared as well."""

    def kinds(labels: tuple[str, ...]) -> set[tuple[int | None, ...]]:
        cases = map(Case.parse, labels)
        return {(case.axis, *map(len, case.shapes)) for case in cases}

    assert kinds(operations()[operation].cases) <= kinds(operations()[operation].small_cases)
