"""From results to pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlx_asv.asv_edge.stored import Project
from mlx_asv.metric import METRICS, TIME
from mlx_asv.observations.store import ObservationsError
from mlx_asv.published.model import Document
from mlx_asv.published.store import PublishedError, read_published
from mlx_asv.releases.upstream import release_page
from mlx_asv.verdicts.accepted import AcceptedError
from mlx_asv.verdicts.rule import Rule

from . import compare, feed, overview, trust
from .machine import MachinePages, machine_pages
from .metrics import exported
from .names import file_name
from .write import Site

#: Our pages with their names in the navigation; each has a template of its own.
PAGES = {
    "overview.html": "Overview",
    "regressions.html": "Regressions",
    "disagreements.html": "Disagreements",
    "errors.html": "Errors",
    "case.html": "Cases",
    "compare.html": "Compare",
    "trust.html": "Trust",
}

#: Where the data of what others published is kept: no place is called so.
PUBLISHED = "_published"

#: What is said of a place's benchmarks and backends, of each once for all places.
SHARED = ("names", "facts")

#: What reading may raise.
READ_ERRORS = (ObservationsError, AcceptedError, PublishedError, trust.CalibrationError)


class SiteError(Exception):
    """Something that the pages are made of cannot be read; says what, and what to do."""


def build(project: Project, out: Path, rule: Rule | None = None) -> list[str]:
    """Write all pages into the directory `out`; the ids of the places that they show.

    What else lies in `out` is left alone; the pages link to asv's where these are there.
    Raises SiteError before anything is written there.
    """
    rule = rule or Rule()
    try:
        made = [machine_pages(project, machine, rule) for machine in machines(project)]
        reports = trust.calibrations(project.calibration)
        documents = read_published(project.results)
    except READ_ERRORS as error:
        raise SiteError(str(error)) from error
    site = Site(out)
    site.static()
    for each in made:
        site.copy(each.data)
    places = _latest_first(made)
    cards = [card for place in places for card in place["cards"]]
    titles = {place["id"]: place["info"]["title"] for place in places}
    site.file("feed.xml", feed.feed(project.title, cards, titles, project.lock))
    infos = [place["info"] for place in places]
    shared = {
        "title": project.title,
        "site": {**_site(infos, project, rule), **_published(site, documents)},
        "pages": list(PAGES.items()),
        "unlisted": [
            page
            for page, has in (("disagreements.html", _answers), ("errors.html", _limits))
            if not any(has(info) for info in infos)
        ],
        "asv": (out / "index.html").exists(),
    }
    trusted = trust.context([place["trust"] for place in places], rule, reports)
    for name in PAGES:
        site.page(name, **shared, **(trusted if name == "trust.html" else {}))
    return [place["id"] for place in places]


def _answers(info: Mapping[str, Any]) -> bool:
    """Whether a place has steps with two answers."""
    return info["answers"] is not None


def _limits(info: Mapping[str, Any]) -> bool:
    """Whether a metric of a place has limits."""
    return any(other["limits"] for other in info["others"].values())


def machines(project: Project) -> list[str]:
    """The names of the directories with results of a machine."""
    patterns = ("*/machine.json", "*/observations")
    found = (path.parent.name for name in patterns for path in project.results.glob(name))
    return sorted(set(found))


def _latest_first(made: Sequence[MachinePages]) -> list[dict[str, Any]]:
    """The places of all machines: the one that was swept last, then the others; by name."""
    places = [place for each in made for place in each.places]
    return sorted(places, key=lambda place: (-place["started"], place["id"]))


def _published(site: Site, documents: Sequence[Document]) -> dict[str, Any]:
    """Write what others published. What every page knows of it: the machines, with the names of
    their files; the operations of which there are figures; the documents' titles."""
    listed = []
    for machine, tables in compare.published(documents).items():
        site.data(f"{PUBLISHED}/machine-{file_name(machine)}", tables)
        listed.append([machine, file_name(machine)])
    figures = compare.published_cases(documents)
    for operation, cases in figures.items():
        site.data(f"{PUBLISHED}/{file_name(operation)}", cases)
    return {
        "published": listed,
        "figures": {operation: file_name(operation) for operation in figures},
        "documents": compare.titles(documents),
    }


def _site(places: Sequence[Mapping[str, Any]], project: Project, rule: Rule) -> dict[str, Any]:
    """What every page knows: `metrics` (`exported`, time first), `places`, `names`
    (benchmark -> short name, family), `backends` (name -> what the suite says of it), `releases`
    (name -> date, upstream's page, name in files), `parts`: of effects."""
    measured = {tag for place in places for tag in place["releases"]}
    return {
        "title": project.title,
        "metrics": [
            exported(metric, rule)
            for name, metric in METRICS.items()
            if metric is TIME or any(name in place["others"] for place in places)
        ],
        "parts": overview.PARTS,
        "places": [{k: v for k, v in place.items() if k not in SHARED} for place in places],
        "names": {name: said for place in places for name, said in place["names"].items()},
        "backends": {name: said for place in places for name, said in place["facts"].items()},
        "releases": {
            release.tag: [
                release.date[:10],
                release_page(project.lock, release.tag),
                file_name(release.tag),
            ]
            for release in project.lock.releases
            if release.tag in measured
        },
    }
