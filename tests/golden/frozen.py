"""Results that nobody's sweeps, imports or decisions change: what tests read in place of
``results/`` of the checkout."""

import json
import lzma
import shutil
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from tests.checkout import ROOT

HERE = Path(__file__).parent
MACHINE = "linux-x86_64-2core-vm"

#: The files of ``results/``, under names that are never written again, that everything is made of:
#: later sweeps and imports change nothing here.
INPUTS = HERE / "inputs.txt"

#: Copies of those that are written again.
COPIES = HERE / "results"


def observed(results: Path) -> None:
    """Fill the directory `results`: observations, confirmations, what others published, the
    description of the machine, accepted regressions and asv's list of benchmarks."""
    shutil.copytree(COPIES, results)
    for name in INPUTS.read_text().split():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "results" / name, results / name)


def of_asv(results: Path, folder: str = MACHINE, releases: Collection[str] = ()) -> None:
    """Add asv's result files to the directory `results`, in `folder`: of `releases`, or of all."""
    machine = results / folder
    machine.mkdir(parents=True, exist_ok=True)
    shutil.copy(COPIES / "benchmarks.json", results)
    shutil.copy(COPIES / MACHINE / "machine.json", machine)
    for name, data in recorded()["results"].items():
        if not releases or data["commit_hash"] in releases:
            (machine / name).write_text(json.dumps(data))


@cache
def recorded() -> dict[str, Any]:
    """What was written down of suite, results, tables and pages."""
    found: dict[str, Any] = json.loads(lzma.decompress((HERE / "data.json.xz").read_bytes()))
    return found
