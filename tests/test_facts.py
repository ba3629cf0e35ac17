import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from mlx_asv.axes import Axes
from mlx_asv.facts import Backend, CaseFacts, Facts, FactsError, Work, values

from benchmarks.backends import BACKENDS
from tests.checkout import ROOT

OURS = Facts(ROOT / "benchmarks")

Suite = Callable[..., Facts]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """A function that makes a suite of some modules; its facts."""

    def make(
        name: str = "suite", settings: dict[str, object] | None = None, **modules: str
    ) -> Facts:
        folder = tmp_path / name
        folder.mkdir()
        for module, text in {"__init__": "", **modules}.items():
            (folder / f"{module}.py").write_text(dedent(text))
        return Facts(folder, settings or {})

    return make


# -- backends --------------------------------------------------------------------------------


def test_our_backends_are_those_of_the_suite() -> None:
    """In its order; those that are not MLX's do not change with its releases."""
    assert list(OURS.backends) == list(BACKENDS)
    assert OURS.controls == {name for name, each in BACKENDS.items() if each.framework != "mlx"}
    compiled = Backend("mlx_gpu_compile", "mlx", "gpu", compiled=True)
    assert OURS.backend("mlx_gpu_compile") == compiled


def test_processes_of_a_cpu_may_be_copies() -> None:
    """Of one that has imported the framework; those that open a GPU start from nothing."""
    mlx = ("mlx.core", "mlx.nn")
    expected = {"mlx_cpu": mlx, "mlx_cpu_compile": mlx, "cpu": ("torch",), "numpy": ()}
    assert OURS.imports.items() >= expected.items()
    assert not {"mlx_gpu", "mlx_gpu_compile", "mps", "cuda"} & OURS.imports.keys()


def test_nothing_is_known_of_another_backend() -> None:
    """It is what it is called, and no control."""
    assert OURS.backend("mlx_gpu_2") == Backend("mlx_gpu_2")


def test_a_suite_without_facts_has_none(suite: Suite) -> None:
    """Its backends are nothing but names, its cases nothing but labels."""
    facts = suite()
    assert (facts.backends, facts.controls, facts.imports) == ({}, frozenset(), {})
    assert facts.case("a.B.time_c", Axes.of(case="1")) is None
    assert Facts(Path("nowhere")).backends == {}


def test_a_suite_without_facts_may_say_them_in_its_configuration(suite: Suite) -> None:
    """Which backends are controls, and what processes import."""
    facts = suite(settings={"controls": ["np"], "imports": {"fast": ["numpy"], "np": []}})
    assert facts.controls == {"np"}
    assert facts.imports == {"fast": ("numpy",), "np": ()}


def test_what_a_suite_exports_wins(suite: Suite) -> None:
    """The configuration cannot say otherwise."""
    exported = """
        class B:
            framework, device = "np", "cpu"
        BACKENDS = {"np": B}
    """
    facts = suite(settings={"controls": ["np"], "imports": {"np": []}}, facts=exported)
    assert facts.backends == {"np": Backend("np", "np", "cpu")}


# -- cases -----------------------------------------------------------------------------------


def test_a_case_says_what_it_is() -> None:
    """Shapes, axis, numbers, how much it does, and the row that it is."""
    found = OURS.case("reductions.Sum.time_forward", Axes.of(case="4x5x6 axis=1"))
    assert found == CaseFacts(((4, 5, 6),), 1, {}, Work(4 * (120 + 24)), "operations", "Sum")
    found = OURS.case("models.BertBase.time_forward", Axes.of(case="characters=50 batch=16"))
    assert found is not None
    assert (found.table, found.title, found.numbers["batch"]) == ("models", "bert-base-uncased", 16)
    half = Axes.of(case="4x16384", dtype="float16", mode="forward")
    error = OURS.case("precision.RowMean.track_error", half)
    assert error is not None and error.rounding == 2.0**-11
    assert error.allowed == OURS.allowed("precision.RowMean.track_error", half)
    assert 1e-3 < (error.allowed or 0) < 2e-3  # rtol, and a little for the absolute part
    assert OURS.allowed("precision.RowMean.time_call", half) is None
    found = OURS.case("dispatch.Latency.time_forward", Axes.of(case="2x2 2x2"))
    assert found is not None and found.table is None


@pytest.mark.parametrize(
    ("benchmark", "axes"),
    [
        ("reductions.Sum.time_forward", Axes.of(case="<script>")),
        ("reductions.Sum.time_forward", Axes.of(size="4x5")),
        ("reductions.Sum.time_backward", Axes.of(case="4x5 axis=1")),
        ("other.Sum.time_forward", Axes.of(case="4x5 axis=1")),
        ("memory.PeakMemory.track_peak", Axes.of(case="reductions.Sum 4x5 axis=1")),
        ("time_sum", Axes()),
    ],
)
def test_nothing_is_known_of_what_the_suite_does_not_have(benchmark: str, axes: Axes) -> None:
    """Another case, mode or benchmark."""
    assert OURS.case(benchmark, axes) is None


def test_a_suite_is_given_values(suite: Suite) -> None:
    """Python's own as they are, others as asv writes them; what is not said has its default."""
    describing = """
        def case(family, operation, method, values):
            class Said:
                shapes = (values["shape"],)
                title = f"{family} {operation} {method} {values['dtype']}"
            return Said
    """
    facts = suite(facts=describing)
    axes = Axes([("shape", "(2, 3)"), ("dtype", "<class 'float'>")])
    assert values(axes) == {"shape": (2, 3), "dtype": "<class 'float'>"}
    title = "ops Sum time_it <class 'float'>"
    assert facts.case("ops.Sum.time_it", axes) == CaseFacts(((2, 3),), title=title)


# -- where they are loaded from --------------------------------------------------------------


def test_suites_of_the_same_name_are_kept_apart(suite: Suite) -> None:
    """Each has modules of its own, which import one another relatively."""
    relative = "from .names import BACKENDS"
    names = "BACKENDS = {%r: object()}"
    one = suite("one", facts=relative, names=names % "a")
    two = suite("two", facts=relative, names=names % "b")
    assert (list(one.backends), list(two.backends)) == (["a"], ["b"])
    assert "names" not in sys.modules


def test_facts_that_come_later_are_found(suite: Suite) -> None:
    """That there were none is not remembered."""
    facts = suite()
    assert facts.backends == {}
    (facts.directory / "facts.py").write_text("BACKENDS = {'a': object()}")
    assert list(facts.backends) == ["a"]


def test_facts_that_cannot_be_imported_are_an_error(suite: Suite) -> None:
    """It says whose, and why."""
    facts = suite(facts="import no_such_module")
    with pytest.raises(FactsError, match=r"facts\.py cannot be imported: No module .*no_such"):
        facts.backends  # noqa: B018


def test_any_directory_will_do(tmp_path: Path) -> None:
    """Another package called `benchmarks` in the current directory has no part in it."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/__init__.py").write_text("raise RuntimeError('not this one')")
    program = (
        "from pathlib import Path; from mlx_asv.facts import Facts; "
        f"print(*Facts(Path({str(ROOT / 'benchmarks')!r})).controls)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "tools")])}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environ, capture_output=True, text=True
    )
    assert sorted(result.stdout.split()) == sorted(OURS.controls), result.stderr
