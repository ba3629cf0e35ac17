from math import log

import pytest
from mlx_asv.observations.store import case_key
from mlx_asv.site.history import histories
from mlx_asv.site.overview import PARTS
from mlx_asv.site.places import places
from mlx_asv.verdicts.rule import Rule

from tests.site import played


def histories_of(project):
    """The cases of the one place, by key."""
    (place,) = places(project, "mac", Rule())
    return dict(histories(place, project.describe))


def test_a_case_has_all_its_backends(project):
    """Releases with bands and verdicts; the control has one point, measured beside the newest."""
    played.keep(project, played.swept(0.0, log(1.15), 0.0))
    found = histories_of(project)[case_key(played.SLOWER[0], "8x8")]
    assert (found["b"], found["c"]) == (played.SLOWER[0], "8x8")
    mlx, torch = found["backends"]
    assert (torch["name"], torch["control"], len(torch["s"])) == ("cpu", True, 1)
    assert (mlx["name"], mlx["control"], mlx["source"]) == ("mlx_cpu", False, "sweep")
    assert mlx["r"] == [0, 1, 2, 3]
    assert mlx["s"][2] / mlx["s"][1] == pytest.approx(1.15, rel=0.02)
    assert all(lo <= s <= hi for lo, s, hi in zip(mlx["lo"], mlx["s"], mlx["hi"], strict=True))
    assert mlx["raw"][0] > 1e-3, "blocks are up to twice as slow, and raw seconds show it"
    assert mlx["v"] == " =s="
    assert mlx["cand"] == [None, None, 1, None]
    assert mlx["e"][2] / PARTS == pytest.approx(log(1.15), abs=0.02)


def test_work_is_there_where_the_suite_defines_it(project):
    """A matrix product of 8x8 8x8; a convolution of a case that is none has none."""
    played.store(project, "mac", {"v0.31.1": {("8x8 8x8", "mlx_cpu"): 1e-3}})
    (found,) = histories_of(project).values()
    assert found["work"] == {"bytes": 3 * 256, "operations": 1024}


def test_results_of_asv_have_no_intervals(project):
    """The lists that would say nothing are left out."""
    played.store(project, "mac", {"v0.31.1": {("8x8", "mlx_cpu"): 1e-3}})
    (found,) = histories_of(project).values()
    (backend,) = found["backends"]
    assert not {"lo", "hi", "e", "n", "cand"} & set(backend)
    assert (backend["s"], backend["source"], found["work"]) == ([1e-3], "asv", None)
