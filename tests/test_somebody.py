import json
import sys
from pathlib import Path

import pytest

from tests import somebody

#: Ends with status 3 if everything that was made up is there.
LOOK = f"""
import sys
from pathlib import Path
machine = Path("results/{somebody.MACHINE}")
assert (machine / "v1-env.json").exists() and list(machine.glob("observations/*.parquet"))
assert list(Path("results/published").iterdir())
assert (Path.home() / ".asv-machine.json").read_text() == {somebody.UNREADABLE!r}
assert (Path.home() / "mine").exists()
sys.exit(3)
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with results of one machine, of a user with a HOME."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/mine").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    machine = tmp_path / "root/results" / somebody.COPIED
    machine.mkdir(parents=True)
    (machine.parent / "published").mkdir()
    data = {"params": {"machine": somebody.COPIED}, "results": {"a.time": [[1.0, None], []]}}
    (machine / "v1-env.json").write_text(json.dumps(data))
    return tmp_path / "root"


def files(root: Path) -> list[Path]:
    """All files below."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_it_is_there_while_the_command_runs(root: Path) -> None:
    """The status is the command's, and nothing is left."""
    before = files(root)
    assert somebody.main(root, [sys.executable, "-c", LOOK]) == 3
    assert files(root) == before


def test_the_second_machine_has_other_numbers(root: Path) -> None:
    """Under its own name: whoever draws it, too, draws something else."""
    with somebody.results(root):
        data = json.loads((root / "results" / somebody.MACHINE / "v1-env.json").read_text())
    assert data["params"]["machine"] == somebody.MACHINE
    assert data["results"]["a.time"][0] == [somebody.SLOWER, None]


@pytest.mark.parametrize(
    "write",
    [
        "open('results/new.json', 'w')",
        f"open('results/{somebody.COPIED}/v1-env.json', 'a').write(' ')",
        "import os; os.makedirs('.asv/site'); open('.asv/site/x', 'w')",
        "import pathlib; (pathlib.Path.home() / '.asv-machine.json').write_text('{}')",
    ],
)
def test_what_is_changed_fails(root: Path, write: str, capfd: pytest.CaptureFixture[str]) -> None:
    """However the command ends; each file is named."""
    assert somebody.main(root, [sys.executable, "-c", write]) == 1
    assert capfd.readouterr().err.count(" is the user's, and was changed\n") == 1


def test_what_is_installed_may_be_added_to(root: Path) -> None:
    """The environment, the releases, and what tests alone install."""
    folders = "for name in ('env', 'overlays', 'tests'): os.makedirs(f'.asv/{name}/x')"
    write = f"import os\n{folders}\nopen('.asv/tests/x/y', 'w')"
    assert somebody.main(root, [sys.executable, "-c", write]) == 0
