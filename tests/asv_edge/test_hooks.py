from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asv.benchmarks import Benchmarks
from mlx_asv.asv_edge import hooks


def benchmark(name: str, kind: str) -> dict[str, Any]:
    """asv's description of a benchmark with two cases."""
    return {
        "name": name,
        "type": kind,
        "params": [["'1'", "'2'"], ["'cpu'"]],
        "param_names": ["case", "backend"],
        "version": "1",
    }


FOUND = [
    benchmark("linear.MatMul.time_forward", "time"),
    benchmark("linear.MatMul.track_instructions", "track"),
    benchmark("sorting.Sort.time_forward", "time"),
    benchmark("sorting.Sort.track_instructions", "track"),
]


@pytest.fixture
def discover(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A function that discovers the suite as `asv run -b` does: name -> cases selected."""
    hooks.install()
    monkeypatch.setattr(Benchmarks, "_disc_benchmarks", lambda *args: FOUND)
    (tmp_path / "tour.txt").write_text("MatMul 1\n")
    conf = SimpleNamespace(benchmark_dir=str(tmp_path))

    def select(*patterns: str) -> dict[str, list[int]]:
        found = Benchmarks.discover(conf, None, [], [], regex=list(patterns))
        assert set(found._all_benchmarks) == {each["name"] for each in FOUND}
        return {name: found.benchmark_selection[name] for name in found}

    return select


def test_counts_are_left_out_of_an_ordinary_run(discover: Any) -> None:
    """Without a pattern everything that is timed is run, and nothing is counted."""
    both = [0, 1]
    assert discover() == {"linear.MatMul.time_forward": both, "sorting.Sort.time_forward": both}


def test_pattern_that_happens_to_match_selects_no_counts(discover: Any) -> None:
    """Neither the name of an operation nor a list of cases does."""
    assert discover("MatMul") == {"linear.MatMul.time_forward": [0, 1]}
    assert discover(r"MatMul\..*'2'") == {"linear.MatMul.time_forward": [1]}


def test_counts_are_selected_by_their_name(discover: Any) -> None:
    """All of them, or those of an operation, or a case; beside what else is selected."""
    assert discover("track_instructions") == {
        "linear.MatMul.track_instructions": [0, 1],
        "sorting.Sort.track_instructions": [0, 1],
    }
    assert discover("Sort", r"MatMul.track_instructions.*'2'") == {
        "sorting.Sort.time_forward": [0, 1],
        "linear.MatMul.track_instructions": [1],
    }


def test_listed_cases_are_not_counted(discover: Any) -> None:
    """`-b @tour` is what it was; with `track_instructions` beside it, all counts come as well."""
    assert discover("@tour") == {"linear.MatMul.time_forward": [0]}
    found = discover("@tour", "track_instructions")
    assert found["linear.MatMul.track_instructions"] == [0, 1]
    assert found["linear.MatMul.time_forward"] == [0]


def test_loading_results_leaves_nothing_out(discover: Any, tmp_path: Path) -> None:
    """Publishing and comparing show what was counted."""
    conf = SimpleNamespace(benchmark_dir=str(tmp_path))
    assert set(Benchmarks(conf, FOUND)) == {each["name"] for each in FOUND}
