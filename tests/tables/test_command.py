import json
import re
import shutil

import pytest
from asv.machine import Machine
from click.testing import CliRunner
from mlx_asv.cli import main

from tests.checkout import ROOT

MACHINE = "linux-x86_64-2core-vm"

#: Rows of a table of all operations.
OPERATION_CASES = 91


def table(*arguments, status=0):
    """What `mlx-asv table` prints on stdout and stderr."""
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, ["table", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout, result.stderr


@pytest.fixture
def here(monkeypatch, measured):
    """A folder like this checkout, with results."""
    monkeypatch.chdir(measured)


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A checkout without results."""
    for name in ("asv.conf.json", "mlx.lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_measured_table_in_markdown(here):
    """Ours, with controls; the notes are not in it."""
    out, notes = table("--machine", MACHINE, "--release", "v0.31.1")
    head, ruler, *rows = out.splitlines()
    assert head.startswith("| Operation ") and set(ruler) == {"|", "-"}
    assert "| mlx_cpu | cpu | mlx_cpu_compile | numpy |" in head
    assert "mlx_cpu/cpu speedup" in head
    assert rows[0].startswith("| Argmax / dim=64x1024x128 axi=0 ")
    missing = re.search(r"left out: cases that were measured on no backend, (\d+)", notes)
    assert missing and len(rows) + int(missing[1]) == OPERATION_CASES
    assert f"measured here: {MACHINE}, v0.31.1" in notes


def test_honest_intervals_come_from_observations(here):
    """Every speedup of a case has one, and mostly it has the speedup in it."""
    out, _ = table("--machine", MACHINE, "--honest", "--format", "json", "--release", "v0.31.1")
    document = json.loads(out)
    place = [column["key"] for column in document["columns"]].index("mlx_cpu/numpy")
    cells = [row["cells"][place] for row in document["rows"]]
    known = [cell for cell in cells if "low" in cell]
    assert len(known) == len([cell for cell in cells if "value" in cell]) > 50
    inside = [cell for cell in known if cell["low"] - 2 <= cell["value"] <= cell["high"] + 2]
    assert len(inside) >= 0.9 * len(known)


def test_averages_and_csv(here):
    """A row for each operation."""
    out, _ = table("--machine", MACHINE, "--average", "--format", "csv")
    rows = out.splitlines()
    assert rows[0].startswith("Operation,mlx_cpu,cpu,")
    assert rows[1].startswith("Argmax,")
    assert not any("dim=" in row for row in rows)


def test_published_machine(here):
    """As printed, and said to be published."""
    out, notes = table("--machine", "M1 Pro")
    golden = ROOT / "tests/tables/golden/detailed.md"
    assert out == golden.read_text()
    assert "published, not measured here: mlx-benchmark-detailed, M1 Pro" in notes


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (["a"], "on a: there are|no results of operations"),
        (["a", "b"], "Choose one with --machine:\n  a\n  b\n"),
        (["a", "this"], "no results of operations"),
    ],
)
def test_machine_is_this_one_or_the_only_one(empty, monkeypatch, measured, said):
    """Of several others none is preferred."""
    monkeypatch.setattr(Machine, "get_unique_machine_name", lambda: "this")
    for name in measured:
        (empty / "results" / name).mkdir(parents=True)
        (empty / "results" / name / "machine.json").write_text("{}")
    assert re.search(said, table(status=1)[1])


def test_document_is_chosen_by_name(here):
    """With the one machine in it."""
    out, _ = table("--document", "mlx-benchmark-run", "--average")
    assert out == (ROOT / "tests/tables/golden/run-average.md").read_text()
    message = table("--document", "nothing", status=1)[1]
    assert "No document 'nothing' was imported" in message


def test_published_models(here):
    """The paper's four tables, titled."""
    out, _ = table("--machine", "Nvidia A10 CUDA GPU", "--models")
    assert out.count("### ") == 4 and "### Overall" in out
    assert "| bert-base-uncased / inputs-char-no=50 / batch-size=1 " in out


def test_machine_is_known_by_how_its_name_begins(here):
    """If only one begins so; a whole name goes before longer ones."""
    out, notes = table("--machine", "M5 Max", "--average", "--format", "json")
    assert json.loads(out)["machine"] == "M5 Max (6S+12P+40GPU+128GB)"
    assert "v0.31.1" in notes
    assert json.loads(table("--machine", "M2", "--format", "json")[0])["machine"] == "M2"
    message = table("--machine", "M4 Pro", status=1)[1]
    assert message.count("\n  M4 Pro (") == 2
    assert message.startswith("Error: Choose one with --machine:") and "M1" not in message


def test_unknown_machine_is_told_which_there_are(here):
    """Measured ones first."""
    message = table("--machine", "ipad", status=1)[1]
    assert message.startswith("Error: There is no machine 'ipad'. Choose one with --machine:\n")
    assert f"\n  {MACHINE}\n" in message and "\n  M1 Pro\n" in message


def test_kind_of_table_that_was_not_published(here):
    """What there is instead is said."""
    message = table("--machine", "M4 Max (4E+12P+40GPU+128GB)", status=1)[1]
    assert "--average shows its averages" in message


def test_what_cannot_be_read_is_named(empty):
    """A document that was edited by hand, the configuration; and outside of a checkout."""
    (empty / "results/published").mkdir(parents=True)
    (empty / "results/published/mine.toml").write_text("format = 2\n")
    assert "mine.toml has format 2, not 1" in table(status=1)[1]
    (empty / "asv.conf.json").write_text("{")
    assert "asv.conf.json cannot be read" in table(status=1)[1]
    (empty / "asv.conf.json").unlink()
    assert "There is no asv.conf.json here" in table(status=1)[1]


def test_nothing_measured_and_nothing_imported(empty):
    """What makes results is said; an unknown release has its own sentence."""
    assert "There are no results: `mlx-asv sweep` makes them" in table(status=1)[1]
    assert "There is no mlx release" in table("--release", "9.9", status=1)[1]
