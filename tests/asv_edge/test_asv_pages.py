import json
import re
import shutil
from pathlib import Path

import asv
import pytest
from mlx_asv.asv_edge.asv_pages import (
    ELSEWHERE,
    PACKAGED,
    UNESCAPED,
    UnknownPage,
    escape,
    with_link,
    with_script,
    without_network,
)
from mlx_asv.asv_edge.publisher import SOURCES

WWW = Path(asv.__file__).parent / "www"


@pytest.fixture
def pages(tmp_path):
    """What the pinned asv copies to a site."""
    return Path(shutil.copytree(WWW, tmp_path / "pages"))


@pytest.fixture
def index():
    """asv's index.html."""
    return (WWW / "index.html").read_text()


# -- escape ----------------------------------------------------------------------------------


def test_every_name_that_asv_writes_as_html_is_escaped(pages):
    """All places are found in the pinned asv; in each of them as_text stands around the name."""
    escape(pages)
    for name, places in UNESCAPED.items():
        before, after = ((folder / name).read_text() for folder in (WWW, pages))
        assert after.count("as_text(") == len(places)
        assert before != after


def test_no_place_was_forgotten(pages):
    """In asv's scripts, nothing that is not escaped stands between two pieces of HTML."""
    escape(pages)
    for name in (*UNESCAPED, "asv.js", "regressions.js"):
        text = (pages / name).read_text()
        joined = re.findall(r"""<[^'"]*["']?['"] *\+ *(?!as_text\()(\w[\w.]*)""", text)
        assert joined == [], name


def test_other_scripts_are_left_alone(pages):
    """A script that is not the pinned asv's is told, and none is changed."""
    grid = pages / "summarygrid.js"
    grid.write_text(grid.read_text().replace("bm.code", "bm.source"))
    before = {path: path.read_bytes() for path in pages.iterdir()}
    with pytest.raises(UnknownPage, match=r"summarygrid.js has 0 times 'title: bm.code', not once"):
        escape(pages)
    assert {path: path.read_bytes() for path in pages.iterdir()} == before


# -- index.html ------------------------------------------------------------------------------


def test_our_script_comes_before_asvs(index):
    """Nothing of asv's has been loaded when it runs."""
    changed = with_script(index, "start.js")
    assert re.findall(r'<script[^>]* src="([^"]+)"', changed)[0] == "start.js"


def test_our_page_is_the_first_of_the_navigation(index):
    """Its link stands before those of asv's pages."""
    changed = with_link(index, "overview.html", "Overview")
    links = re.findall(r'<li[^>]*><a href="([^"]+)">([^<]+)</a>', changed)
    assert links[:2] == [("overview.html", "Overview"), ("#/", "Benchmark grid")]


@pytest.mark.parametrize(
    "change", [lambda text: with_script(text, "a.js"), lambda text: with_link(text, "a", "A")]
)
def test_another_index_is_refused(change):
    """A page without the places that are changed is not the pinned asv's."""
    with pytest.raises(UnknownPage, match=r"index\.html"):
        change("<html></html>")


# -- without a network -----------------------------------------------------------------------


def test_packages_are_of_the_versions_that_asv_names(index):
    """Every file that asv loads from a CDN has its package, in the version in its address."""
    wanted = json.loads((SOURCES / "package.json").read_text())["dependencies"]
    found = {}
    for match in ELSEWHERE.finditer(index):
        (version,) = set(re.findall(r"\d+\.\d+\.\d+", match[0]))
        found[match[3]] = version
    # Of these, npm has no other version.
    assert found.pop("stupidtable.min.js") == "1.0.1"
    assert wanted["stupid-table-plugin"] == "1.1.3"
    assert found == {name: wanted[PACKAGED[name].split("/")[0]] for name in found}
    assert {*found, "stupidtable.min.js"} == set(PACKAGED)


def test_nothing_is_loaded_from_elsewhere(index, pages, packages):
    """All scripts and styles lie beside the page, and the page may load no others."""
    changed = without_network(index, packages, pages)
    loaded = re.findall(r'<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+)"', changed)
    assert len(loaded) == len(re.findall("<script|<link", index)) - 1  # the one inside is gone
    assert all((pages / path).exists() for path in loaded if path != "regressions.xml")
    assert "js_load_failure" not in changed
    assert "default-src 'self'" in changed
    before = re.findall(r'<(?:script|link)\b[^>]*?\b(?:src|href)="(?:[^"]*/)?([^"]+)"', index)
    assert [Path(path).name for path in loaded] == [
        Path(PACKAGED.get(name, name)).name for name in before
    ]


def test_hashes_stay_where_the_package_has_the_cdns_file(index, pages, packages):
    """Byte for byte, as the hash proves. flot's package has it unminified; stupidtable is newer."""
    changed = without_network(index, packages, pages)
    kept = set(re.findall(r'vendor/([^"]+)" integrity=', changed))
    assert kept == {
        "jquery.min.js",
        "jquery.flot.orderBars.js",
        "bootstrap.min.js",
        "bootstrap.min.css",
        "md5.min.js",
    }


def test_a_changed_file_loses_its_hash(index, pages, packages, tmp_path):
    """The hash is compared with the file that is served, not taken over."""
    copy = Path(shutil.copytree(packages, tmp_path / "packages"))
    with open(copy / "jquery/dist/jquery.min.js", "a") as file:
        file.write("\n")
    changed = without_network(index, copy, pages)
    assert '<script src="vendor/jquery.min.js"></script>' in changed


def test_an_unknown_file_is_refused(index, pages, packages):
    """A page that loads something more is not made half."""
    more = index.replace("</head>", '<script src="https://cdn.example/new.js"></script></head>')
    with pytest.raises(UnknownPage, match=r"loads new\.js"):
        without_network(more, packages, pages)
