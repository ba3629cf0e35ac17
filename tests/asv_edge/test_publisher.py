import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import asv
import pytest
from mlx_asv.asv_edge import publisher
from playwright.sync_api import expect

from tests.checkout import ROOT

#: How many pixels of a canvas have a colour.
PIXELS = """(canvas, [r, g, b]) => {
    const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let i = 0; i < image.length; i += 4) {
        count += image[i] == r && image[i + 1] == g && image[i + 2] == b && image[i + 3] == 255;
    }
    return count;
}"""
FIRST_SERIES = [0x24, 0x7A, 0xAD]
HIGHLIGHT = [0xDD, 0, 0]

#: Shown without a choice: the first backends, of which this machine has none.
SORT = "#sorting.Sort.time_forward?p-case='64x128x1024 axis%3D1'"
SORT_CPU = f"{SORT}&p-backend='mlx_cpu'&p-backend='cpu'"

#: A name that is a picture if it is taken for HTML; loading it would set `harm`.
NAME = "<img src=x onerror=harm=1>"
MACHINE = "<script>harm=1</script>"


def pixels(page, colour, canvas="#main-graph canvas.flot-base"):
    """Of the colour, in a canvas that is there within a while."""
    expect(page.locator(canvas)).to_be_visible()
    return page.locator(canvas).evaluate(PIXELS, colour)


# -- asv's pages without a network -----------------------------------------------------------


def test_publishing_says_nothing_that_is_not_so(published):
    """With npm there is no notice about the network, and no page is left as it was."""
    assert "AsvPages" in published.said
    assert "network" not in published.said
    assert "left as they are" not in published.said


def test_grid_shows_every_benchmark(published, browse):
    """asv's grid has a box per benchmark, with its line, and nothing leaves the machine."""
    visit = browse(published.out, "index.html#/")
    boxes = visit.page.locator(".benchmark-container")
    expect(boxes).to_have_count(len(published.index()["benchmarks"]))
    expect(boxes.first.locator("canvas.flot-base")).to_be_visible()
    assert pixels(visit.page, FIRST_SERIES, ".benchmark-container canvas >> nth=0") > 50
    assert (visit.left, visit.errors) == ([], [])


def test_list_has_values(published, browse):
    """asv's list has a row per case and backend, with the newest value."""
    visit = browse(published.out, "index.html#/summarylist")
    row = visit.page.locator("#summarylist-body tr").filter(has_text="Sort.time_forward")
    expect(row.filter(has_text="numpy").locator(".value").first).to_have_text(
        re.compile(r"\d+\.\d+(ns|μs|ms|s)")
    )
    assert (visit.left, visit.errors) == ([], [])


def test_graph_draws(published, browse):
    """The graph of a benchmark has lines in it, and a tooltip says the value and the release."""
    visit = browse(published.out, f"index.html{SORT_CPU}")
    assert pixels(visit.page, FIRST_SERIES) > 100
    expect(visit.page.locator("#main-graph")).to_contain_text("v0.31.1")
    expect(visit.page.locator("#main-graph .legend tr")).to_have_count(2)
    assert (visit.left, visit.errors) == ([], [])


@pytest.mark.parametrize("scale", ["log-scale", "zoom-y-axis", "date-scale", "even-spacing"])
def test_graph_can_be_scaled(published, browse, scale):
    """Its buttons, which need bootstrap and flot's plugins, draw it anew."""
    visit = browse(published.out, f"index.html{SORT_CPU}")
    graph = visit.page.locator("#main-graph canvas.flot-base")
    expect(graph).to_be_visible()
    before = graph.evaluate("canvas => canvas.toDataURL()")
    visit.page.locator(f"#{scale}").click()
    visit.page.wait_for_url("**-axis-scale=*")
    expect(graph).to_be_visible()
    assert graph.evaluate("canvas => canvas.toDataURL()") != before
    assert pixels(visit.page, FIRST_SERIES) > 100
    assert (visit.left, visit.errors) == ([], [])


def test_graph_over_a_parameter_has_bars(published, browse):
    """Backends on the axis, which need two more plugins of flot's."""
    visit = browse(published.out, f"index.html{SORT}&x-axis=backend")
    assert pixels(visit.page, FIRST_SERIES) > 100
    expect(visit.page.locator("#main-graph")).to_contain_text("mlx_cpu")
    assert (visit.left, visit.errors) == ([], [])


def test_regressions_are_listed_and_lead_to_their_step(published, browse):
    """asv's regressions page has asv's regressions; a link marks the step, also between tags."""
    regressions = json.loads((published.out / "regressions.json").read_text())["regressions"]
    steps = sum(len(item[-1]) for item in regressions)
    visit = browse(published.out, "index.html#/regressions")
    rows = visit.page.locator("#regressions-body table:not(.ignored) tbody tr")
    expect(rows).to_have_count(steps)
    rows.filter(has_text="..").first.locator("a").first.click()
    assert 200 < pixels(visit.page, HIGHLIGHT) < 5000  # two lines, not the whole graph
    assert (visit.left, visit.errors) == ([], [])


def test_regressions_can_be_sorted_and_looked_at(published, browse):
    """A click on a head sorts by it; the mouse on a benchmark shows its graph."""
    visit = browse(published.out, "index.html#/regressions")
    rows = visit.page.locator("#regressions-body table:not(.ignored) tbody tr")
    expect(rows.first).to_be_visible()

    def factors():
        texts = rows.locator("td:nth-child(4)").all_inner_texts()
        return [float(text.removesuffix("x")) for text in texts]

    assert len(set(factors())) > 2 and factors() == sorted(factors(), reverse=True)
    visit.page.locator("#regressions-body th", has_text="Factor").first.click()
    visit.page.wait_for_url("**dir=asc**")
    assert factors() == sorted(factors())
    rows.first.locator("a").first.hover()
    expect(visit.page.locator(".popover")).to_be_visible()
    assert pixels(visit.page, [0, 0, 0], ".popover canvas.flot-base") > 20
    assert (visit.left, visit.errors) == ([], [])


# -- beside our pages ------------------------------------------------------------------------


def test_our_page_comes_first_and_both_link_to_each_other(published, browse):
    """The site's root shows ours; from there to asv's grid, and back by its navigation."""
    visit = browse(published.out)
    expect(visit.page.locator("p")).to_have_text(re.compile(r"\d+ results, \d+ releases"))
    assert visit.page.url == f"{visit.base}overview.html"
    visit.page.get_by_text("Grid").click()
    expect(visit.page.locator(".benchmark-container").first).to_be_visible()
    visit.page.locator("#nav").get_by_text("Overview").click()
    visit.page.wait_for_url("**/overview.html")
    assert (visit.left, visit.errors) == ([], [])


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs a second processor")
def test_ours_are_begun_before_asvs_and_waited_for(published):
    """They take the processor that asv leaves idle."""
    assert "Ours: begun before asv's, joined, built" in published.said


@pytest.mark.parametrize("command", [["-m", "asv", "publish"], ["-m", "mlx_asv", "publish"]])
def test_both_commands_publish_so(site, packages, command):
    """`asv publish` and `mlx-asv publish` change asv's pages alike."""
    site = site(packages)
    site.run([sys.executable, *command])
    index = (site.out / "index.html").read_text()
    assert "vendor/jquery" in index and "as_text.js" in index
    assert "cdn" not in index
    assert 'href="index.html#/"' in (site.out / "overview.html").read_text()


def test_plain_asv_publishes_how_much_a_case_does(site):
    """What the suite says of its cases and backends is on our pages: seconds become GB/s."""
    site = site()
    (site.path / "benchmarks").symlink_to(ROOT / "benchmarks")
    site.run([sys.executable, "-m", "asv", "publish"])
    found = {}
    for path in (site.out / "data/testbox").glob("case-*.js"):
        case = json.loads(re.fullmatch(r"mlxAsv\.put\(\"[^\"]*\",(.*)\);\n", path.read_text())[1])
        found[case["b"], case["c"]] = case["work"]
    product = found["linear.MatMul.time_forward", "32x1x1000 32x1000x128"]
    assert product["operations"] == 2 * 32 * 128 * 1000
    assert product["bytes"] == 4 * (32 * 1000 + 32 * 1000 * 128 + 32 * 128)
    assert found["indexing.Gather.time_forward", "64x256 10"] is None
    page = (site.out / "overview.html").read_text()
    shared = json.loads(re.search(r'id="site">(.*?)</script>', page)[1])
    assert shared["backends"]["mlx_cpu_compile"]["compiled"] is True
    assert shared["backends"]["mlx_cpu"]["framework"] == "mlx"
    assert shared["names"]["linear.MatMul.time_forward"] == ["MatMul", "linear"]


def test_what_our_pages_cannot_read_ends_it_with_a_sentence(site):
    """Not with a traceback; asv's status says that it failed."""
    site = site()
    path = site.path / "results/testbox/observations/a.parquet"
    path.parent.mkdir()
    path.write_bytes(b"no parquet")
    command = [sys.executable, "-m", "asv", "publish"]
    result = subprocess.run(command, cwd=site.path, capture_output=True, text=True)
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert "a.parquet cannot be read" in said and "Traceback" not in said


# -- without npm -----------------------------------------------------------------------------


def test_without_npm_the_cdn_stays_with_a_notice(site, tmp_path, browse):
    """One notice; the page is asv's, whose scripts then come from the network."""
    site = site()
    said = site.publish(environ={**os.environ, "PATH": str(tmp_path)})
    notice = "asv's pages will load their scripts from the network: npm is not installed"
    assert said.count(notice) == 1
    index = (site.out / "index.html").read_text()
    assert index.count("https://cdn") == 9 and "https://code.jquery.com" in index
    assert "Content-Security-Policy" not in index
    assert not (site.out / "vendor").exists()
    visit = browse(site.out, "index.html#/")
    visit.page.wait_for_url("**/error.html")
    assert visit.left


@pytest.mark.parametrize("name", ["index.html", "summarygrid.js"])
def test_pages_of_another_asv_are_left_as_they_are(tmp_path, monkeypatch, name):
    """If one place is not where the pinned asv has it, nothing is changed by half."""
    pages = Path(shutil.copytree(Path(asv.__file__).parent / "www", tmp_path / "pages"))
    (pages / name).write_text("another")
    before = {path.name: path.read_bytes() for path in pages.iterdir()}
    notices = []
    monkeypatch.setattr(publisher.log, "warning", notices.append)
    conf = SimpleNamespace(html_dir=str(pages), env_dir=str(tmp_path / "env"))
    publisher.AsvPages.publish(conf, None, {}, None, {})
    after = {path.name: path.read_bytes() for path in pages.iterdir()}
    assert {name: after[name] for name in before} == before
    (notice,) = notices
    assert notice.startswith(f"asv's pages are left as they are: asv's {name} has 0 times ")


# -- names from results ----------------------------------------------------------------------


@pytest.fixture
def hostile(site, packages):
    """A site of results in which names of all kinds are HTML."""
    site = site(packages)
    results = site.path / "results"
    release = f"v0.31.1{NAME}"
    for path in [*results.glob("testbox/*.json"), results / "benchmarks.json"]:
        text = path.read_text().replace("linux-x86_64-2core-vm", MACHINE)
        text = text.replace("sorting.Sort.", f"{NAME}.{NAME}.").replace('"v0.31.1"', f'"{release}"')
        path.write_text(text.replace('"Intel Xeon (VM)"', f'"{NAME}"'))
    lock = site.path / "mlx.lock.json"
    lock.write_text(lock.read_text().replace('"tag": "v0.31.1"', f'"tag": "{release}"'))
    benchmarks = json.loads((results / "benchmarks.json").read_text())
    benchmarks["linear.MatMul.time_forward"]["pretty_name"] = NAME
    for benchmark in benchmarks.values():
        if isinstance(benchmark, dict):
            benchmark["code"] = f"if 1 <2:\n    return '{NAME}'"
    (results / "benchmarks.json").write_text(json.dumps(benchmarks))
    for number, path in enumerate(sorted(results.glob("testbox/v*.json"))):
        data = json.loads(path.read_text())
        data["params"][NAME] = str(number % 2)
        path.write_text(json.dumps(data))
    site.publish()
    return site


def harmless(visit):
    """Nothing of the names became an element or was run.

    asv looks for the grid's graphs under unchanged names, and has changed those of the files.
    """
    visit.page.wait_for_timeout(200)
    assert visit.page.evaluate("window.harm") is None
    assert visit.page.locator("img[src=x]").count() == 0
    assert visit.left == []
    assert [error for error in visit.errors if "/graphs/summary/" not in error] == []


def tooltip(visit, element):
    """What appears beside an element."""
    element.hover()
    found = visit.page.locator(".tooltip-inner")
    expect(found).to_be_visible()
    return found.inner_text()


def test_names_stay_text_in_the_grid(hostile, browse):
    """Modules, benchmarks, pretty names and code."""
    visit = browse(hostile.out, "index.html#/")
    expect(visit.page.locator("h1", has_text=NAME)).to_be_visible()
    box = visit.page.locator(".benchmark-text", has_text=f"{NAME}.time_forward")
    assert box.inner_text() == f"{NAME}.time_forward"
    assert tooltip(visit, box) == f"{NAME}.{NAME}.time_forward"
    visit.page.mouse.move(0, 0)
    expect(visit.page.locator(".tooltip")).to_have_count(0)
    code = tooltip(visit, visit.page.locator(".benchmark-plot").first)
    assert code == f"if 1 <2:\n    return '{NAME}'"
    harmless(visit)


def test_names_stay_text_in_a_graph(hostile, browse):
    """Machines and what is known of them, parameters, releases, and all benchmarks' names."""
    visit = browse(hostile.out, f"index.html#{NAME}.{NAME}.time_forward".replace(" ", "%20"))
    expect(visit.page.locator("#title")).to_have_text(f"{NAME}.{NAME}.time_forward")
    expect(visit.page.locator("#main-graph")).to_contain_text(f"v0.31.1{NAME}")
    expect(visit.page.locator(".panel-heading", has_text=NAME)).to_be_visible()
    machine = visit.page.locator("#graphdisplay-state-params").get_by_text(MACHINE)
    details = tooltip(visit, machine)
    assert f"machine: {MACHINE}" in details and f"cpu: {NAME}" in details
    expect(visit.page.locator(".nav-header", has_text=NAME).first).to_be_visible()
    harmless(visit)


@pytest.mark.parametrize("page", ["summarylist", "regressions"])
def test_names_stay_text_in_lists(hostile, browse, page):
    """The list of benchmarks, and that of regressions."""
    visit = browse(hostile.out, f"index.html#/{page}")
    expect(visit.page.locator(f"#{page}-body table").first).to_be_visible()
    if page == "summarylist":
        machine = visit.page.locator("#summarylist-navigation").get_by_text(MACHINE)
        assert f"cpu: {NAME}" in tooltip(visit, machine)
        expect(visit.page.locator("#summarylist-body")).to_contain_text(NAME)
    harmless(visit)
