"""What is kept in results/published: every number of the seeds, once."""

import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from mlx_asv.published.check import averages, speedups
from mlx_asv.published.command import counted
from mlx_asv.published.model import figures
from mlx_asv.published.store import read_published
from mlx_asv.releases.lock import Lock

from tests.checkout import ROOT, published_results

DOCUMENTS = {document.name: document for document in read_published(published_results())}

#: Rows, times, speedups, how many of them are nan, the sum of the times, that of the speedups; as
#: counted in the documents without our reader (awk).
COUNTS = {
    "mlx-benchmark-detailed": (244, 976, 488, 0, 61693.03, 645109.0),
    "mlx-benchmark-run": (106, 424, 318, 28, 63257.84, 147093.0),
    "mlx-benchmark-average": (454, 1950, 1126, 42, 43267.58, 4498994.0),
    "paper": (452, 824, 372, 0, 126640.65, 304697.2),
    "blog": (2, 2, 0, 0, 1.36, 0.0),
}

#: Where the documents themselves lie, if they do.
SEEDS = Path("/work/shared/seeds")


@pytest.mark.parametrize("name", COUNTS)
def test_every_number_arrives_once(name):
    """Counted and summed, in each document."""
    document = DOCUMENTS[name]
    counts = counted(document)
    times = speedups = 0.0
    for table in document.tables:
        for _, _, numbers in table.read():
            for column, number in zip(table.columns, numbers, strict=True):
                times += (number or 0.0) * (column.other is None)
                speedups += (number or 0.0) * (column.other is not None)
    assert (counts.rows, counts.times, counts.speedups, counts.nan) == COUNTS[name][:4]
    assert (times, speedups) == pytest.approx(COUNTS[name][4:], abs=0.01)
    lines = [row.line for table in document.tables for row in table.rows]
    assert len(set(lines)) == len(lines)


def test_there_are_no_other_documents():
    """A new one is counted here, too."""
    assert set(DOCUMENTS) == set(COUNTS)


@pytest.mark.skipif(not SEEDS.exists(), reason="needs the documents themselves")
@pytest.mark.parametrize("name", COUNTS)
def test_numbers_are_the_documents_own(name):
    """Each line holds the label and the cells that were read from it, in order."""
    document = DOCUMENTS[name]
    content = (SEEDS / document.file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == document.sha256
    lines = content.decode().splitlines()
    for table in document.tables:
        for row in table.rows:
            cells = [re.escape(cell) for cell in row.cells]
            if name != "blog":
                cells.insert(0, re.escape(row.label))
            assert re.search(r"[\s|]+".join(cells), lines[row.line - 1])


def test_releases_are_those_that_the_documents_state():
    """16 tables of one document; nothing else has a place on the release axis."""
    stated = Counter(
        (name, table.release)
        for name, document in DOCUMENTS.items()
        for table in document.tables
        if table.release
    )
    assert {name for name, _ in stated} == {"mlx-benchmark-average"}
    known = set(Lock.load(ROOT / "mlx.lock.json").by_tag)
    assert {release for _, release in stated} <= known
    assert stated == {
        ("mlx-benchmark-average", release): count
        for release, count in {
            **{"v0.2.0": 4, "v0.5.0": 2, "v0.7.0": 1, "v0.12.2": 1, "v0.20.0": 3},
            **{"v0.24.1": 2, "v0.29.3": 1, "v0.30.1": 1, "v0.31.1": 1},
        }.items()
    }


def test_what_was_measured_wrongly_is_marked():
    """On MLX the axis, in every table of operations; the run that was swapping."""
    found = list(figures(list(DOCUMENTS.values())))
    axis = {f.name for f in found if f.wrong == "the axis never reached MLX"}
    assert axis == {"Argmax", "Softmax", "Sum", "Sort"}
    swapping = [f for f in found if f.wrong and "memory" in f.wrong]
    assert {(f.document, f.name) for f in swapping} == {("mlx-benchmark-run", "MatMul")}
    assert max(f.milliseconds or 0 for f in found if f.wrong is None) < 10_000
    not_waited = [f for f in found if f.wrong and "waited" in f.wrong]
    assert [(f.document, f.backend) for f in not_waited] == [("blog", "mps")]


def test_two_documents_print_the_same_run():
    """The M2 of the detailed tables is, averaged, that of the average tables."""
    found = list(figures(list(DOCUMENTS.values())))
    cases, means = defaultdict(list), {}
    for f in found:
        if f.machine == "M2" and f.case:
            cases[f.name, f.backend].append(f.milliseconds)
        elif f.machine == "M2":
            means[f.name, f.backend] = f.milliseconds
    assert len(means) == len(cases) == 68
    for key, mean in means.items():
        assert sum(cases[key]) / len(cases[key]) == pytest.approx(mean, abs=0.0101)


def checks(name):
    """Speedups and averages of a document, checked against what they are derived from."""
    document = DOCUMENTS[name]
    return [check for table in document.tables for check in speedups(table)], list(
        averages(document)
    )


def test_all_speedups_follow_from_their_times_but_one():
    """Cut off, where all others of its tables are rounded: +214.994 %."""
    for name in COUNTS:
        found, _ = checks(name)
        assert len(found) == COUNTS[name][2]
        contradicted = [(c.line, c.printed, c.expected) for c in found if not c.follows]
        assert contradicted == ([(645, "+214.9%", "214.99 to 215.00%")] if name == "paper" else [])


def test_all_averages_follow_from_their_rows():
    """Of the run's second table, of the paper's B and D to F."""
    found = {name: checks(name)[1] for name in COUNTS}
    assert {name: len(all) for name, all in found.items()} == {
        **dict.fromkeys(COUNTS, 0),
        "mlx-benchmark-run": 19 * 4 + 2 * 3,
        "paper": 21 * 4 + 32 * 5,
    }
    assert all(check.follows for all in found.values() for check in all)
