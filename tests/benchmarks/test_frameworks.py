import sys
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from benchmarks.frameworks import FRAMEWORKS, MLX, NumPy, Torch

pytestmark = pytest.mark.usefixtures("fake_frameworks")


def events(module: str) -> list[str]:
    """What a stand-in framework was asked to do so far."""
    return import_module(module).events


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_mlx_computes_on_its_device(device: str) -> None:
    """The device is made the default, because operations do not name one."""
    mlx = MLX(device)
    assert events("mlx.core") == [f"use the {device}"]
    assert [module.__name__ for module in mlx.modules] == ["mlx.core", "mlx.nn"]
    assert mlx.version == "9.9"


def test_mlx_array_is_evaluated_with_its_dtype() -> None:
    """An input exists before the clock starts: float32 stays, indices become int32."""
    mlx = MLX("cpu")
    events("mlx.core").clear()
    assert mlx.array(np.ones(3, np.float32)).dtype == np.float32
    assert mlx.array(np.arange(3, dtype=np.int64)).dtype == np.int32
    assert events("mlx.core") == ["array", "eval", "array", "eval"]


def test_mlx_call_ends_with_eval() -> None:
    """The bound call evaluates what the function returns, each time, and binding calls nothing."""
    mlx, log = MLX("cpu"), events("mlx.core")
    log.clear()

    def double(x: Any) -> Any:
        log.append("call")
        return 2 * x

    call = mlx.bind(double, [np.ones(2)], compiled=False)
    assert log == []
    assert mlx.numpy(call()).tolist() == [2, 2]
    call()
    assert log == ["call", "eval", "call", "eval"]


def test_mlx_compiles_once_when_asked_to() -> None:
    """A compiled backend compiles when it binds, and each call goes through what it got."""
    mlx, log = MLX("gpu"), events("mlx.core")
    log.clear()
    call = mlx.bind(lambda x: 2 * x, [np.ones(2)], compiled=True)
    assert log == ["compile"]
    assert call().tolist() == [2, 2]
    call()
    assert log == ["compile", *["compiled call", "eval"] * 2]


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_torch_call_ends_with_synchronize(device: str) -> None:
    """On a GPU the call returns after synchronising that device, and so does making an input."""
    torch, log = Torch(device), events("torch")
    log.clear()
    x = torch.array(np.ones(2, np.float32))
    assert x.device == device
    assert log == [f"to {device}", f"synchronize {device}"]
    log.clear()

    def same(x: Any) -> Any:
        log.append("call")
        return x

    call = torch.bind(same, [x], compiled=False)
    assert log == []
    assert call() is x
    assert log == ["call", f"synchronize {device}"]


def test_torch_on_the_cpu_waits_for_nothing() -> None:
    """On the CPU a result exists when the function returns: nothing is synchronised."""
    torch = Torch("cpu")
    x = torch.array(np.ones((2, 3), np.float32).T)
    assert x.value.flags.c_contiguous
    assert torch.numpy(torch.bind(lambda x: x, [x], compiled=False)()).shape == (3, 2)
    assert events("torch") == ["grad False", "to cpu"]


def test_torch_records_no_gradients() -> None:
    """Gradients are off: MLX and NumPy do not record any either."""
    torch = Torch("cuda")
    assert "grad False" in events("torch")
    assert [module.__name__ for module in torch.modules] == ["torch", "torch.nn.functional"]
    assert torch.version == "8.8"


def test_numpy_is_used_as_it_is() -> None:
    """NumPy gets the very arrays and returns the very result."""
    numpy, x = NumPy("cpu"), np.ones(3, np.float32)
    assert numpy.array(x) is x
    assert numpy.numpy(numpy.bind(lambda x: x, [x], compiled=False)()) is x
    assert (numpy.modules, numpy.version) == ((np,), np.__version__)


@pytest.mark.parametrize(
    ("framework", "device", "reason"),
    [
        ("mlx", "gpu", "mlx gpu (ValueError: the gpu is broken)"),
        ("torch", "cuda", "torch cuda (RuntimeError: no cuda here)"),
        ("torch", "mps", "torch mps (RuntimeError: no mps here)"),
    ],
)
def test_absent_device(
    framework: str, device: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that does not answer is a skip with the error; the framework is not imported."""
    monkeypatch.setenv("FAKE_DEVICE_BROKEN", "1")
    with pytest.raises(NotImplementedError) as skip:
        FRAMEWORKS[framework](device)
    assert str(skip.value) == f"no such device: {reason}"
    assert framework not in sys.modules


@pytest.mark.parametrize("framework", ["mlx", "torch"])
def test_the_cpu_needs_no_probe(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose GPU is broken can still measure its CPU."""
    monkeypatch.setenv("FAKE_DEVICE_BROKEN", "1")
    FRAMEWORKS[framework]("cpu").array(np.ones(2, np.float32))
