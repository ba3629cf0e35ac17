import sys
from types import SimpleNamespace

import pytest

from benchmarks import memory
from benchmarks.backends import BACKENDS
from benchmarks.memory import PeakMemory, peak
from benchmarks.operation import Operation

from .suite import operations


def test_every_case_is_there() -> None:
    """Every case of every operation, on MLX's backends."""
    expected = sum(len(list(cls.labels())) for cls in operations().values())
    assert len(PeakMemory.params[0]) == expected
    assert "linear.MatMul 64x1000000 1000000x32" in PeakMemory.params[0]
    assert "normalization.RMSNorm 1x4096 4096, bfloat16, gradient" in PeakMemory.params[0]
    first = ["mlx_gpu", "mlx_gpu_compile", "mlx_cpu", "mlx_cpu_compile"]
    assert PeakMemory.params[1][:4] == first
    assert {BACKENDS[name].framework for name in PeakMemory.params[1]} == {"mlx"}


def test_no_operation_is_measured_twice() -> None:
    """asv takes every class with a `time_` method that it sees in a module for its own."""
    classes = [each for each in vars(memory).values() if isinstance(each, type)]
    operations_here = [each for each in classes if issubclass(each, Operation)]
    assert operations_here == [Operation]  # abstract, and so none


def test_a_backend_that_an_operation_is_not_offered_on_is_a_skip() -> None:
    """A compiled function builds no graph whose memory one could ask for."""
    with pytest.raises(NotImplementedError, match="AddGraph is not measured on mlx_cpu_compile"):
        PeakMemory().setup("dispatch.AddGraph 1 times=10", "mlx_cpu_compile")


def _release(monkeypatch: pytest.MonkeyPatch, **names: object) -> None:
    fake = SimpleNamespace(__version__="9.9", **names)
    monkeypatch.setitem(sys.modules, "mlx.core", fake)  # type: ignore[arg-type]


class Allocator:
    """Counts as MLX does: the most since it was reset."""

    def __init__(self) -> None:
        self.most = 1000

    def get_peak_memory(self) -> int:
        return self.most

    def reset_peak_memory(self) -> None:
        self.most = 0

    def call(self) -> None:
        self.most = max(self.most, 42)


@pytest.mark.parametrize("old", [False, True])
def test_peak_of_one_call(monkeypatch: pytest.MonkeyPatch, old: bool) -> None:
    """Reset first, so that what preparing took does not count; older releases say it elsewhere."""
    allocator = Allocator()
    names = {
        "get_peak_memory": allocator.get_peak_memory,
        "reset_peak_memory": allocator.reset_peak_memory,
    }
    _release(monkeypatch, **({"metal": SimpleNamespace(**names)} if old else names))
    assert peak(allocator.call) == 42


def test_a_release_that_does_not_tell_is_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no such function, or counts nothing on this device."""
    _release(monkeypatch)
    with pytest.raises(NotImplementedError, match=r"no such API in mlx 9\.9: get_peak_memory"):
        peak(lambda: None)
    _release(monkeypatch, get_peak_memory=lambda: 0, reset_peak_memory=lambda: None)
    with pytest.raises(NotImplementedError, match=r"mlx 9\.9 does not count the memory"):
        peak(lambda: None)
