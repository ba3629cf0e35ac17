import inspect
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from benchmarks.backends import BACKENDS
from benchmarks.cases import Case
from benchmarks.frameworks import Api, Function, Inputs
from benchmarks.operation import HARNESS_VERSION, Operation
from benchmarks.resources import CORES, pin

from .conftest import Alone
from .suite import operations

# Preparing limits the memory of its process and pins it: every test that does so for a CPU runs
# in a process of its own, which tells what it saw through return values and files.


class Same(Operation):
    """Returns its input, on every framework; counts how often inputs are made."""

    cases = ("2x3", "4", "1000000x1000000")
    version = 7
    made: ClassVar[list[str]] = []

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        self.made.append(case.label)
        return super().arrays(case, rng)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x: x

    def torch(self, case: Case, torch: Api, F: Api) -> Function:  # noqa: N803
        return lambda x: x

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: x


class Inherited(Same):
    """An operation without a version of its own."""


class Logged(Same):
    """Writes a letter into the file $LOG at every call."""

    def numpy(self, case: Case, np: Api) -> Function:
        def call(x: Any) -> Any:
            with open(os.environ["LOG"], "a") as file:
                file.write("x")
            time.sleep(float(os.environ.get("SECONDS", "0")))
            return x

        return call


class Busy(Same):
    """Computes for 0.2 seconds."""

    def numpy(self, case: Case, np: Api) -> Function:
        def call(x: Any) -> Any:
            start = time.process_time()
            while time.process_time() < start + 0.2:
                pass
            return x

        return call


class Starts(Same):
    """Lets another process compute for 0.2 seconds."""

    def numpy(self, case: Case, np: Api) -> Function:
        program = "import time\nwhile time.process_time() < 0.2: pass"

        def call(x: Any) -> Any:
            subprocess.run([sys.executable, "-c", program], check=True)
            return x

        return call


class SlowAtFirst(Same):
    """Takes 1.5 s, but only the first time."""

    def numpy(self, case: Case, np: Api) -> Function:
        seconds = [0.0, 1.5]

        def call(x: Any) -> Any:
            time.sleep(seconds.pop() if len(seconds) > 1 else seconds[0])
            return x

        return call


class FromTheFuture(Same):
    """Needs names that no release has: of a module, of a submodule, of a class."""

    cases = ("1", "2", "3")

    def numpy(self, case: Case, np: Api) -> Function:
        owner = {"1": np, "2": np.linalg, "3": np.ndarray}[case.label]
        return owner.of_the_future


class Mistaken(Same):
    """Has a mistake of its own: in its definition, in its inputs, in the call."""

    cases = ("1", "2", "3")

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        return super().arrays(case, rng.no_such if case.label == "2" else rng)

    def numpy(self, case: Case, np: Api) -> Function:
        if case.label == "1":
            case.no_such  # noqa: B018
        return lambda x: x.no_such if case.label == "3" else x


def test_params_are_cases_times_backends() -> None:
    """Every case is offered on all backends, whatever this machine has."""
    assert Same.params == [["2x3", "4", "1000000x1000000"], list(BACKENDS)]
    assert len(Same.params[1]) >= 8
    assert Same.param_names == ["case", "backend"]


def test_version_names_the_harness() -> None:
    """A change of the harness starts new series for all operations, one operation's for itself."""
    assert Same.version == f"{HARNESS_VERSION}.7"
    assert Inherited.version == Same.version


@pytest.mark.parametrize("name", operations())
def test_version_of_the_suite(name: str) -> None:
    """Every operation states a version of its own: asv would hash the shared method instead."""
    assert "version" in vars(operations()[name])
    assert re.fullmatch(rf"{HARNESS_VERSION}\.\d+", operations()[name].version)


def test_the_base_class_is_no_benchmark() -> None:
    """asv looks for benchmarks in every concrete class it finds: Operation must not be one."""
    assert inspect.isabstract(Operation)


def _imported_frameworks() -> set[str]:
    operations()
    return {"mlx", "torch"} & set(sys.modules)


@pytest.mark.usefixtures("fake_frameworks")
def test_no_framework_is_imported_before_setup(alone: Alone) -> None:
    """asv imports all modules in every process, and PyTorch alone takes two seconds."""
    assert alone(_imported_frameworks) == set()


def _inputs_made(*params: tuple[str, str]) -> list[str]:
    operation = Same()
    for case, backend in params:
        operation.setup(case, backend)
        operation.time_forward(case, backend)
    return Same.made


def test_prepared_once_per_process(alone: Alone) -> None:
    """asv calls setup before each sample: only the first one makes inputs."""
    assert alone(_inputs_made, *[("2x3", "numpy")] * 3) == ["2x3"]


@pytest.mark.usefixtures("fake_frameworks")
def test_prepared_anew_for_another_case_or_backend(alone: Alone) -> None:
    """One object can be used for several cases and backends and never times an old one."""
    params = [("2x3", "numpy"), ("4", "numpy"), ("4", "cpu"), ("2x3", "numpy")]
    assert alone(_inputs_made, *params) == ["2x3", "4", "4", "2x3"]


def _setup(operation: type[Operation], case: str, backend: str = "numpy") -> None:
    operation().setup(case, backend)


def _time(operation: type[Operation], case: str, times: int) -> None:
    prepared = operation()
    prepared.setup(case, "numpy")
    Path(os.environ["LOG"]).write_text("")
    for _ in range(times):
        prepared.time_forward(case, "numpy")


def test_one_call_is_timed(alone: Alone, tmp_path: Path) -> None:
    """Timing calls the operation once each time."""
    log = tmp_path / "log"
    alone(_time, Logged, "4", 5, LOG=str(log))
    assert log.read_text() == "xxxxx"


@pytest.mark.parametrize(
    ("case", "name"), [("1", "numpy"), ("2", "numpy.linalg"), ("3", "ndarray")]
)
def test_name_that_a_release_lacks(alone: Alone, case: str, name: str) -> None:
    """A missing name of the framework is a skip that says which name and which release."""
    with pytest.raises(NotImplementedError) as skip:
        alone(_setup, FromTheFuture, case)
    release = f"numpy {np.__version__}"
    assert str(skip.value) == f"no such API in {release}: {name}.of_the_future"


@pytest.mark.parametrize("case", Mistaken.cases)
def test_a_mistake_is_no_skip(alone: Alone, case: str) -> None:
    """An AttributeError of the suite's own is an error, wherever it happens."""
    with pytest.raises(AttributeError, match="no_such"):
        alone(_setup, Mistaken, case)


def test_too_large_for_this_machine(alone: Alone) -> None:
    """A case beyond the memory is a skip: twice the inputs and the result, 12 TB."""
    with pytest.raises(NotImplementedError, match=r"needs 12000\.0 GB"):
        alone(_setup, Same, "1000000x1000000")


@pytest.mark.usefixtures("fake_frameworks")
def test_too_large_is_asked_before_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is checked for every backend, and before anything is made."""
    monkeypatch.setenv("FAKE_DEVICE_BROKEN", "1")
    monkeypatch.setattr(Same, "made", [])
    for backend in ("mlx_gpu", "cuda"):
        with pytest.raises(NotImplementedError, match="needs"):
            _setup(Same, "1000000x1000000", backend)
    assert Same.made == []


@pytest.mark.usefixtures("fake_frameworks")
@pytest.mark.parametrize("backend", ["mlx_gpu", "mlx_gpu_compile", "mps", "cuda"])
def test_absent_device(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend whose device is absent is a skip."""
    monkeypatch.setenv("FAKE_DEVICE_BROKEN", "1")
    with pytest.raises(NotImplementedError, match="no such device"):
        _setup(Same, "4", backend)


def test_call_longer_than_the_limit(alone: Alone, tmp_path: Path) -> None:
    """A slow case is a skip with both times, and only the run's first process pays for it."""
    log = tmp_path / "log"
    environment = {"LOG": str(log), "SECONDS": "0.2", "MLX_ASV_CALL_LIMIT": "0.1"}
    for _ in range(2):
        with pytest.raises(
            NotImplementedError, match=r"takes 0\.\d s, longer than the limit of 0\.1 s"
        ):
            alone(_setup, Logged, "4", **environment)
    assert log.read_text() == "xx"  # a second call, because the first one may have compiled


def test_another_limit_is_another_question(alone: Alone, tmp_path: Path) -> None:
    """A time that was taken under one limit does not decide under another."""
    environment = {"LOG": str(tmp_path / "log"), "SECONDS": "0.2"}
    with pytest.raises(NotImplementedError, match="longer than the limit"):
        alone(_setup, Logged, "4", MLX_ASV_CALL_LIMIT="0.1", **environment)
    alone(_time, Logged, "4", 1, MLX_ASV_CALL_LIMIT="20", **environment)
    # The larger limit was content with the first call's time, which says little about the others.
    alone(_setup, SlowAtFirst, "4", MLX_ASV_CALL_LIMIT="20")
    alone(_setup, SlowAtFirst, "4", MLX_ASV_CALL_LIMIT="1")


def test_slow_first_call_is_forgiven(alone: Alone) -> None:
    """The first call may compile kernels: the second one decides."""
    alone(_setup, SlowAtFirst, "4", MLX_ASV_CALL_LIMIT="1")


def _setup_pinned(operation: type[Operation], case: str) -> None:
    pin(str(min(os.sched_getaffinity(0))))
    _setup(operation, case)


@pytest.mark.skipif(len(CORES) < 2, reason="needs Linux, and a second core to be kept from")
def test_waiting_for_the_core_is_not_the_calls_time(alone: Alone, tmp_path: Path) -> None:
    """Of a process that shares its core with others only its own work counts."""
    environment = {"LOG": str(tmp_path / "log"), "SECONDS": "0.2", "MLX_ASV_CALL_LIMIT": "0.1"}
    alone(_setup_pinned, Logged, "4", **environment)  # it slept
    for works in (Busy, Starts):
        with pytest.raises(NotImplementedError, match="longer than the limit"):
            alone(_setup_pinned, works, "4", **environment)


def _inputs(operation: type[Operation], case: str, backend: str = "numpy") -> Any:
    framework, call = operation().prepare(Case.parse(case), backend)
    return framework.numpy(call())


@pytest.mark.usefixtures("fake_frameworks")
def test_same_numbers_in_every_process_and_framework(alone: Alone) -> None:
    """Inputs depend on nothing but the operation and the case."""
    first = alone(_inputs, Same, "2x3")
    assert first.dtype == np.float32
    for backend in ("numpy", "cpu", "mlx_cpu", "mlx_cpu_compile"):
        np.testing.assert_array_equal(alone(_inputs, Same, "2x3", backend), first)
    for backend in ("mlx_gpu", "cuda"):
        np.testing.assert_array_equal(_inputs(Same, "2x3", backend), first)


def test_other_numbers_for_another_operation_or_case(alone: Alone) -> None:
    """No two operations or cases share their numbers."""
    first = alone(_inputs, Same, "4")
    assert not np.array_equal(alone(_inputs, Inherited, "4"), first)
    assert not np.array_equal(alone(_inputs, Same, "2x3").ravel()[:4], first)


def _cores(backend: str) -> set[int]:
    Same().prepare(Case.parse("4"), backend)
    return os.sched_getaffinity(0)


@pytest.mark.usefixtures("fake_frameworks")
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no core affinity")
@pytest.mark.parametrize(
    ("backend", "pinned"),
    [("mlx_cpu", True), ("mlx_cpu_compile", True), ("mlx_gpu", False), ("numpy", False)],
)
def test_only_mlx_on_the_cpu_is_pinned(alone: Alone, backend: str, pinned: bool) -> None:
    """MLX computes with one thread on the CPU; every other backend uses all cores."""
    core, every = min(os.sched_getaffinity(0)), os.sched_getaffinity(0)
    seen = alone(_cores, backend, MLX_CPU_AFFINITY=str(core))
    assert seen == ({core} if pinned else every)
