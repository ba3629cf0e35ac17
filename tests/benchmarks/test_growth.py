"""Memory that grows from call to call."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import growth
from benchmarks.growth import Growth, active, resident
from benchmarks.operation import Operation
from tests.conftest import ROOT


def test_what_is_kept_of_the_calls_between_both_looks() -> None:
    """Ten bytes of each of 400; what the first hundred keep does not count."""
    kept: list[int] = []
    assert growth.growth(lambda: kept.append(10), lambda: sum(kept)) == 4000
    assert len(kept) == 500


def test_what_is_given_back_is_no_growth() -> None:
    """A cycle of objects is collected before a look."""
    alive: list[int] = []

    class Cycle:
        def __init__(self) -> None:
            self.own = self
            alive.append(1)

        def __del__(self) -> None:
            alive.pop()

    assert growth.growth(Cycle, lambda: len(alive)) == 0


def test_resident_memory_is_that_of_this_process() -> None:
    """It grows by what is written."""
    before = resident()
    written = bytearray(os.urandom(1)) * 50_000_000
    assert resident() - before > 40_000_000
    assert len(written) == 50_000_000


def test_active_memory_moved() -> None:
    """Older releases say it elsewhere; one that says nothing is a skip."""
    new = SimpleNamespace(__version__="9.9", get_active_memory=lambda: 42)
    old = SimpleNamespace(__version__="9.9", metal=new)
    assert active(new) == active(old) == 42
    with pytest.raises(NotImplementedError, match=r"no such API in mlx 9\.9: get_active_memory"):
        active(SimpleNamespace(__version__="9.9"))
    with pytest.raises(NotImplementedError, match=r"mlx 9\.9 does not count the memory"):
        active(SimpleNamespace(__version__="9.9", get_active_memory=lambda: 0))


def test_parameters() -> None:
    """Each case is one that can be made, on backends of MLX that are not compiled."""
    assert Growth.params[0] == list(growth.CASES)
    assert Growth.params[2][:2] == ["mlx_gpu", "mlx_cpu"]


def test_no_operation_is_measured_twice() -> None:
    """asv takes every class with a `time_` method that it sees in a module for its own."""
    classes = [each for each in vars(growth).values() if isinstance(each, type)]
    assert not [each for each in classes if issubclass(each, Operation)]


PROGRAM = """
import sys
from benchmarks.growth import Growth
growth = Growth()
growth.setup(sys.argv[1], "active", "mlx_cpu")
print(growth.track_growth(*sys.argv[1:], "mlx_cpu"))
"""


@pytest.mark.parametrize("case", growth.CASES)
def test_nothing_grows_in_a_real_release(
    case: str, measuring_python: Callable[[str], tuple[str | Path, dict[str, str]]]
) -> None:
    """As far as MLX says it."""
    python, environ = measuring_python("0.31.1")
    result = subprocess.run(
        [python, "-c", PROGRAM, case, "active"],
        env={**os.environ, **environ, "PYTHONPATH": f"{environ.get('PYTHONPATH', '')}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == 0
