import json
import subprocess
import sys
from itertools import product

import pytest
from mlx_asv.explain.script import MOST_LINES, NoSource, packages, script
from mlx_asv.explain.standalone import UNSHOWN
from mlx_asv.releases.lock import Lock

from benchmarks.catalogue import operations
from benchmarks.operation import Operation
from tests.conftest import ROOT
from tests.facts import FACTS, describe

LOCK = Lock.load(ROOT / "mlx.lock.json")
OPERATIONS = json.loads((ROOT / "tests/benchmarks/published.json").read_text())["operations"]
#: The labels of each, as results have them, and the method that is timed.
CASES = {
    name: [", ".join(values) for values in product(each["cases"], *each.get("axes", {}).values())]
    for name, each in OPERATIONS.items()
}
METHODS = {
    name: "time_call" if each.get("axes") else "time_forward" for name, each in OPERATIONS.items()
}
CPU = "virtualenv-overlay-py3.11-numpy1.26.4-MLX_BUILDcpu"


def written(operation, case, backend="mlx_cpu", before="v0.31.2", after="v0.32.0"):
    """The script for a case."""
    return script(
        ROOT / "benchmarks",
        LOCK,
        benchmark=f"{operation}.{METHODS.get(operation, 'time_forward')}",
        case=case,
        described=describe(f"{operation}.{METHODS.get(operation, 'time_forward')}", case),
        backend=FACTS.backend(backend),
        environment=CPU,
        before=before,
        after=after,
        size="+5.0%",
    )


#: Their definitions alone take too many lines.
LONG = ("dispatch.CompileFirst", "dispatch.Throughput", "sampling.TopP")
#: They load weights or a cache before what is timed, or have inputs of several element types.
PREPARING = sorted(
    name
    for name, cls in operations().items()
    if any(getattr(cls, method) is not getattr(Operation, method) for method in UNSHOWN)
)
SHORT = sorted(OPERATIONS.keys() - {*LONG, *PREPARING})


@pytest.mark.parametrize("operation", SHORT)
def test_every_operation_has_one(operation):
    """Of at most forty lines, that Python can read; with each of its cases."""
    for case in CASES[operation]:
        try:
            text = written(operation, case)
        except NoSource as reason:
            pytest.fail(str(reason))
        assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("operation", LONG)
def test_long_definitions_have_none(operation):
    """It says how long."""
    with pytest.raises(NoSource, match=r"takes \d\d lines by itself"):
        written(operation, OPERATIONS[operation]["cases"][0])


@pytest.mark.parametrize("operation", PREPARING)
def test_what_prepares_more_has_none(operation):
    """Models, quantized weights, a cache: arrays and definition alone do not show it."""
    with pytest.raises(NoSource, match=r"\w+ prepares more than its inputs"):
        written(operation, CASES[operation][0])


def test_it_names_what_it_compares():
    """The releases with their companions, the case, what was measured."""
    text = written("sorting.Sort", "64x128x1024 axis=2", "mlx_cpu_compile")
    assert "Is v0.32.0 slower than v0.31.2? Sort 64x128x1024 axis=2 on mlx_cpu_compile" in text
    assert "measured: +5.0%" in text
    assert "'v0.32.0': 'mlx==0.32.0 mlx-cpu==0.32.0'" in text
    assert "shapes=[(64, 128, 1024)], axis=2" in text
    assert "mx.compile(mlx(case, mx, nn))" in text
    assert "sched_setaffinity" in text


def test_gpu_is_not_pinned():
    """And is the default device."""
    text = written("sorting.Sort", "64x128x1024 axis=2", "mlx_gpu")
    assert "mx.set_default_device(mx.gpu)" in text
    assert "sched_setaffinity" not in text


def test_packages():
    """The front end alone where it was all there was, or where there is no build."""
    assert packages(LOCK, LOCK.by_tag["v0.26.3"], CPU) == "mlx==0.26.3"
    assert packages(LOCK, LOCK.by_tag["v0.26.5"], CPU) == "mlx==0.26.5 mlx-cpu==0.26.5"
    assert packages(LOCK, LOCK.by_tag["v0.32.0"], "py3.11") == "mlx==0.32.0"


@pytest.mark.parametrize(
    ("operation", "case", "backend"),
    [
        ("sorting.Sort", "64x128 axis=0", "numpy"),
        ("sorting.Sort", "some words", "mlx_cpu"),
        ("sorting.Nothing", "64x128", "mlx_cpu"),
        ("sorting.Sort", "64x128 axis=0", "mlx_cpu_x\nimport os"),
    ],
)
def test_what_has_none(operation, case, backend):
    """A control, a case without shapes, an operation that is not there, a backend that would be
    code."""
    with pytest.raises(NoSource):
        written(operation, case, backend)


@pytest.mark.parametrize(
    ("operation", "case"),
    [
        ("indexing.Scatter", 0),
        ("linear.MatMul", 0),
        ("normalization.RMSNorm", 0),
        ("normalization.RMSNorm", -1),
    ],
)
def test_the_child_measures(operation, case, tmp_path, measuring_python):
    """What the script runs in each release: it prints the seconds of a call. Real MLX."""
    case = CASES[operation][case]
    path = tmp_path / "script.py"
    path.write_text(written(operation, case))
    python, environ = measuring_python("0.32.0")
    result = subprocess.run(
        [python, str(path), "v0.32.0"], env=environ, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert 1e-7 < float(result.stdout) < 10


def test_the_whole_script_compares(tmp_path, monkeypatch):
    """It installs both releases with pip and says which is slower: with a pip and a MLX that are
    played, of which one is twice as slow."""
    text = written("sorting.Sort", "64x128 axis=0")
    played = tmp_path / "played.py"
    played.write_text(PLAYED)
    (tmp_path / "script.py").write_text(text)
    result = subprocess.run(
        [sys.executable, str(played), str(tmp_path / "script.py")], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "median of 10: +100.0%"
    assert result.stdout.count("v0.32.0") == 10


#: Runs the script with other processes than it asks for.
PLAYED = """
import runpy, subprocess, sys

def answer(command, env):
    if "pip" in command:
        assert "--target" in command and any(word.startswith("mlx==") for word in command)
        return b""
    assert env["PYTHONPATH"].endswith(command[-1]) and env["TMPDIR"].endswith(command[-1])
    return {"v0.31.2": b"0.5", "v0.32.0": b"1.0"}[command[-1]]

subprocess.check_output = answer
script = sys.argv.pop(1)
runpy.run_path(script, run_name="__main__")
"""
