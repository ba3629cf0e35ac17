import dataclasses

import pytest

from benchmarks.backends import BACKENDS
from benchmarks.frameworks import FRAMEWORKS


def test_names_are_never_renamed() -> None:
    """Stored results are read by these names and this order: only appending is allowed."""
    assert list(BACKENDS)[:8] == [
        "mlx_gpu",
        "mlx_gpu_compile",
        "mlx_cpu",
        "mps",
        "cpu",
        "cuda",
        "mlx_cpu_compile",
        "numpy",
    ]


@pytest.mark.parametrize("name", BACKENDS)
def test_found_by_its_own_name(name: str) -> None:
    """A backend's key is its name, and its framework is one that there is an adapter for."""
    assert BACKENDS[name].name == name
    assert BACKENDS[name].framework in FRAMEWORKS


def test_all_differ_in_what_they_run() -> None:
    """No two backends are the same framework, device and compilation under two names."""
    kinds = {dataclasses.astuple(backend)[1:] for backend in BACKENDS.values()}
    assert len(kinds) == len(BACKENDS)


def test_compiled_means_mlx_compile() -> None:
    """The backends called compile, and no others, are compiled, and they are MLX's."""
    compiled = {name for name, backend in BACKENDS.items() if backend.compiled}
    assert compiled == {name for name in BACKENDS if name.endswith("_compile")}
    assert {BACKENDS[name].framework for name in compiled} == {"mlx"}
