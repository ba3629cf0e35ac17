from pathlib import Path

import pytest
from mlx_asv.analysis import results as module
from mlx_asv.analysis.results import analysed, judgement
from mlx_asv.observations.store import ObservationsError
from mlx_asv.site.build import build
from mlx_asv.verdicts.rule import Rule

from tests.site import played


@pytest.fixture
def machine(project):
    """A project with one machine's observations."""
    played.keep(project, played.swept(0.0, 0.15, 0.0))
    return project


def of(project, rule=None):
    """The analysis of the machine."""
    return analysed(project.swept, "mac", rule or Rule())


@pytest.fixture
def counted(monkeypatch):
    """How often the observations were really analysed."""
    calls = []
    real = module.analyse

    def analyse(*arguments):
        calls.append(1)
        return real(*arguments)

    monkeypatch.setattr(module, "analyse", analyse)
    return calls


def test_what_was_analysed_is_read_again(machine, counted):
    """It is the same, and nothing was computed."""
    first, second = of(machine), of(machine)
    assert len(counted) == 1
    for name in ("series", "verdicts", "suite", "stale", "speedups", "sweeps"):
        assert getattr(first, name).equals(getattr(second, name))


@pytest.mark.parametrize("change", ["observations", "accepted", "rule", "half"])
def test_what_has_changed_is_analysed_again(machine, counted, change):
    """New observations, another rule, an accepted regression; or a kill left half of it."""
    of(machine)
    if change == "observations":
        played.keep(machine, played.swept(0.0, 0.0, 0.0, seed=5, case="9x9"), "b")
    elif change == "accepted":
        (machine.results / "accepted.toml").write_text("# new\n")
    elif change == "half":
        (path,) = (machine.state / "analysis").glob("*/*/verdicts.parquet")
        path.unlink()
    of(machine, Rule(0.1) if change == "rule" else None)
    assert len(counted) == 2
    assert len(list((machine.state / "analysis" / "mac").iterdir())) == 1, "the old one is gone"


def test_damaged_observations_are_told(machine):
    """With the file's name; what is kept does not hide it."""
    of(machine)
    (path,) = (machine.results / "mac" / "observations").glob("*.parquet")
    path.write_bytes(b"no parquet")
    with pytest.raises(ObservationsError, match=path.name):
        of(machine)


def test_sweeps_are_counted(machine):
    """What the page about trust shows of them."""
    (row,) = of(machine).sweeps.to_dicts()
    assert row["block_sets"] == 3 * len(played.SLOWER + played.STILL)
    assert row["observations"] == row["block_sets"] * 8 * 6
    assert row["conditions"] == '{"threads": "1"}'


def test_nothing_depends_on_where_the_command_runs(machine, tmp_path_factory, monkeypatch):
    """A project says where its results, its state and its calibration lie."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert of(machine).verdicts.height > 0
    assert build(machine, machine.html) == ["mac"]
    assert list(Path.cwd().iterdir()) == []


def test_an_entry_is_stale_if_no_machine_has_its_regression(machine):
    """What is about a regression of one of them is not, whatever the others say."""
    quiet = played.swept(0.0, 0.0, 0.0, seed=5, machine="pc")
    played.keep(machine, quiet)
    entry = '[[accepted]]\npattern = "{}"\nrelease = "v0.30.0"\nreason = "x"\nlink = "y"\n'
    text = entry.format("Conv1d") + entry.format("Nothing")
    (machine.results / "accepted.toml").write_text(text)
    found = judgement(machine.swept, Rule())
    assert [each.pattern for each in found.stale] == ["Nothing"]
    alone = judgement(machine.swept, Rule(), "pc")
    assert [each.pattern for each in alone.stale] == ["Conv1d", "Nothing"]
    assert set(found.verdicts["machine"]) == {"mac", "pc"}
