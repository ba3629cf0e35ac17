"""All that the pages have of one machine: made once, and kept until something of it changes."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from mlx_asv.analysis.kept import digest, sources
from mlx_asv.asv_edge.stored import Project
from mlx_asv.axes import Name
from mlx_asv.facts import Facts
from mlx_asv.observations.store import case_key
from mlx_asv.verdicts.accepted import FILE, Accepted, read_accepted
from mlx_asv.verdicts.rule import Rule

from . import answers, compare, errors, history, overview, regressions, trust
from .metrics import folder
from .names import file_name
from .places import Place, views
from .write import write_data

#: The data of the page of this name.
DISAGREEMENTS = "disagreements"
#: And of the page of what releases give by themselves.
ERRORS = "releases"

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
        making = Making(project, rule, kept / "data", read_accepted(project.results / FILE))
        made = [making.of_place(of_it) for of_it in views(project, machine, rule)]
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


@dataclass(frozen=True)
class Making:
    """What the data of a place are made with; `data`: the directory that they are written to."""

    project: Project
    rule: Rule
    data: Path
    accepted: Sequence[Accepted]

    @cached_property
    def cases(self) -> Mapping[tuple[str, str], int]:
        """The place of each (benchmark, case) in the suite."""
        return self.project.cases()

    def of_place(self, measured: Sequence[Place]) -> dict[str, Any]:
        """Write the data of a place; what other pages need of it. `measured`: what each metric
        says of it, time first."""
        time = measured[0]
        cards = [card for view in measured for card in self._of_metric(view)]
        self._histories(measured)
        for release, tables in compare.comparisons(time, self.project.describe):
            write_data(self.data, f"{time.id}/tables-{file_name(release)}", tables)
        if answers.both(time):
            write_data(self.data, f"{time.id}/{DISAGREEMENTS}", answers.data(time))
        return {
            "id": time.id,
            "started": time.started,
            "info": _info(measured, self.project.facts),
            "cards": cards,
            "trust": trust.of_place(measured, self.rule),
        }

    def _of_metric(self, place: Place) -> list[dict[str, Any]]:
        """Write the maps, what releases give by themselves, and the regressions; these."""
        where = f"{place.id}/{folder(place.metric)}"
        for backend, found in overview.maps(place, self.cases, self.rule):
            write_data(self.data, f"{where}map-{file_name(backend)}", found)
        cards = regressions.cards(place, self.project.lock, self.accepted)
        write_data(self.data, f"{where}regressions", cards)
        write_data(self.data, f"{where}scripts", regressions.scripts(place, self.project))
        if errors.shown(place):
            found = errors.data(place, self.project.facts.case)
            write_data(self.data, f"{where}{ERRORS}", found)
        return cards

    def _histories(self, views: Sequence[Place]) -> None:
        """Write those of all cases, and which there are. That of time says of which other `metrics`
        the case has a history, and has all its backends."""
        time, *others = views
        found = {key: {**each, "metrics": []} for key, each in self._cases(time)}
        for view in others:
            for key, each in self._cases(view):
                write_data(self.data, f"{view.id}/{folder(view.metric)}case-{key}", each)
                of_time = found.setdefault(key, {**each, "metrics": [], "backends": []})
                of_time["metrics"].append(view.metric.name)
                of_time["backends"] += _untimed(each["backends"], of_time["backends"])
        place = {case_key(*case): number for case, number in self.cases.items()}
        listed = []
        for key, each in found.items():
            write_data(self.data, f"{time.id}/case-{key}", each)
            listed.append((each["b"], each["c"], key))
        listed.sort(key=lambda case: (case[0], place.get(case[2], len(place)), case[1]))
        write_data(self.data, f"{time.id}/cases", listed)

    def _cases(self, view: Place) -> Iterator[tuple[str, dict[str, Any]]]:
        return history.histories(view, self.project.describe)


def _untimed(
    backends: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Those backends that are not known yet, with a history of no times."""
    names = {each["name"] for each in known}
    return [
        {**{name: each[name] for name in ("name", "control", "source")}, "r": [], "s": [], "v": ""}
        for each in backends
        if each["name"] not in names
    ]


def _info(views: Sequence[Place], facts: Facts) -> dict[str, Any]:
    """What every page knows of a place: `judged`, `backends`, `usual` and `sentence` are of time;
    `others` has them by the names of the other metrics. `answers`: how many steps have one, or
    null. `facts`: what its backends are."""
    time, *others = views
    measured = pl.concat(view.points for view in views)
    known = sorted(set(measured["backend"]) & facts.backends.keys())
    return {
        "id": time.id,
        "title": time.title,
        "releases": list(time.releases),
        "facts": {name: asdict(facts.backend(name)) for name in known},
        "names": {
            benchmark: [Name(benchmark).short, Name(benchmark).family]
            for benchmark in measured["benchmark"].unique().sort()
        },
        "answers": answers.sentence(time),
        **_view(time, facts),
        "others": {view.metric.name: _view(view, facts) for view in others},
    }


def _view(place: Place, facts: Facts) -> dict[str, Any]:
    """`usual`: the backend that is shown before one is chosen, the first of the suite's that is not
    compiled. `limits`: how many cases are beyond their limits, or null."""
    backends = place.points.filter(~pl.col("control"))["backend"].unique().sort().to_list()
    usual = [name for name, each in facts.backends.items() if not each.compiled]
    return {
        "judged": place.judged,
        "usual": next((name for name in usual if name in backends), None),
        "backends": [[backend, file_name(backend)] for backend in backends],
        "sentence": overview.sentence(place),
        "limits": errors.sentence(place) if errors.shown(place) else None,
    }
