import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from mlx_asv.environments.conditions import ConditionError, compiler, conditions

ROOT = Path(__file__).parents[2]

TF32 = ("MLX_ENABLE_TF32", "NVIDIA_TF32_OVERRIDE")
VARIABLES = ("OMP_NUM_THREADS", "MLX_CPU_AFFINITY", *TF32)

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
needs_affinity = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system does not pin processes to cores"
)


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set by the user."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def bin_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("system", "how"), [("linux", "apt-get install g++"), ("darwin", "xcode-select --install")]
)
@pytest.mark.usefixtures("bin_directory")
def test_without_a_compiler(system: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without g++ on the PATH nothing is measured, and the message says how to install one."""
    monkeypatch.setattr(sys, "platform", system)
    for check in (compiler, lambda: conditions("cpu")):
        with pytest.raises(ConditionError, match="There is no C") as error:
            check()
        assert f"`{how}`" in str(error.value)
        assert "\n" not in str(error.value)


@needs_compiler
def test_version_is_the_compilers() -> None:
    """The version is the one the compiler gives of itself, with all its parts."""
    assert re.fullmatch(r"g\+\+ \d+(\.\d+)+", compiler())
    words = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True).stdout
    assert compiler().removeprefix("g++ ") in words.splitlines()[0]


@pytest.mark.parametrize(
    ("script", "version"),
    [("echo 99.1.2", "g++ 99.1.2"), ("echo unknown option >&2; exit 1", "g++ unknown")],
)
def test_version_is_that_of_the_first_on_the_path(
    bin_directory: Path, script: str, version: str
) -> None:
    """The compiler that MLX will find is asked; one that will not answer is unknown."""
    (bin_directory / "g++").write_text(f"#!/bin/sh\n{script}\n")
    (bin_directory / "g++").chmod(0o755)
    assert compiler() == version
    assert conditions("cpu")["CXX_VERSION"] == version


@needs_compiler
@pytest.mark.parametrize("variable", VARIABLES)
def test_what_the_user_has_set_stays(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the user's is kept; the others are set as ever."""
    before = conditions("cuda12")
    monkeypatch.setenv(variable, "7")
    assert conditions("cuda12") == {**before, variable: "7"}


@needs_compiler
@needs_affinity
def test_all_cores_of_the_process_are_counted() -> None:
    """Threads are as many as the cores this process may use, MLX's core is the last of them."""
    cores = os.sched_getaffinity(0)
    found = conditions("cpu")
    assert found["OMP_NUM_THREADS"] == str(len(cores))
    assert found["MLX_CPU_AFFINITY"] == str(max(cores))
    assert set(found) == {"OMP_NUM_THREADS", "MLX_CPU_AFFINITY", "CXX_VERSION"}


@needs_compiler
@needs_affinity
@pytest.mark.parametrize("which", [min, max])
def test_affinity_is_respected(which: Callable[[Iterable[int]], int]) -> None:
    """A process that is held on one core stays there, with one thread."""
    core = which(os.sched_getaffinity(0))
    program = (
        f"import os; os.sched_setaffinity(0, [{core}])\n"
        "from mlx_asv.environments.conditions import conditions\n"
        "found = conditions('cpu')\n"
        "print(found['OMP_NUM_THREADS'], found['MLX_CPU_AFFINITY'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert result.stdout.split() == ["1", str(core)]


@needs_compiler
@pytest.mark.parametrize("build", ["metal", "cuda12", "cuda13"])
def test_gpu_builds_multiply_in_full_precision(build: str) -> None:
    """On a GPU, MLX and PyTorch are both kept from rounding float32 to TF32."""
    cpu = conditions("cpu")
    assert not set(TF32) & set(cpu)
    assert conditions(build) == {**cpu, "MLX_ENABLE_TF32": "0", "NVIDIA_TF32_OVERRIDE": "0"}


@needs_compiler
def test_system_without_affinity_pins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where processes cannot be pinned, as on macOS, all cores are named and none is chosen."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert conditions("metal")["MLX_CPU_AFFINITY"] == "all"
    assert conditions("metal")["OMP_NUM_THREADS"] == str(os.cpu_count())
