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
    def array(self, value: NDArray[Any], dtype: str = "float32") -> Array:
        """`value` on the device, evaluated: floating-point as `dtype`, integers as indices.

        Raises NotImplementedError for an element type that the framework does not have.
        """

    @abstractmethod
    def bind(self, function: Function, arrays: Sequence[Array], compiled: bool) -> Function:
        """A call without arguments that returns when ``function(*arrays)`` exists."""

    @abstractmethod
    def gradient(self, function: Function, places: Sequence[int]) -> Function:
        """The gradients of a function by its inputs at `places`, as a list.

        It takes the inputs and, last, what the result's own gradient is, of the result's shape.
        Raises NotImplementedError where the framework has no gradients.
        """

    @abstractmethod
    def numpy(self, result: Array) -> NDArray[Any]:
        """A result as a NumPy array, float32 where NumPy lacks its element type."""

    def dtype(self, result: Array) -> str:
        """The name of a result's element type."""
        return str(result.dtype).rpartition(".")[2]


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

    def array(self, value: NDArray[Any], dtype: str = "float32") -> Array:
        # int32 is MLX's own default integer, and what its indexing is tuned for.
        result = self.mx.array(value.astype(np.int32) if value.dtype.kind == "i" else value)
        if value.dtype.kind == "f" and dtype != "float32":
            result = result.astype(getattr(self.mx, dtype))
        self.mx.eval(result)
        return result

    def gradient(self, function: Function, places: Sequence[int]) -> Function:
        vjp = self.mx.vjp

        def gradients(*inputs: Array) -> list[Array]:
            *primals, cotangent = inputs

            def of_chosen(*chosen: Array) -> Array:
                return function(*_replaced(primals, places, chosen))

            found: list[Array] = vjp(of_chosen, [primals[n] for n in places], [cotangent])[1]
            return found

        return gradients

    def bind(self, function: Function, arrays: Sequence[Array], compiled: bool) -> Function:
        evaluate = self.mx.eval
        call = self.mx.compile(function) if compiled else function

        def run() -> Array:
            result = call(*arrays)
            evaluate(result)
            return result

        return run

    def numpy(self, result: Array) -> NDArray[Any]:
        if self.dtype(result) == "bfloat16":
            result = result.astype(self.mx.float32)
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

    def array(self, value: NDArray[Any], dtype: str = "float32") -> Array:
        result = self.torch.from_numpy(np.ascontiguousarray(value)).to(self.device)
        if value.dtype.kind == "f" and dtype != "float32":
            result = result.to(getattr(self.torch, dtype))
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

    def gradient(self, function: Function, places: Sequence[int]) -> Function:
        enabled, grad = self.torch.enable_grad, self.torch.autograd.grad

        def gradients(*inputs: Array) -> list[Array]:
            *primals, cotangent = inputs
            chosen = [primals[n].detach().requires_grad_() for n in places]
            with enabled():
                result = function(*_replaced(primals, places, chosen))
            return list(grad(result, chosen, cotangent))

        return gradients

    def numpy(self, result: Array) -> NDArray[Any]:
        if self.dtype(result) == "bfloat16":
            result = result.float()
        return np.asarray(result.cpu())


class NumPy(Framework):
    """NumPy: eager, on the CPU."""

    def __init__(self, device: str) -> None:
        self.modules = (np,)
        self.version = np.__version__

    def array(self, value: NDArray[Any], dtype: str = "float32") -> Array:
        if dtype == "bfloat16":
            raise NotImplementedError("NumPy has no bfloat16")
        return value.astype(dtype, copy=False) if value.dtype.kind == "f" else value

    def bind(self, function: Function, arrays: Sequence[Array], compiled: bool) -> Function:
        return lambda: function(*arrays)

    def gradient(self, function: Function, places: Sequence[int]) -> Function:
        raise NotImplementedError("NumPy has no gradients")

    def numpy(self, result: Array) -> NDArray[Any]:
        return np.asarray(result)


def _replaced(
    inputs: Sequence[Array], places: Sequence[int], others: Sequence[Array]
) -> list[Array]:
    """All inputs, with others at some places."""
    found = list(inputs)
    for place, other in zip(places, others, strict=True):
        found[place] = other
    return found


FRAMEWORKS: dict[str, type[Framework]] = {"mlx": MLX, "torch": Torch, "numpy": NumPy}
