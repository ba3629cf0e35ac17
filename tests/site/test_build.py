import json
import re

import pytest
from click.testing import CliRunner
from mlx_asv.site.__main__ import main
from mlx_asv.site.build import PAGES, SiteError, build

from tests.site import played


def data_of(path):
    """The object in a data file, which hands it over under its own name."""
    name, value = re.fullmatch(r'mlxAsv\.put\(("[^"]*"),(.*)\);\n', path.read_text()).groups()
    assert json.loads(name) == str(path.relative_to(path.parents[2] / "data"))[: -len(".js")]
    return json.loads(value)


def site_of(page):
    """What every page knows."""
    return json.loads(re.search(r'id="site">(.*?)</script>', page.read_text())[1])


def test_every_page_and_all_its_data(made):
    """Two machines: what each page loads is there."""
    for name in PAGES:
        assert site_of(made / name) == site_of(made / "overview.html")
    site = site_of(made / "overview.html")
    assert [place["id"] for place in site["places"]] == ["mac", "pc"]
    for place in site["places"]:
        for backend, file in place["backends"]:
            found = data_of(made / "data" / place["id"] / f"map-{file}.js")
            assert found["backend"] == backend and found["rows"]
            keys = {row["k"] for row in found["rows"]}
        cases = data_of(made / "data" / place["id"] / "cases.js")
        assert keys == {key for _, _, key in cases}
        for key in keys:
            assert data_of(made / "data" / place["id"] / f"case-{key}.js")["backends"]
        cards = data_of(made / "data" / place["id"] / "regressions.js")
        assert set(data_of(made / "data" / place["id"] / "scripts.js")) == {
            card["id"] for card in cards
        }


def test_releases_have_dates_and_upstream_pages(made):
    """Those that were measured, oldest first."""
    releases = site_of(made / "overview.html")["releases"]
    assert list(releases) == list(played.RELEASES)
    date, page, file = releases["v0.31.1"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", date)
    assert page == "https://github.com/ml-explore/mlx/releases/tag/v0.31.1"
    assert (made / "data" / "mac" / f"tables-{file}.js").exists()


def test_nothing_measured_is_said_with_what_to_run(project):
    """Every page is there, and says it."""
    assert build(project, project.html) == []
    for name in PAGES:
        assert "mlx-asv sweep" in (project.html / name).read_text()
    assert (project.html / "feed.xml").exists()


def test_asv_pages_are_linked_where_they_are(project):
    """In the same directory, which keeps what else lies there."""
    build(project, project.html)
    assert "index.html#/" not in (project.html / "overview.html").read_text()
    (project.html / "index.html").write_text("asv's")
    build(project, project.html)
    assert 'href="index.html#/"' in (project.html / "overview.html").read_text()
    assert (project.html / "index.html").read_text() == "asv's"


def test_names_cannot_leave_the_text_of_a_page(project):
    """Neither in the pages' markup nor in the data that they carry."""
    frame = played.swept(0.0, backend="</script><script>alert(1)</script>")
    played.keep(project, frame)
    build(project, project.html)
    for name in PAGES:
        assert "<script>alert" not in (project.html / name).read_text()


def test_what_cannot_be_read_is_told_before_anything_is_written(project):
    """One sentence, and status 1."""
    played.keep(project, played.swept(0.0))
    (path,) = project.results.glob("mac/observations/*.parquet")
    path.write_bytes(b"")
    with pytest.raises(SiteError, match=path.name):
        build(project, project.html)
    assert not project.html.exists()
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ") and result.output.count("\n") == 1


def test_command_says_where_the_page_is(project):
    """It is asv's directory, unless told otherwise."""
    played.keep(project, played.swept(0.0))
    result = CliRunner().invoke(main, [])
    assert (result.exit_code, result.output) == (
        0,
        "Machines: 1. Page: html/_build/overview.html\n",
    )
    assert CliRunner().invoke(main, ["--out", "elsewhere"]).exit_code == 0
    assert (project.results.parent / "elsewhere" / "overview.html").exists()


def test_calibration_reports_are_shown_and_a_damaged_one_is_told(project):
    """Tables as they are, whatever is in them as text."""
    played.keep(project, played.swept(0.0))
    folder = project.calibration
    folder.mkdir(parents=True)
    table = {"title": "T <b>", "note": "n", "columns": ["rule"], "rows": [["<i>x</i>"]]}
    report = {"format": 1, "machine": "mac", "date": "2026-11-21", "tables": [table], "figures": {}}
    (folder / "mac.json").write_text(json.dumps(report))
    build(project, project.html)
    text = (project.html / "trust.html").read_text()
    assert "T &lt;b&gt;" in text and "&lt;i&gt;x&lt;/i&gt;" in text
    assert "No machine has been calibrated" not in text
    (folder / "mac.json").write_text("[]")
    with pytest.raises(SiteError, match=r"mac\.json"):
        build(project, project.html)
