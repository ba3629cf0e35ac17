"""All that the pages have of one machine: made once, and kept until something of it changes."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mlx_asv.analysis.kept import digest, sources
from mlx_asv.asv_edge.stored import Project
from mlx_asv.axes import Name
from mlx_asv.facts import Facts
from mlx_asv.verdicts.accepted import FILE, read_accepted
from mlx_asv.verdicts.rule import Rule

from . import compare, history, overview, regressions, trust
from .names import file_name
from .places import Place, places
from .write import write_data

#: Written last: it tells that the rest is whole.
SUMMARY = "summary.json"


@dataclass(frozen=True)
class MachinePages:
    """`data`: a directory with one of data files for each place. `places`: of each what is not in
    these: `id`, `info` (for every page), `started`, `cards`, `trust`."""

    data: Path
    places: list[dict[str, Any]]


def machine_pages(project: Project, machine: str, rule: Rule) -> MachinePages:
    """Made, or as they were kept. Raises ObservationsError or AcceptedError."""
    kept = _kept(project, machine, rule)
    summary = kept / SUMMARY
    if not summary.exists():
        shutil.rmtree(kept.parent, ignore_errors=True)  # what there was before, and half of it
        found = places(project, machine, rule)
        cases = project.cases()
        made = [_made(kept / "data", place, project, cases, rule) for place in found]
        (kept / "data").mkdir(parents=True, exist_ok=True)
        summary.write_text(json.dumps(made), encoding="utf-8")  # last: now it is whole
    return MachinePages(kept / "data", json.loads(summary.read_text(encoding="utf-8")))


def _kept(project: Project, machine: str, rule: Rule) -> Path:
    """Where what is made of a machine is, if it is."""
    results = project.results
    files = sorted(path for path in (results / machine).rglob("*") if path.is_file())
    shared = [results / FILE, results / "benchmarks.json", *sorted(project.suite.rglob("*.py"))]
    values = (pl.__version__, rule, sorted(project.controls), project.lock)
    key = digest([*files, *shared, *sources()], machine, *values)
    return project.state / "site" / "pages" / file_name(machine) / key


def _made(
    data: Path, place: Place, project: Project, cases: Mapping[tuple[str, str], int], rule: Rule
) -> dict[str, Any]:
    """Write the data of a place; what other pages need of it."""
    for backend, found in overview.maps(place, cases, rule):
        write_data(data, f"{place.id}/map-{file_name(backend)}", found)
    listed = []
    for key, found in history.histories(place, project.describe):
        write_data(data, f"{place.id}/case-{key}", found)
        listed.append((found["b"], found["c"], key))
    listed.sort(key=lambda case: (case[0], cases.get(case[:2], len(cases)), case[1]))
    write_data(data, f"{place.id}/cases", listed)
    for release, tables in compare.comparisons(place, project.describe):
        write_data(data, f"{place.id}/tables-{file_name(release)}", tables)
    cards = regressions.cards(place, project.lock, read_accepted(project.results / FILE))
    write_data(data, f"{place.id}/regressions", cards)
    scripts = regressions.scripts(place, project)
    write_data(data, f"{place.id}/scripts", scripts)
    return {
        "id": place.id,
        "started": place.started,
        "info": _info(place, project.facts),
        "cards": cards,
        "trust": trust.of_place(place, rule),
    }


def _info(place: Place, facts: Facts) -> dict[str, Any]:
    """What every page knows of a place. `usual`: the backend that is shown before one is chosen,
    the first of the suite's that is not compiled. `facts`: what the backends are that it has."""
    backends = place.points.filter(~pl.col("control"))["backend"].unique().sort().to_list()
    usual = [name for name, each in facts.backends.items() if not each.compiled]
    known = sorted(set(place.points["backend"]) & facts.backends.keys())
    return {
        "id": place.id,
        "title": place.title,
        "releases": list(place.releases),
        "judged": place.judged,
        "usual": next((name for name in usual if name in backends), None),
        "facts": {name: asdict(facts.backend(name)) for name in known},
        "names": {
            benchmark: [Name(benchmark).short, Name(benchmark).family]
            for benchmark in place.points["benchmark"].unique().sort()
        },
        "backends": [[backend, file_name(backend)] for backend in backends],
        "sentence": overview.sentence(place),
    }
