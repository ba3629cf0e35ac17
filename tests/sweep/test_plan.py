import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from math import inf
from pathlib import Path

from mlx_asv.axes import Axes
from mlx_asv.job import Case
from mlx_asv.sweep.plan import SweepPlan

ROOT = Path(__file__).parents[2]

CASE = Case("ops.Sort.time_sort", "1", Axes.of(case="small"), 60.0, {"cpu": 0, "gpu": 1})
PLAN = SweepPlan(
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


def test_same_plan_has_the_same_key() -> None:
    """The key is of what is in a plan, in whatever order mappings were filled."""
    backends = dict(reversed(CASE.backends.items()))
    assert replace(PLAN, cases=(replace(CASE, backends=backends),)).key == PLAN.key
    assert re.fullmatch("[0-9a-f]{12}", PLAN.key)


def test_key_is_the_same_in_another_process() -> None:
    """The second run of a command finds what the first began."""
    program = "from tests.sweep.test_plan import PLAN; print(PLAN.key)"
    environ = {**os.environ, "PYTHONHASHSEED": "1"}
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    assert found.stdout.strip() == PLAN.key


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
    "contents": ("wheels-0123456789ab-cpu-py3.11",),
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
    assert set(CHANGES) == {field.name for field in fields(SweepPlan)}
    assert set(CASE_CHANGES) == {field.name for field in fields(Case)}
    changed = [replace(PLAN, **{name: value}) for name, value in CHANGES.items()]
    cases = [replace(CASE, **{name: value}) for name, value in CASE_CHANGES.items()]
    changed += [replace(PLAN, cases=(case,)) for case in cases]
    assert len({plan.key for plan in [PLAN, *changed]}) == 1 + len(changed)
