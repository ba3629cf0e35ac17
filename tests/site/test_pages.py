"""Our pages in a real browser that reaches nothing but the test's own server."""

import re
import shutil
from math import log

import polars as pl
import pytest
from mlx_asv.site.build import PAGES, build
from playwright.sync_api import expect

from tests.checkout import published_results
from tests.site import played

PHONE = {"width": 390, "height": 844}
READY = "html[data-ready]"


def ready(visit):
    """The page, once it is drawn."""
    visit.page.wait_for_selector(READY, state="attached")
    return visit.page


@pytest.fixture
def opened(made, browse):
    """A function that opens a page of the site; nothing may leave, nor be an error."""
    visits = []

    def open_page(path, **options):
        visit = browse(made, path, **options)
        visits.append(visit)
        return visit.page if path.startswith("trust") else ready(visit)

    yield open_page
    for visit in visits:
        assert (visit.left, visit.errors) == ([], [])


def shift_of(page):
    """How much what is drawn late moves what is there."""
    return page.evaluate(
        """() => new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) sum += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 100);
        })"""
    )


def nameless(page):
    """What can be used, and has no name."""
    return page.evaluate(
        """() => [...document.querySelectorAll(
                "a, button, select, input, svg[role=img], [role=region]")]
            .filter((each) => !(each.textContent.trim() && each.tagName !== "SELECT")
                && !each.getAttribute("aria-label") && !each.labels?.length)
            .map((each) => each.outerHTML.slice(0, 100))"""
    )


# -- all pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}, {"color_scheme": "dark"}])
def test_a_page_fits_its_window_and_jumps_about_nowhere(opened, name, options):
    """Wide tables scroll in themselves; what is drawn late has its place: shifts under 0.1."""
    page = opened(name, **options)
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    assert shift_of(page) < 0.1


@pytest.mark.parametrize("name", PAGES)
def test_what_can_be_used_has_a_name(opened, name):
    """Links, buttons, choices, pictures and regions; one heading of the first order; a language."""
    page = opened(name)
    assert nameless(page) == []
    assert page.locator("h1").count() == 1
    assert page.locator("html[lang=en]").count() == 1
    assert page.locator("nav [aria-current=page]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(opened, scheme):
    """WCAG's contrast of 4.5 for text, on the page, on panels and on the map's colours."""
    page = opened("overview.html", color_scheme=scheme)
    ratios = page.evaluate(
        """() => {
            const paint = (colour) => {
                const canvas = document.createElement("canvas").getContext("2d");
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
            };
            const light = (colour) => {
                const [r, g, b] = paint(colour).map((part) => part / 255)
                    .map((part) => part <= 0.03928 ? part / 12.92
                        : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const ratio = (a, b) => {
                const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
                return (high + 0.05) / (low + 0.05);
            };
            const style = getComputedStyle(document.documentElement);
            const named = (name) => style.getPropertyValue(name).trim();
            const found = {};
            for (const text of ["--ink", "--dim", "--link", "--slower"]) {
                for (const behind of ["--page", "--panel"]) {
                    found[`${text} on ${behind}`] = ratio(named(text), named(behind));
                }
            }
            for (const swatch of document.querySelectorAll("#legend .swatch:not(.none)")) {
                const own = getComputedStyle(swatch);
                if (swatch.matches(".unsure, .unjudged")) continue;
                found[swatch.className] = ratio(own.color, own.backgroundColor);
            }
            return found;
        }"""
    )
    assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}


def test_pages_work_when_opened_from_the_disk(made, chromium):
    """No server: the browser shows the same, and complains of nothing."""
    page = chromium.new_context().new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else 0
    )
    page.goto((made / "overview.html").as_uri())
    page.wait_for_selector(READY, state="attached")
    page.locator("table.map td a").first.click()
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("svg.history")).to_have_count(1)
    page.get_by_label("logarithmic").check()
    page.goto((made / "regressions.html").as_uri())
    expect(page.locator("article.card")).to_have_count(1)
    assert errors == []
    page.context.close()


def test_pages_work_below_a_path(made, browse):
    """As on a host that serves several projects."""
    visit = browse(made.parent, "out/overview.html")
    page = ready(visit)
    page.get_by_role("link", name="Regressions", exact=True).click()
    expect(page.locator("article.card")).to_have_count(1)
    assert (visit.left, visit.errors) == ([], [])


def test_without_javascript_a_sentence_says_where_to_look(made, browse):
    """Trust is whole without it."""
    page = browse(made, "overview.html", java_script_enabled=False).page
    expect(page.locator("noscript p")).to_contain_text("Trust")
    expect(page.locator("#sentence")).to_contain_text("2 open regressions")


# -- overview --------------------------------------------------------------------------------


def test_overview_says_what_changed_and_where(opened):
    """The sentence first; a cell says its change in words, and leads to its case."""
    page = opened("overview.html")
    expect(page.locator("#sentence")).to_contain_text("2 open regressions")
    assert page.locator("table.map thead th.release").all_inner_texts() == list(played.RELEASES)
    cell = page.get_by_label(
        re.compile(r"^Conv2d 8x8, v0\.30\.0: \+1\d\.\d % \(95 %: .*slower, candidate$")
    )
    assert re.fullmatch(r"\+1\d", cell.inner_text())
    cell.click()
    expect(page).to_have_url(
        re.compile(r"case\.html\?machine=mac&case=[0-9a-f]{16}&backends=mlx_cpu")
    )
    expect(page.locator("h1")).to_have_text("Conv2d 8x8")


def test_map_is_walked_with_arrow_keys(opened):
    """One tab stop; the arrows move, Home and End go to the ends; what is under it is read out."""
    page = opened("overview.html")
    assert page.locator("table.map td a[tabindex='0']").count() == 1
    page.locator("table.map td a[tabindex='0']").focus()
    focused = page.locator(":focus")
    before = focused.get_attribute("aria-label")
    page.keyboard.press("ArrowLeft")
    assert focused.get_attribute("aria-label") != before
    page.keyboard.press("Home")
    assert ", v0.29.0: first measured" in focused.get_attribute("aria-label")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#readout")).to_have_text(focused.get_attribute("aria-label"))
    page.keyboard.press("End")
    assert ", v0.31.1: " in focused.get_attribute("aria-label")
    assert page.locator("table.map td a[tabindex='0']").count() == 1


def test_choices_are_in_the_url(opened):
    """Another machine, family and comparison; the link shows the same to somebody else."""
    page = opened("overview.html")
    page.get_by_label("Family").select_option("convolutions")
    page.get_by_role("radio", name="the best before").check()
    expect(page.locator("table.map tr.family")).to_have_count(1)
    assert "family=convolutions" in page.url and "against=best" in page.url
    again = opened(page.url.split("/")[-1])
    expect(again.locator("table.map tr.family")).to_have_count(1)
    assert again.get_by_role("radio", name="the best before").is_checked()
    again.get_by_label("Machine").select_option("pc")
    expect(again.locator("#sentence")).to_contain_text("no verdicts")
    expect(again.locator("td.unjudged")).to_have_count(1)


def test_an_axis_is_chosen_where_cases_have_a_third(tmp_path, monkeypatch, browse):
    """A list of its values; the map shows those cases alone, and the URL keeps the choice."""
    monkeypatch.chdir(tmp_path)
    project = played.project(tmp_path)
    still, slower = played.swept(0.0, 0.0, 0.0), played.swept(0.0, 0.2, 0.0, seed=5)
    played.keep(project, played.with_dtypes(still, slower))
    build(project, tmp_path / "out")
    visit = browse(tmp_path / "out", "overview.html")
    page = ready(visit)
    rows = page.locator("table.map tbody tr:not(.family)")
    expect(rows).to_have_count(24)
    page.get_by_label("dtype").select_option("bfloat16")
    expect(rows).to_have_count(12)
    expect(
        page.get_by_label(re.compile(r"^Conv2d 8x8, bfloat16, v0\.30\.0: .*slower"))
    ).to_be_visible()
    assert "axis.dtype=bfloat16" in page.url
    again = browse(tmp_path / "out", page.url.split("/")[-1])
    expect(ready(again).locator("table.map tbody tr:not(.family)")).to_have_count(12)
    expect(again.page.get_by_label("dtype")).to_have_value("bfloat16")
    again.page.get_by_label("dtype").select_option("all")
    expect(again.page.locator("table.map tbody tr:not(.family)")).to_have_count(24)
    for each in (visit, again):
        assert (each.left, each.errors) == ([], [])


def test_no_axis_is_offered_where_there_is_none(opened):
    """Cases of one parameter are chosen by themselves."""
    page = opened("overview.html")
    expect(page.locator("#axes select")).to_have_count(0)


# -- regressions -----------------------------------------------------------------------------


def test_a_card_says_how_much_how_sure_and_how_to_check(opened):
    """Change, interval, state, standing, attribution; evidence and the script on demand."""
    page = opened("regressions.html")
    card = page.locator("article.card")
    expect(card.get_by_role("heading")).to_have_text("convolutions slower in v0.30.0")
    rows = card.locator("table.steps tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(re.compile(r"\+1\d\.\d %\+1\d\.\d % to \+1\d\.\d %"))
    expect(rows.first).to_contain_text("candidate")
    expect(card).to_contain_text("in this family only")
    assert card.locator("svg.spark circle").count() == 2
    card.get_by_text("Evidence").click()
    expect(card.get_by_role("cell", name="it cancels").first).to_be_visible()
    card.get_by_text("Measure it yourself").click()
    expect(card.locator("pre")).to_contain_text("v0.30.0")
    link = card.get_by_role("link", name="all changes from v0.29.1 to v0.30.0")
    assert link.get_attribute("href").endswith("/mlx/compare/v0.29.1...v0.30.0")


def test_the_script_is_copied(opened, made):
    """The whole of it, and the button says so."""
    page = opened("regressions.html", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_text("Measure it yourself").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("pre").inner_text()


def test_filters_are_in_the_url(opened):
    """What passes none is said to be so; "all" states are a choice, too."""
    page = opened("regressions.html")
    page.get_by_label("State").select_option("")
    assert "state=" in page.url
    expect(page.locator("#count")).to_have_text("2 steps on 1 card.")
    page = opened("regressions.html?machine=pc")
    expect(page.locator("#count")).to_contain_text("became slower")
    expect(page.locator("article.card")).to_have_count(0)


def test_an_anchor_leads_to_its_card(opened):
    """As the feed links to it."""
    page = opened("regressions.html#mac-v0.30.0-convolutions")
    expect(page.locator("article.card:target")).to_have_count(1)


# -- case ------------------------------------------------------------------------------------


def test_a_case_shows_its_history_with_band_and_dates(opened):
    """The release and its date on the axis, the step marked, the numbers in a table."""
    page = opened("overview.html")
    page.get_by_role("link", name="Conv2d 8x8").first.click()
    page.wait_for_selector("svg.history")
    chart = page.locator("svg.history")
    assert chart.locator("path.band").count() == 1
    assert chart.locator("circle.mark.slower").count() == 1
    assert re.search(r"v0\.30\.0\d{4}-\d\d-\d\d", chart.text_content())
    expect(page.get_by_role("table")).to_contain_text("slower, candidate")
    assert page.get_by_role("table").locator("tbody tr").count() == 4
    page.locator("#chart").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#readout")).to_contain_text(re.compile(r"v0\.31\.1, \d{4}.*mlx_cpu"))


def test_backends_scale_unit_and_raw_seconds_are_chosen(opened):
    """Controls as lines over all releases; what is chosen is in the URL, and comes back with it."""
    page = opened("case.html?machine=mac")
    page.get_by_label("cpu (control)").check()
    expect(page.locator("svg.history line.control")).to_have_count(1)
    page.get_by_label("logarithmic").check()
    page.get_by_label("raw seconds, too").check()
    expect(page.locator("svg.history path.raw")).to_have_count(1)
    assert "scale=log" in page.url and "raw=1" in page.url and "backends=mlx_cpu%2Ccpu" in page.url
    again = opened(page.url.split("/")[-1])
    expect(again.locator("svg.history line.control")).to_have_count(1)
    assert again.get_by_label("logarithmic").is_checked()


def test_rates_where_the_case_defines_its_work(opened):
    """A product of 8x8 matrices does 1024 operations: 1 ms of it is 0.001024 GFLOP/s."""
    page = opened("case.html?machine=pc")
    expect(page.locator("#about")).to_contain_text("1,024 floating-point operations")
    page.get_by_label("GFLOP/s").check()
    expect(page.get_by_role("table")).to_contain_text("0.00102 GFLOP/s")
    page = opened("case.html?machine=mac")  # of ReLU the bytes alone
    expect(page.get_by_label("GFLOP/s")).to_be_disabled()
    expect(page.get_by_label("GB/s")).to_be_enabled()


# -- memory ----------------------------------------------------------------------------------


def test_the_map_shows_memory_in_its_own_words(opened):
    """Chosen in a list, which the URL keeps; sentence, legend, cells and links follow."""
    page = opened("overview.html")
    page.get_by_label("Metric").select_option("peak memory")
    expect(page.locator("h1")).to_have_text("What takes more memory, and since which release?")
    assert "metric=memory" in page.url
    expect(page.locator("#sentence")).to_contain_text("takes more memory than the best before it")
    expect(page.locator("#legend")).to_contain_text("over 5 % more memory")
    expect(page.locator("#legend")).not_to_contain_text("slower")
    expect(page.locator("main")).not_to_contain_text("slower")
    again = opened(page.url.split("/")[-1])
    cell = again.get_by_label(
        re.compile(r"^Linear 8x8, v0\.30\.0: \+\d\d\.\d % \(95 %: .*more memory, candidate$")
    )
    assert re.fullmatch(r"\+(19|20)", cell.inner_text())
    cell.click()
    expect(again).to_have_url(re.compile(r"backends=mlx_cpu&unit=memory"))
    expect(again.get_by_role("table")).to_contain_text("more memory, candidate")
    other = opened("overview.html?machine=pc&metric=memory")
    expect(other.get_by_label("Metric")).to_be_disabled()  # asv measures time alone
    expect(other.locator("h1")).to_have_text("Which release made what slower?")


def test_a_case_shows_its_memory_with_the_unit(opened):
    """Its own axis, bytes in the table, the step marked; the rate of work is one of time."""
    page = opened("overview.html")
    page.get_by_role("link", name="Linear 8x8").first.click()
    page.wait_for_selector("svg.history")
    assert page.locator("circle.mark").count() == 0
    page.get_by_role("radio", name="peak memory").check()
    chart = page.locator("svg.history")
    expect(chart.locator("text.axis").first).to_have_text("peak memory")
    expect(chart.locator("text.tick").first).to_have_text(re.compile(r"^[\d.]+ M?B$"))
    expect(chart.locator("circle.mark")).to_have_count(1)
    expect(page.get_by_role("table")).to_contain_text(
        re.compile(r"3[56]\d MB \(3[56]\d MB to 3[56]\d MB")
    )
    expect(page.locator(".legend")).to_contain_text("more memory than the release before")
    expect(page.get_by_text("raw bytes, too")).to_have_count(1)
    assert "unit=memory" in page.url
    page.get_by_role("radio", name="time per call").check()
    expect(page.get_by_role("table")).to_contain_text(re.compile(r"\d ms"))
    assert "unit=" not in page.url


def test_regressions_of_memory_are_apart_from_those_of_time(opened):
    """Their cards say what they are of, and how to measure them again; a link finds one."""
    page = opened("regressions.html")
    expect(page.locator("h1")).to_have_text("What became slower")
    page.get_by_label("Metric").select_option("peak memory")
    expect(page.locator("h1")).to_have_text("What takes more memory")
    card = page.locator("article.card")
    expect(card.get_by_role("heading")).to_have_text("linear takes more memory in v0.30.0")
    expect(card).to_contain_text("More memory in this family only")
    card.get_by_text("Measure it yourself").click()
    expect(card.locator("pre")).to_contain_text("mlx-asv confirm")
    card.get_by_role("link", name="Linear 8x8").click()
    expect(page).to_have_url(re.compile("unit=memory"))
    page = opened("regressions.html?metric=memory#mac-v0.30.0-linear-memory")
    expect(page.locator("article.card:target")).to_have_count(1)


def test_trust_counts_each_metric(opened):
    """A row of pairs for each; what would be found of memory, family by family."""
    page = opened("trust.html")
    rows = page.get_by_role("table", name="One release against itself").get_by_role("row")
    expect(rows.nth(2).get_by_role("rowheader")).to_have_text("mac, peak memory")
    assert rows.nth(2).get_by_role("cell").all_inner_texts()[0] == "12"
    table = page.get_by_role("table", name=re.compile("mac, peak memory: over 5.0 %"))
    expect(table.get_by_role("row", name=re.compile("^linear"))).to_have_count(1)


# -- instructions ----------------------------------------------------------------------------


@pytest.fixture
def opened_counted(counted, browse):
    """Likewise, of a machine on which instructions were counted."""
    visits = []

    def open_page(path, **options):
        visit = browse(counted, path, **options)
        visits.append(visit)
        return visit.page if path.startswith("trust") else ready(visit)

    yield open_page
    for visit in visits:
        assert (visit.left, visit.errors) == ([], [])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}])
def test_pages_with_both_measures_fit_their_window(opened_counted, name, options):
    """Two charts beside or below each other, wide tables that scroll in themselves; all has its
    place before it is drawn, and a name."""
    page = opened_counted(name, **options)
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    assert shift_of(page) < 0.1
    assert nameless(page) == []


def test_where_nothing_was_counted_nothing_is_said_of_it(opened):
    """No page of disagreements in the navigation, no share of answers, no reading; who opens that
    page is told how to count."""
    page = opened("overview.html")
    expect(page.get_by_role("link", name="disagree")).to_have_count(0)
    expect(page.locator("#answers")).to_be_hidden()
    expect(page.locator("main")).not_to_contain_text("instructions per call")
    page = opened("regressions.html")
    expect(page.get_by_label("Read as")).to_be_hidden()
    expect(page.locator("article.card")).not_to_contain_text("nstructions")
    page = opened("disagreements.html")
    expect(page.locator("#sentence")).to_contain_text("mlx-asv count")
    expect(page.locator("#choice")).to_be_hidden()


def test_overview_says_how_many_steps_have_an_answer(opened_counted):
    """By time, by instructions, by either; a link to where they disagree."""
    page = opened_counted("overview.html")
    expect(page.locator("#answers")).to_contain_text(
        re.compile(r"Of 36 steps \d+ % have an answer by time, 100 % by instructions, 100 %")
    )
    page.get_by_label("Metric").select_option("instructions per call")
    expect(page.locator("h1")).to_have_text(
        "What executes more instructions, and since which release?"
    )
    expect(page.locator("#legend")).to_contain_text("over 1 % more instructions")
    expect(page.locator("main")).to_contain_text("page faults")
    cell = page.get_by_label(re.compile(r"^Linear 8x8, v0\.30\.0: \+(20\.0|19\.9)\d %.*more instr"))
    assert cell.inner_text() == "+20"
    page.get_by_role("link", name="disagree").last.click()
    expect(page.locator("h1")).to_have_text("Where time and instructions disagree")


def test_disagreements_are_listed_both_ways(opened_counted):
    """The case, both changes with intervals and verdicts, and how that is read; filters are in the
    URL; what instructions cannot see is said."""
    page = opened_counted("disagreements.html")
    expect(page.locator("main")).to_contain_text("page faults")
    time, instructions, shares = (
        page.locator(f"#{name}").get_by_role("table") for name in ("time", "instructions", "shares")
    )
    row = time.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(re.compile(r"Conv1d 8x8 mlx_cpu.*v0\.30\.0.*\+1\d\.\d %.*slower"))
    expect(row).to_contain_text(re.compile(r"0\.0\d %.*same"))
    row = instructions.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(re.compile(r"Linear 8x8 mlx_cpu.*same.*\+(20|19)\.\d\d %"))
    expect(shares.get_by_role("row", name=re.compile("^linear mlx_cpu 6"))).to_have_count(1)
    page.get_by_label("Family").select_option("convolutions")
    assert "family=convolutions" in page.url
    expect(page.locator("#instructions")).to_contain_text("no such step")
    expect(time.locator("tbody tr")).to_have_count(1)
    time.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("Conv1d 8x8")


def test_a_card_has_both_answers_and_their_reading(opened_counted):
    """Of time, with instructions beside; of instructions, with time. Cards are found by reading."""
    page = opened_counted("regressions.html")
    rows = page.locator("table.steps tbody tr")
    expect(page.get_by_role("columnheader", name="Instructions per call")).to_have_count(1)
    more, same = rows.filter(has_text="Conv2d"), rows.filter(has_text="Conv1d")
    expect(more).to_contain_text("more instructions")
    reading = same.locator("td.reading").inner_text()
    assert reading and reading != more.locator("td.reading").inner_text()
    page.get_by_label("Read as").select_option(reading)
    expect(rows).to_have_count(1)
    assert "reading=" in page.url
    page = opened_counted("regressions.html?metric=instructions")
    expect(page.locator("h1")).to_have_text("What executes more instructions")
    expect(page.get_by_role("columnheader", name="Time per call")).to_have_count(2)
    expect(page.locator("main")).not_to_contain_text("candidate was found")
    expect(page.locator("main")).to_contain_text("page faults")


def test_a_case_shows_both_measures_beside_each_other(opened_counted):
    """Two charts with one cursor; a table with both answers and their reading."""
    page = opened_counted("overview.html")
    page.get_by_role("link", name="Conv1d 8x8").first.click()
    page.wait_for_selector(READY, state="attached")
    charts = page.locator("svg.history")
    expect(charts).to_have_count(2)
    assert [chart.locator("text.axis").first.text_content() for chart in charts.all()] == [
        *("time per call", "instructions per call")
    ]
    assert [chart.locator("circle.mark").count() for chart in charts.all()] == [1, 0]
    expect(page.locator(".legend")).to_contain_text(
        "slower, or more instructions than the release before"
    )
    row = page.locator("#numbers").get_by_role("row", name=re.compile(r"^v0\.30\.0"))
    expect(row).to_contain_text(re.compile(r"slower.*2\.00 M.*same"))
    expect(row.locator("td.reading")).not_to_be_empty()
    page.locator("#other").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#readout")).to_contain_text(re.compile(r"v0\.31\.1.* ms .*2\.00 M"))
    expect(page.locator("svg.history line.cursor[visibility=visible]")).to_have_count(2)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#readout")).to_contain_text(re.compile(r"v0\.30\.0.*; read as memory"))
    page.get_by_role("radio", name="instructions per call").check()
    expect(charts.first.locator("text.axis").first).to_have_text("instructions per call")
    expect(page.locator("#unseen")).to_contain_text("page faults")
    page = opened_counted("case.html")  # of ReLU, whose bytes are known
    page.get_by_role("radio", name="GB/s").check()
    expect(page.locator("svg.history").first.locator("text.axis").first).to_have_text("GB/s")
    expect(page.locator("svg.history").last.locator("text.axis").first).to_have_text(
        "instructions per call"
    )


def test_what_was_counted_alone_is_shown(tmp_path, monkeypatch, browse):
    """A machine that timed nothing: its map, cards and histories are of instructions."""
    monkeypatch.chdir(tmp_path)
    project = played.project(tmp_path)
    frame = played.with_counts(played.swept(0.0, 0.0, 0.0), 0.0, log(1.2), 0.0)
    played.keep(project, frame.filter(pl.col("metric") == "instructions"))
    build(project, tmp_path / "out")

    def open_page(path):
        visit = browse(tmp_path / "out", path)
        visits.append(visit)
        return visit.page if path.startswith("trust") else ready(visit)

    visits = []
    page = open_page("overview.html")
    expect(page.locator("#sentence")).to_contain_text("1 open regression")
    expect(page.locator("h1")).to_contain_text("more instructions")
    page.get_by_role("link", name="Linear 8x8").first.click()
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("svg.history")).to_have_count(1)
    expect(page.get_by_role("table")).to_contain_text("2.40 M")
    expect(page.locator("#units")).to_be_hidden()
    page = open_page("regressions.html")
    expect(page.locator("article.card")).to_have_count(1)
    expect(open_page("disagreements.html").locator("#sentence")).to_contain_text("mlx-asv count")
    expect(open_page("trust.html").locator("main")).to_contain_text("instructions per call: over")
    open_page("compare.html")
    for visit in visits:
        assert (visit.left, visit.errors) == ([], [])


# -- errors ----------------------------------------------------------------------------------


@pytest.fixture
def opened_tracked(tracked, browse):
    """A function that opens a page of the site that has errors; nothing may be an error."""
    visits = []

    def open_page(path, **options):
        visit = browse(tracked, path, **options)
        visits.append(visit)
        return ready(visit)

    yield open_page
    for visit in visits:
        assert (visit.left, visit.errors) == ([], [])


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "color_scheme": "dark"}])
def test_errors_of_each_release(opened_tracked, options):
    """Reached from the overview: a value for each, its step and its limit; by keyboard, too."""
    page = opened_tracked("overview.html", **options)
    expect(page.locator("#limits")).to_contain_text("1 of 3 cases is over tolerance")
    page.get_by_role("link", name="Errors and growth of each release").click()
    page.wait_for_selector(READY, state="attached")
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1] and shift_of(page) < 0.1 and nameless(page) == []
    cell = page.get_by_role("link", name="RowSum float16, v0.30.0: 0.001")
    expect(cell).to_have_text("\u25bc1e-3")
    expect(cell).to_have_attribute("aria-label", re.compile(r"2\.0 times one rounding, more exact"))
    expect(cell).to_have_attribute(
        "aria-label", re.compile(r"of 0\.00101 allowed, within tolerance")
    )
    before = page.get_by_role("link", name="RowSum float16, v0.29.1")
    expect(before.locator("..")).to_have_class(re.compile(r"\bsure\b"))
    cell.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#readout")).to_contain_text("v0.29.1: 0.0400")
    expect(page.locator("#readout")).to_contain_text("over tolerance")
    expect(page.locator("#yardstick")).to_contain_text("float16 0.000488")
    expect(page.locator("#beyond tbody tr")).to_have_count(1)
    page.locator("select[name=rows]").select_option("changed")
    expect(page.locator("#values tbody tr:not(.family)")).to_have_count(1)
    page.locator("select[name=metric]").select_option("growth")
    expect(page.locator("#beyond-title")).to_have_text("Growing at the latest release")
    expect(page.locator("#beyond")).to_contain_text("3.10 MB")
    grown = page.get_by_role("link", name="v0.29.1: 3.10 MB from call 100 to 500, growing")
    expect(grown).to_have_text("\u25b23.1 MB")


def test_large_factors_fit_a_cell(opened_tracked):
    """Of errors and of times; in words they are short, too, from a hundred thousand on."""
    page = opened_tracked("errors.html")
    of = "(factor, name) => mlxAsv.format.%s(Math.log(factor), mlxAsv.site.metrics[name])"
    for factor, name, cell in (
        (5e6, "error", "\u00d75e6"),
        (1 / 5e6, "error", "\u00f75e6"),
        (40, "error", "\u00d740"),
        (12345, "time", "1e4\u00d7"),
        (2.13, "time", "2.1\u00d7"),
    ):
        assert page.evaluate(f"() => ({of % 'brief'})({factor}, '{name}')") == cell
    assert page.evaluate(f"() => ({of % 'change'})(1.2e6, 'error')") == "1.2e6 times"


def test_a_slowdown_says_that_results_are_more_exact(opened_tracked):
    """On its card, with a link to the error's case, whose number has no quotes."""
    page = opened_tracked("regressions.html")
    said = page.locator("article.card .exact")
    expect(said).to_have_text(
        "and its results are 40 times more exact since then: error of RowSum 4x16384, "
        "float16, forward"
    )
    said.get_by_role("link").click()
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("h1")).to_have_text("RowSum.track_error 4x16384, float16, forward")


def test_a_page_without_errors_says_how_to_have_some(opened):
    """It is in no navigation then."""
    page = opened("errors.html")
    expect(page.locator("#sentence")).to_contain_text("mlx-asv track")
    expect(opened("overview.html").locator("nav")).not_to_contain_text("Errors")


def test_trust_has_the_spread_of_each_metric(opened_counted):
    """How far one release is from itself, by the size of a call."""
    page = opened_counted("trust.html")
    for label in ("time per call", "instructions per call"):
        table = page.get_by_role("table", name=f"mac, {label}: how far one release is from itself")
        expect(table.locator("tbody tr")).to_have_count(1)


# -- trust -----------------------------------------------------------------------------------


def test_trust_shows_false_alarms_and_what_is_missing(opened):
    """Counts of A/A pairs; without a calibration, the command that makes one."""
    page = opened("trust.html")
    row = page.get_by_role("table", name="One release against itself").get_by_role("row").nth(1)
    assert row.get_by_role("cell").all_inner_texts()[0] == "12"
    expect(page.locator("main")).to_contain_text("mlx-asv calibrate")
    expect(page.locator("main")).to_contain_text("M9 <b>")


# -- names -----------------------------------------------------------------------------------

EVIL = "<img src=x onerror=document.title='broken'>"


def test_names_in_results_stay_text(tmp_path, monkeypatch, browse):
    """Of a machine, an environment, a benchmark, a case, a backend and a release."""
    monkeypatch.chdir(tmp_path)
    tags = tuple(f"v{number}{EVIL}" for number in range(4))
    project = played.project(tmp_path, played.lock_of(*tags))
    frame = played.swept(
        *(0.0, log(1.2), 0.0),
        slower=tuple(f"family{EVIL}.Slow{number}{EVIL}" for number in range(2)),
        releases=tags,
        machine="mac",
        environment=f"env{EVIL}",
        case=f"8x8 {EVIL} </script><script>document.title='broken'</script>",
        backend=f"mlx{EVIL}",
    )
    played.keep(project, frame)
    build(project, tmp_path / "out")
    for path in ("overview.html", "regressions.html", "case.html", "trust.html"):
        visit = browse(tmp_path / "out", path)
        page = visit.page if path == "trust.html" else ready(visit)
        for summary in page.locator("summary").all():
            summary.click()
        expect(page.locator("main")).to_contain_text("<img src=x")
        assert page.locator("img").count() == 0
        assert page.evaluate("document.title") != "broken"
        assert (visit.left, visit.errors) == ([], [])


# -- weight ----------------------------------------------------------------------------------


def test_overview_is_light(made, browse):
    """Ours is little; the weight of large results is measured by `python -m mlx_asv.bench.site`."""
    visit = browse(made, "overview.html")
    ready(visit)
    assert visit.weight() < 150_000
    assert visit.page.evaluate("performance.getEntriesByName('ready')[0].startTime") < 5000


# -- compare ---------------------------------------------------------------------------------


def test_tables_of_every_machine_and_release(opened):
    """A row per case, milliseconds and speedups; the release is chosen, and in the URL."""
    page = opened("compare.html?machine=mac")
    expect(page.get_by_label("Release")).to_have_value("v0.31.1")
    row = page.get_by_role("row").filter(has_text="Sum / dim=8x8")
    expect(row.get_by_role("cell").first).to_have_text(re.compile(r"1\.\d\d"))
    expect(row).to_contain_text("%")
    page.get_by_label("Release").select_option("v0.29.0")
    expect(page.locator("#notes")).to_contain_text("v0.29.0")
    assert "release=v0.29.0" in page.url
    page.get_by_role("combobox", name="Table").select_option("averages of operations")
    expect(page.get_by_role("row", name=re.compile("^Sum "))).to_have_count(1)


def test_tables_are_sorted_and_copied_as_markdown(opened):
    """By a click on a head, one way and the other; as the rows stand."""
    page = opened("compare.html?machine=mac", permissions=["clipboard-read", "clipboard-write"])
    firsts = page.locator("#shown tbody th")
    before = firsts.all_inner_texts()
    page.get_by_role("button", name="Operation").click()
    assert firsts.all_inner_texts() == sorted(before)
    page.get_by_role("button", name="Operation").click()
    assert firsts.all_inner_texts() == sorted(before, reverse=True)
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    head, rule, *rows = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert head.startswith("| Operation") and set(rule) == set("| -")
    assert [row.split("|")[1].strip() for row in rows] == sorted(before, reverse=True)
    assert len({len(line) for line in (head, rule, *rows)}) == 1


def test_published_numbers_are_marked(tmp_path, monkeypatch, browse):
    """Not measured here; what did not measure what it says is struck out, with the reason."""
    monkeypatch.chdir(tmp_path)
    project = played.project(tmp_path)
    shutil.copytree(published_results() / "published", project.results / "published")
    build(project, tmp_path / "out")
    visit = browse(tmp_path / "out", "compare.html")
    page = ready(visit)
    expect(page.get_by_text("Published, not measured here.")).to_be_visible()
    assert page.get_by_label("Machine").locator("option").count() >= 20
    page.get_by_role("combobox", name="Machine").select_option("M1 Pro (published)")
    expect(page.locator("s[title='the axis never reached MLX']").first).to_be_visible()
    assert (visit.left, visit.errors) == ([], [])


def test_a_case_shows_what_others_published(tmp_path, monkeypatch, browse):
    """Beside what was measured, with the version if the document states it."""
    monkeypatch.chdir(tmp_path)
    project = played.project(tmp_path)
    shutil.copytree(published_results() / "published", project.results / "published")
    case = "64x1024x128 axis=0"
    played.keep(
        project, played.swept(0.0, still=(), slower=["reductions.Argmax.time_forward"], case=case)
    )
    build(project, tmp_path / "out")
    visit = browse(tmp_path / "out", "case.html")
    table = ready(visit).get_by_role("table", name=f"Argmax {case} elsewhere")
    expect(table).to_contain_text("version not stated")
    expect(table).to_contain_text("the axis never reached MLX")
    assert (visit.left, visit.errors) == ([], [])
