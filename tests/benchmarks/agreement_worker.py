"""``python agreement_worker.py OUT.npz BACKEND``: every operation on its small cases.

Runs in the interpreter that measures: NumPy, PyTorch and one release of MLX, no more. OUT.npz
gets ``Operation|case|backend`` and, for each input, ``Operation|case|backend|0`` and so on;
OUT.json gets the skips with their reasons, and the errors.
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
from tests.benchmarks.suite import operations


def compute(operation: Operation, label: str, backend: str) -> tuple[NDArray[Any], Inputs]:
    """The result and the inputs it was made from, after checking that a call is repeatable."""
    target = BACKENDS[backend]
    framework_class = FRAMEWORKS[target.framework]
    inputs: Inputs = []
    given: list[tuple[Any, NDArray[Any]]] = []
    make_arrays, make_array = operation.arrays, framework_class.array

    def arrays(case: Case, rng: np.random.Generator) -> Inputs:
        made = make_arrays(case, rng)
        inputs.extend(array.copy() for array in made)
        return made

    def array(self: Any, value: NDArray[Any]) -> Any:
        made = make_array(self, value)
        given.append((made, value.copy()))
        return made

    operation.arrays = arrays  # type: ignore[method-assign]
    framework_class.array = array  # type: ignore[method-assign]
    try:
        framework, call = operation.prepare(Case.parse(label), backend)
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
    return first, inputs


def to_numpy(framework: Framework, result: Any) -> NDArray[Any]:
    """A result as a NumPy array; several as one."""
    if isinstance(result, list):
        return np.stack([framework.numpy(each) for each in result])
    return framework.numpy(result)


def main(out: Path, backend: str) -> None:
    """Compute everything and write both files."""
    results: dict[str, NDArray[Any]] = {}
    skips: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, cls in operations().items():
        for label in cls.small_cases if backend in cls.backends else ():
            key = f"{name}|{label}|{backend}"
            try:
                results[key], inputs = compute(cls.small()(), label, backend)
            except NotImplementedError as error:
                skips[key] = str(error)
            except Exception:  # whatever it is, the test reports it
                errors[key] = traceback.format_exc().strip().splitlines()[-1]
            else:
                results.update({f"{key}|{i}": array for i, array in enumerate(inputs)})
    np.savez(out, **results)
    out.with_suffix(".json").write_text(json.dumps({"skips": skips, "errors": errors}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
