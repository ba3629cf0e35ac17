"""``python agreement_worker.py OUT.npz BACKEND``: every operation on its small cases.

Runs in the interpreter that measures: NumPy, PyTorch and one release of MLX, no more. OUT.npz
gets ``Operation|case|backend``, with the values of other axes before the backend, and, for each
input, ``Operation|case|backend|0`` and so on; OUT.json gets the skips with their reasons, the
errors, and the element types of the results.
"""

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script's own directory is what it gets

from benchmarks.backends import BACKENDS
from benchmarks.cases import Case
from benchmarks.frameworks import FRAMEWORKS, Framework, Inputs
from benchmarks.operation import Operation
from tests.benchmarks.suite import joined, operations, small


def compute(operation: Operation, *values: str) -> tuple[NDArray[Any], Inputs, list[str]]:
    """The result, the inputs it was made from, and the element types of the result (of each, if
    there are several), after checking that a call is repeatable."""
    case, backend = operation.parsed(*values)
    target = BACKENDS[backend]
    framework_class = FRAMEWORKS[target.framework]
    inputs: Inputs = []
    given: list[tuple[Any, NDArray[Any]]] = []
    make_arrays, make_array = operation.inputs, framework_class.array
    arrange_result = operation.arrange_result

    def arrays(case: Case, rng: np.random.Generator) -> Inputs:
        made = make_arrays(case, rng)
        inputs.extend(array.copy() for array in made)
        return made

    def cotangents(framework: str, made: Inputs) -> Inputs:
        inputs.extend(made)  # the last of the inputs
        return arrange_result(framework, made)

    def array(self: Any, value: NDArray[Any], dtype: str = "float32") -> Any:
        made = make_array(self, value, dtype)
        given.append((made, value.copy()))
        return made

    operation.inputs = arrays  # type: ignore[method-assign]
    operation.arrange_result = cotangents  # type: ignore[method-assign]
    framework_class.array = array  # type: ignore[method-assign]
    try:
        framework, call = operation.prepare(case, backend)
    finally:
        framework_class.array = make_array  # type: ignore[method-assign]

    first_result = call()
    first = to_numpy(framework, first_result).copy()
    second = to_numpy(framework, call())
    for number, (made, value) in enumerate(given):
        now = framework.numpy(made)
        assert np.array_equal(now, value), f"input {number} was changed"
        assert not np.shares_memory(now, second), f"the result shares memory with input {number}"
    if operation.random:
        same = not np.array_equal(first, second)
    elif target.device == "cpu":
        same = np.array_equal(first, second)
    else:  # a GPU adds up in any order
        same = np.allclose(first, second, rtol=1e-5, atol=1e-5)
    assert same, "the second call gave another result, or a random one the same"
    now = to_numpy(framework, first_result)
    assert np.array_equal(now, first), "a call changed an old result"
    several = first_result if isinstance(first_result, list) else [first_result]
    return first, inputs, [framework.dtype(each) for each in several]


def to_numpy(framework: Framework, result: Any) -> NDArray[Any]:
    """A result as a NumPy array; several as one."""
    if not isinstance(result, list):
        return framework.numpy(result)
    return joined([framework.numpy(each) for each in result])


def main(out: Path, backend: str) -> None:
    """Compute everything and write both files."""
    results: dict[str, NDArray[Any]] = {}
    skips: dict[str, str] = {}
    errors: dict[str, str] = {}
    dtypes: dict[str, list[str]] = {}
    for name, cls in operations().items():
        for values in small(cls) if backend in cls.backends else ():
            key = "|".join((name, *values, backend))
            try:
                results[key], inputs, dtypes[key] = compute(cls.small()(), *values, backend)
            except NotImplementedError as error:
                skips[key] = str(error)
            except Exception:  # whatever it is, the test reports it
                errors[key] = traceback.format_exc().strip().splitlines()[-1]
            else:
                results.update({f"{key}|{i}": array for i, array in enumerate(inputs)})
    np.savez(out, **results)
    out.with_suffix(".json").write_text(
        json.dumps({"skips": skips, "errors": errors, "dtypes": dtypes})
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
