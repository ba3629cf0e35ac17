"""What the tests of the suite share: processes of their own, and small stand-in frameworks."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

#: Frameworks on disk, so that a device's probe, a process of its own, finds them as well. They
#: compute with NumPy and write what they are asked to do into ``events``.
FAKES = {
    "mlx/__init__.py": "",
    "mlx/core.py": """
import os
import numpy as np
__version__, cpu, gpu, events = "9.9", "the cpu", "the gpu", []
float16 = np.float16

def set_default_device(device):
    if device == gpu and "FAKE_DEVICE_BROKEN" in os.environ:
        raise ValueError("the gpu is broken")
    events.append(f"use {device}")

def array(value):
    events.append("array")
    return value.copy()

def eval(*arrays):
    events.append("eval")

def compile(function):
    events.append("compile")
    def compiled(*arrays):
        events.append("compiled call")
        return function(*arrays)
    return compiled

ones = np.ones
""",
    "mlx/nn.py": "",
    "torch/__init__.py": """
import os
import numpy as np
from . import cuda, mps, nn
__version__, events = "8.8", []

class Tensor:
    def __init__(self, value, device="cpu"):
        if device != "cpu" and "FAKE_DEVICE_BROKEN" in os.environ:
            raise RuntimeError(f"no {device} here\\nand a long explanation")
        self.value, self.device = value, device
        self.dtype = f"torch.{getattr(value, 'dtype', 'float32')}"
    def to(self, device):
        events.append(f"to {device}")
        return Tensor(self.value, device)
    def cpu(self):
        return self.value
    def __matmul__(self, other):
        return Tensor(self.value @ other.value, self.device)

def from_numpy(value):
    return Tensor(value)

def ones(*shape, device):
    return Tensor(np.ones(shape), device)

def set_grad_enabled(enabled):
    events.append(f"grad {enabled}")
""",
    "torch/cuda.py": """
def synchronize():
    import torch
    torch.events.append("synchronize cuda")
""",
    "torch/mps.py": """
def synchronize():
    import torch
    torch.events.append("synchronize mps")
""",
    "torch/nn/__init__.py": "from . import functional",
    "torch/nn/functional.py": "",
}


def _forget_frameworks() -> None:
    for name in list(sys.modules):
        if name.split(".")[0] in ("mlx", "torch"):
            del sys.modules[name]


@pytest.fixture
def own_tmpdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary directory that no other test has left answers in."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def fake_frameworks(
    own_tmpdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """An ``mlx`` and a ``torch`` with every device, in this process and in those it starts.

    With ``FAKE_DEVICE_BROKEN`` in the environment only their CPU works.
    """
    root = tmp_path / "fakes"
    for name, source in FAKES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.syspath_prepend(root)
    monkeypatch.delenv("FAKE_DEVICE_BROKEN", raising=False)
    _forget_frameworks()
    yield
    _forget_frameworks()


Alone = Callable[..., Any]


def _call_here(environment: dict[str, str], function: Callable[..., Any], *args: Any) -> Any:
    os.environ.update(environment)
    return function(*args)


@pytest.fixture
def alone(own_tmpdir: Path) -> Alone:
    """Calls a module's function in a new process: ``alone(f, *args, NAME="value")``.

    What the function returns or raises comes back. All such processes have this one as parent.
    """

    def run(function: Callable[..., Any], *args: Any, **environment: str) -> Any:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(_call_here, environment, function, *args).result(timeout=60)

    return run
