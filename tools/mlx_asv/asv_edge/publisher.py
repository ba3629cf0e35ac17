"""What `asv publish` does after asv's own pages: makes ours, and one site of both.

asv runs publishers by their ``order`` (its own: 0, 1, 3), each with all graphs; the copies of its
pages are on the site by then, index.json is written after them.
"""

import importlib
import os
import shutil
from pathlib import Path
from typing import Any, ClassVar

from asv.console import log
from asv.publishing import OutputPublisher
from asv.util import UserError

from . import asv_pages
from .asv_pages import UnknownPage
from .conf import placed
from .npm import NoPackages, installed
from .repo import PyPIReleases

#: The first of our pages.
OVERVIEW = "overview.html"

#: Scripts of ours for asv's pages, and npm's lock of what those load (in a checkout a link to
#: ``html/``).
SOURCES = Path(__file__).with_name("static")


class OurPages(OutputPublisher):  # type: ignore[misc]
    """Our pages, made by `mlx_asv.site` if the packages that it needs are installed."""

    name = "overview"
    button_label = "Overview"
    description = "What each release made slower or faster"
    order = 10

    #: The processes that make pages ahead, while asv makes its own.
    _ahead: ClassVar[Any] = ()

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Any) -> None:
        """Write them beside asv's."""
        if not isinstance(repo, PyPIReleases):
            return
        try:
            stored, site = _ours("build")
        except ModuleNotFoundError as error:
            log.warning(
                f"Only asv's own pages are made: {error.name} is not installed here "
                "(`make run` sets up what ours need)"
            )
            return
        for process in cls._ahead:
            process.join()
        try:
            # asv works where its configuration is.
            project = stored.Project.of(placed(conf, Path.cwd()))
            site.build(project, project.html)
        except site.SiteError as error:
            raise UserError(str(error)) from error

    @classmethod
    def begin(cls, conf: Any) -> None:
        """Let processes make the new parts of our pages ahead, if there is a second processor.
        Called before asv begins its own pages."""
        if not PyPIReleases.url_match(conf.repo) or (os.cpu_count() or 1) < 2:
            return
        try:
            stored, ahead = _ours("ahead")
        except ModuleNotFoundError:
            return  # `publish` says so
        cls._ahead = ahead.begin(stored.Project.of(placed(conf, Path.cwd())))


def _ours(name: str) -> tuple[Any, Any]:
    """The module of the project, and one of our pages' modules. Raises ModuleNotFoundError where
    asv is installed alone."""
    load = importlib.import_module
    return load("mlx_asv.asv_edge.stored"), load(f"mlx_asv.site.{name}")


class AsvPages(OutputPublisher):  # type: ignore[misc]
    """asv's pages, linked with ours; with npm's packages they need no network."""

    name = "asv-pages"
    button_label = "asv's pages"
    description = "asv's own pages without a network"
    order = 11

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Any) -> None:
        """Change the copies of asv's pages that asv has put on the site."""
        out = Path(conf.html_dir)
        page = out / "index.html"
        index = page.read_text(encoding="utf-8")
        try:
            index = asv_pages.with_script(index, _copied("as_text.js", out))
            if (out / OVERVIEW).exists():
                index = asv_pages.with_script(index, _copied("start.js", out))
                index = asv_pages.with_link(index, OVERVIEW, "Overview")
            asv_pages.escape(out)  # last: its scripts need the index's
        except UnknownPage as error:
            log.warning(f"asv's pages are left as they are: {error}")
            return
        try:
            packages = installed(SOURCES, _state(conf) / "web")
            index = asv_pages.without_network(index, packages, out)
        except (NoPackages, UnknownPage) as error:
            log.warning(
                f"asv's pages will load their scripts from the network: {error}. "
                "Published with npm they need none"
            )
        page.write_text(index, encoding="utf-8")


def _state(conf: Any) -> Path:
    """The directory of what is kept between two commands, beside the environments."""
    return Path(conf.env_dir).absolute().parent


def _copied(name: str, out: Path) -> str:
    shutil.copyfile(SOURCES / name, out / name)
    return name
