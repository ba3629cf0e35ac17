import io
from pathlib import Path

import polars as pl
import pytest
from mlx_asv.engine.lost import NothingMeasured, merged, say_lost
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.observations.store import Running
from rich.console import Console


def lost(case: str, label: str, reason: str, backend: str = "") -> dict[str, object]:
    """An arm that has no value."""
    base: dict[str, object] = dict.fromkeys(SCHEMA)
    base |= {"benchmark": "ops.Sum.track_error", "case": case, "label": label, "backend": backend}
    return {**base, "outcome": "failed", "reason": reason}


def test_reasons_are_told_with_what_they_are_of() -> None:
    """A case by its name, several by their number; what was done, and what there is of it, not."""
    rows = [
        lost("a", "v1", "crashed"),
        lost("a", "v2", "crashed"),
        lost("a", "v1", "it returned nan", "mlx"),
        lost("b", "v1", "it returned nan", "mlx"),
        {**lost("c", "v1", ""), "outcome": "ok"},
    ]
    console = Console(file=io.StringIO(), width=160)
    say_lost(pl.DataFrame(rows, schema=SCHEMA), "tracked", console)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "Not tracked: ops.Sum.track_error a: failed: crashed",
        "Not tracked: 2 cases on mlx: failed: it returned nan",
    ]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "Nothing was counted."),
        ([lost("a", "v1", "no such device")], "Nothing was counted: failed: no such device."),
        (
            [lost("a", "v1", "a"), lost("a", "v2", "b"), lost("b", "v1", "b")],
            "Nothing was counted: failed: b, and 1 more.",
        ),
    ],
)
def test_a_run_without_a_value_leaves_no_file(
    tmp_path: Path, rows: list[dict[str, object]], sentence: str
) -> None:
    """And says why: the reason of most."""
    running = Running(tmp_path / "running")
    running.path.mkdir()
    for number, row in enumerate(rows):
        running.save([{**row, "sweep": "s", "replicate": number, "group": 0}])
    with pytest.raises(NothingMeasured) as raised:
        merged(running, tmp_path / "target.parquet", "counted")
    assert str(raised.value) == sentence
    assert list(tmp_path.iterdir()) == []
