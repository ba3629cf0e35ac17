"""What the commands make of a fixed part of the observations in git, as plain data.

``python -m tests.golden.snapshot`` writes it down, in this directory: to be done when a change is
meant to move numbers, never to make a test pass.
"""

import json
import lzma
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from tests.checkout import ROOT, like_checkout

from .frozen import HERE, MACHINE, observed, recorded

#: Tables, by the arguments that ask for them.
TABLES = (
    ("--average",),
    ("--honest",),
    ("--honest", "--release", "v0.29.3"),
    ("--honest", "--models"),
    ("--average", "--machine", "M5 Max"),
)

#: Writes asv's results and the series from all observations.
SERIES = """
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.observations.store import read_machine
from mlx_asv.asv_edge.listing import Listing
from mlx_asv.asv_edge.series_results import write_series
from mlx_asv.asv_edge.suite import Suite
from asv.benchmarks import Benchmarks
from pathlib import Path
suite = Suite()
found = Benchmarks.load(suite.conf)
found._all_benchmarks = dict(found)
listing = Listing(found, suite.settings.backend)
levels = life_levels(read_machine(suite.results, MACHINE))
was = {"value": "seconds", "raw": "raw_seconds"}  # what the columns were called when written down
series(levels).rename(was).write_parquet("series.parquet")
table = series(levels, confidence=0.99).filter(pl.col("role") != "twin")
write_series(suite, listing, suite.machine(MACHINE), table)
"""


class Snapshot:
    """A folder like a checkout, with the fixed results in place of all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        like_checkout(path)
        observed(path / "results")
        described = json.loads((path / "results" / MACHINE / "machine.json").read_text())
        (path / ".asv-machine.json").write_text(json.dumps({MACHINE: described, "version": 1}))

    def run(self, *arguments: str) -> str:
        """What a Python command prints in the folder."""
        environ = {**os.environ, "HOME": str(self.path), "PYTHONPATH": str(ROOT / "tools")}
        environ |= {"COLUMNS": "200", "MLX_BUILD": "cpu"}
        result = subprocess.run(
            [sys.executable, *arguments], cwd=self.path, env=environ, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def all(self) -> dict[str, Any]:
        """Everything, by name."""
        self.run("-c", f"import polars as pl\nMACHINE = {MACHINE!r}\n{SERIES}")
        self.run("-m", "mlx_asv", "verdicts")
        self.run("-m", "mlx_asv.site", "--out", "site")
        return {
            "series": pl.read_parquet(self.path / "series.parquet"),
            "verdicts": pl.read_parquet(self.path / ".asv/verdicts/verdicts.parquet"),
            "suite": self._suite(),
            "results": self._results(),
            "tables": {
                " ".join(words): json.loads(self.run("-m", "mlx_asv", "table", *words, *JSON))
                for words in TABLES
            },
            "pages": self._pages(),
        }

    def _suite(self) -> list[dict[str, Any]]:
        """The suite's movements in time."""
        document = json.loads((self.path / ".asv/verdicts/verdicts.json").read_text())
        return [row for row in document["suite"] if row.get("metric", "time") == "time"]

    def _results(self) -> dict[str, Any]:
        found = {}
        for path in sorted((self.path / "results" / MACHINE).glob("v*.json")):
            data = json.loads(path.read_text())
            started = data["result_columns"].index("started_at")
            for row in data["results"].values():
                if len(row) > started:
                    row[started] = None  # when they were written
            found[path.name] = data
        return found

    def _pages(self) -> dict[str, Any]:
        """The data that pages load."""
        found: dict[str, Any] = {}
        for path in sorted((self.path / "site/data").rglob("*.js")):
            name, data = re.fullmatch(
                r"mlxAsv\.put\((\"[^\"]*\"),(.*)\);\n", path.read_text(), re.DOTALL
            ).groups()  # type: ignore[union-attr]
            found[json.loads(name)] = json.loads(data)
        return found


JSON = ("--format", "json")


def stored() -> dict[str, Any]:
    """What was written down."""
    found: dict[str, Any] = {
        name: pl.read_parquet(HERE / f"{name}.parquet") for name in ("series", "verdicts")
    }
    return found | recorded()


def main() -> None:
    """Write it down."""
    with TemporaryDirectory() as path:
        found = Snapshot(Path(path)).all()
    for name in ("series", "verdicts"):
        found.pop(name).write_parquet(HERE / f"{name}.parquet", compression="zstd")
    text = json.dumps(found, separators=(",", ":"))
    (HERE / "data.json.xz").write_bytes(lzma.compress(text.encode(), preset=9))


if __name__ == "__main__":
    main()
