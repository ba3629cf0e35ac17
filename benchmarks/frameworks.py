"""MLX, PyTorch and NumPy behind one small interface: make an array, bind a call, wait for it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .resources import require_device

#: A framework's array, and the inputs as NumPy makes them, before a framework gets them.
Array = Any
Inputs = list[NDArray[Any]]
Function = Callable[..., Array]


class Api(Protocol):
    """A framework's module or a name in it, taken on trust: releases differ in what they have."""

    def __getattr__(self, name: str) -> "Api": ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


class Framework(ABC):
    """A framework on one device of this machine.

    Raises NotImplementedError when constructed for a device that is not there.
    """

    #: What an operation's definition is given, after the case.
    modules: tuple[ModuleType, ...]
    version: str

    @abstractmethod
    def __init__(self, device: str) -> None:
        """Import the framework and choose `device`: "cpu", "gpu", "mps" or "cuda"."""

    @abstractmethod
    def array(self, value: NDArray[Any]) -> Array:
        """`value` on the device, evaluated: float32 stays, integers become indices."""

    @abstractmethod
    def bind(self, function: Function, arrays: Sequence[Array], compiled: bool) -> Function:
        """A call without arguments that returns when ``function(*arrays)`` exists."""

    @abstractmethod
    def numpy(self, result: Array) -> NDArray[Any]:
        """A result as a NumPy array."""


class MLX(Framework):
    """MLX: lazy, so a result exists only after ``eval``."""

    def __init__(self, device: str) -> None:
        if device != "cpu":
            require_device(
                f"mlx {device}",
                f"import mlx.core as mx; mx.set_default_device(mx.{device}); "
                "a = mx.ones((8, 8)); mx.eval(a @ a)",
            )
        # Not an import statement: type checks then read the same with MLX and without.
        mx, nn = import_module("mlx.core"), import_module("mlx.nn")
        mx.set_default_device(getattr(mx, device))
        self.mx = mx
        self.modules = (mx, nn)
        self.version = mx.__version__

    def array(self, value: NDArray[Any]) -> Array:
        # int32 is MLX's own default integer, and what its indexing is tuned for.
        result = self.mx.array(value.astype(np.int32) if value.dtype.kind == "i" else value)
        self.mx.eval(result)
        return result

    def bind(self, function: Function, arrays: Sequence[Array], compiled: bool) -> Function:
        evaluate = self.mx.eval
        call = self.mx.compile(function) if compiled else function

        def run() -> Array:
            result = call(*arrays)
            evaluate(result)
            return result

        return run

    def numpy(self, result: Array) -> NDArray[Any]:
        return np.array(result)


class Torch(Framework):
    """PyTorch: eager, but a GPU's result exists only after ``synchronize``."""

    def __init__(self, device: str) -> None:
        if device != "cpu":
            require_device(
                f"torch {device}",
                f"import torch; a = torch.ones(8, 8, device={device!r}); (a @ a).cpu()",
            )
        torch = import_module("torch")
        torch.set_grad_enabled(False)
        self.torch = torch
        self.device = device
        self.modules = (torch, torch.nn.functional)
        self.version = torch.__version__
        self.synchronize = None if device == "cpu" else getattr(torch, device).synchronize

    def array(self, value: NDArray[Any]) -> Array:
        result = self.torch.from_numpy(np.ascontiguousarray(value)).to(self.device)
        if self.synchronize:
            self.synchronize()
        return result

    def bind(self, function: Function, arrays: Sequence[Array], compiled: bool) -> Function:
        synchronize = self.synchronize
        if synchronize is None:
            return lambda: function(*arrays)

        def run() -> Array:
            result = function(*arrays)
            synchronize()
            return result

        return run

    def numpy(self, result: Array) -> NDArray[Any]:
        return np.asarray(result.cpu())


class NumPy(Framework):
    """NumPy: eager, on the CPU."""

    def __init__(self, device: str) -> None:
        self.modules = (np,)
        self.version = np.__version__

    def array(self, value: NDArray[Any]) -> Array:
        return value

    def bind(self, function: Function, arrays: Sequence[Array], compiled: bool) -> Function:
        return lambda: function(*arrays)

    def numpy(self, result: Array) -> NDArray[Any]:
        return np.asarray(result)


FRAMEWORKS: dict[str, type[Framework]] = {"mlx": MLX, "torch": Torch, "numpy": NumPy}
