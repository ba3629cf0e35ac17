import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.axes import Axes
from mlx_asv.engine.plan import DESCRIPTION, begun
from mlx_asv.job import Case
from mlx_asv.sweep.plan import Design, shuffled

ROOT = Path(__file__).parents[2]

CASE = Case("ops.Sort.time_sort", "1", Axes.of(case="small"), 60.0, {"cpu": 0, "gpu": 1})
DESIGN = Design(
    machine="box",
    environment="virtualenv-py3.11",
    conditions={"OMP_NUM_THREADS": "2"},
    releases=("v1", "v2"),
    reference="v2",
    cases=(CASE,),
    replicates=3,
    target=0.01,
    longest=inf,
)


# -- the key ---------------------------------------------------------------------------------


def test_same_design_has_the_same_key() -> None:
    """The key is of what is in a design, in whatever order mappings were filled."""
    backends = dict(reversed(CASE.backends.items()))
    assert replace(DESIGN, cases=(replace(CASE, backends=backends),)).key == DESIGN.key
    assert re.fullmatch("[0-9a-f]{12}", DESIGN.key)


def test_key_is_the_same_in_another_process() -> None:
    """The second run of a command finds what the first began."""
    program = "from tests.sweep.test_plan import DESIGN; print(DESIGN.key)"
    environ = {**os.environ, "PYTHONHASHSEED": "1"}
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    assert found.stdout.strip() == DESIGN.key


CHANGES = {
    "machine": "other",
    "environment": "virtualenv-py3.12",
    "conditions": {"OMP_NUM_THREADS": "1"},
    "releases": ("v2", "v1"),
    "reference": "v1",
    "cases": (),
    "replicates": 5,
    "target": 0.02,
    "longest": 0.3,
}
CASE_CHANGES = {
    "benchmark": "ops.Sort.time_argsort",
    "version": "2",
    "axes": Axes.of(case="large"),
    "timeout": 120.0,
    "backends": {"cpu": 0, "gpu": None},
}


def test_every_field_changes_the_key() -> None:
    """Whatever is measured otherwise is another sweep."""
    assert set(CHANGES) == {field.name for field in fields(Design)}
    assert set(CASE_CHANGES) == {field.name for field in fields(Case)}
    changed = [replace(DESIGN, **{name: value}) for name, value in CHANGES.items()]
    cases = [replace(CASE, **{name: value}) for name, value in CASE_CHANGES.items()]
    changed += [replace(DESIGN, cases=(case,)) for case in cases]
    assert len({design.key for design in [DESIGN, *changed]}) == 1 + len(changed)


# -- beginning, and going on -----------------------------------------------------------------


def test_sweep_is_begun_once(tmp_path: Path) -> None:
    """What was drawn and found at first is kept: a later run of the command goes on with it."""
    path = tmp_path / "sweeps" / DESIGN.key
    first, resumed = begun(path, DESIGN, 8_000_000_000, "mlx-asv sweep v1..v2")
    assert not resumed
    assert (first.memory, first.command) == (8_000_000_000, "mlx-asv sweep v1..v2")
    again, resumed = begun(path, DESIGN, 1, "mlx-asv sweep v1..v2 --budget 2h")
    assert resumed
    assert again == first
    assert [each.name for each in path.iterdir()] == [DESCRIPTION]


def test_directory_without_a_description_is_begun(tmp_path: Path) -> None:
    """A run that was killed before it wrote anything down began nothing."""
    (tmp_path / "logs").mkdir()
    assert begun(tmp_path, DESIGN, 1, "")[1] is False
    assert begun(tmp_path, DESIGN, 1, "")[1] is True


def test_id_sorts_by_time_and_names_the_design(tmp_path: Path) -> None:
    """The file of a sweep says when it began; two begun in the same second differ."""
    first, _ = begun(tmp_path / "a", DESIGN, 1, "")
    other, _ = begun(tmp_path / "b", replace(DESIGN, target=0.02), 1, "")
    assert re.fullmatch(rf"20\d{{6}}T\d{{6}}Z-{DESIGN.key[:6]}", first.id)
    assert first.id != other.id


def test_each_sweep_draws_its_own_seed(tmp_path: Path) -> None:
    """The same design measured again is measured in other orders."""
    seeds = {begun(tmp_path / str(number), DESIGN, 1, "")[0].seed for number in range(5)}
    assert len(seeds) > 1
    assert all(0 <= seed < 2**31 for seed in seeds)


# -- the order of the cases ------------------------------------------------------------------

cases = st.lists(
    st.builds(
        Case,
        st.sampled_from(["a.time_a", "b.time_b"]),
        st.just("1"),
        st.text().map(lambda text: Axes.of(case=text)),
        st.just(60.0),
        st.just({}),
    ),
    unique_by=lambda case: (case.benchmark, case.label),
)


@given(found=cases, seed=st.integers(0, 2**31), replicate=st.integers(0, 20), data=st.data())
def test_pass_has_every_case_once(
    found: list[Case], seed: int, replicate: int, data: st.DataObject
) -> None:
    """The order is drawn from the seed and the pass alone, not from how the cases came."""
    order = shuffled(found, seed, replicate)
    assert Counter(order) == Counter(found)
    assert shuffled(data.draw(st.permutations(found)), seed, replicate) == order


@pytest.mark.parametrize("change", [(2, 0), (1, 1)])
def test_order_changes_with_seed_and_pass(change: tuple[int, int]) -> None:
    """No case always comes after the same other."""
    found = [replace(CASE, axes=Axes.of(case=str(number))) for number in range(20)]
    assert shuffled(found, 1, 0) != shuffled(found, *change)
    assert shuffled(found, 1, 0) != sorted(found, key=lambda case: case.label)
