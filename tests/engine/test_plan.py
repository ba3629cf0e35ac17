import re
from dataclasses import replace
from pathlib import Path

from mlx_asv.engine.plan import DESCRIPTION, Plan, begin

PLAN = Plan(machine="box", environment="virtualenv-py3.11", conditions={"OMP_NUM_THREADS": "2"})


def test_sweep_is_begun_once(tmp_path: Path) -> None:
    """What was drawn and found at first is kept: a later run of the command goes on with it."""
    path = tmp_path / "sweeps" / PLAN.key
    first, resumed = begin(path, PLAN, memory=8_000_000_000, command="mlx-asv sweep v1..v2")
    assert not resumed
    assert (first.memory, first.command) == (8_000_000_000, "mlx-asv sweep v1..v2")
    again, resumed = begin(path, PLAN, memory=1, command="mlx-asv sweep v1..v2 --budget 2h")
    assert resumed
    assert again == first
    assert [each.name for each in path.iterdir()] == [DESCRIPTION]


def test_directory_without_a_description_is_begun(tmp_path: Path) -> None:
    """A run that was killed before it wrote anything down began nothing."""
    (tmp_path / "logs").mkdir()
    assert begin(tmp_path, PLAN, memory=1, command="")[1] is False
    assert begin(tmp_path, PLAN, memory=1, command="")[1] is True


def test_id_sorts_by_time_and_names_the_plan(tmp_path: Path) -> None:
    """The file of a sweep says when it began; two begun in the same second differ."""
    first, _ = begin(tmp_path / "a", PLAN, memory=1, command="")
    other, _ = begin(tmp_path / "b", replace(PLAN, machine="other"), memory=1, command="")
    assert re.fullmatch(rf"20\d{{6}}T\d{{6}}Z-{PLAN.key[:6]}", first.id)
    assert first.id != other.id


def test_each_sweep_draws_its_own_seed(tmp_path: Path) -> None:
    """The same plan measured again is measured in other orders."""
    seeds = {
        begin(tmp_path / str(number), PLAN, memory=1, command="")[0].seed for number in range(5)
    }
    assert len(seeds) > 1
    assert all(0 <= seed < 2**31 for seed in seeds)
