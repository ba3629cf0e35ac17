import math

import pytest
from mlx_asv.dispatch import figures as module
from mlx_asv.dispatch.figures import NoFigures

from tests.facts import FACTS, describe, row, stored

ORDER = ["v0.9.0", "v0.10.0", "v0.11.0"]


def point(operation, case, backend, seconds, release="v0.10.0", machine="mac"):
    """A result of the family."""
    name = f"dispatch.{operation}.time_forward"
    return row(
        **{"machine": machine, "environment": "env", "benchmark": name, "case": case},
        **{"backend": backend, "release": release, "value": seconds},
    )


def figures(points, order, machine, release):
    """The figures of these results."""
    return module.figures(stored(points), order, FACTS, describe, machine, release)


POINTS = [
    point("Latency", "128x128 128x128", "mlx_gpu", 115e-6),
    point("Throughput", "128x128 128x128 times=100", "mlx_gpu", 900e-6),
    point("Throughput", "128x128 128x128 times=1000", "mlx_gpu", 6e-3),
    point("Latency", "2x2 2x2", "mlx_gpu", 100e-6),
    point("Latency", "128x30 30x128", "mlx_gpu", 105e-6),
    point("AddChain", "1 times=500", "mlx_gpu", 500e-6),
    point("Import", "modules=0", "mlx_cpu", 0.02),
    point("Import", "modules=1", "mlx_cpu", 0.07),
    point("Latency", "128x128 128x128", "mps", 90e-6, release="v0.9.0"),
    point("Latency", "128x128 128x128", "mlx_gpu", 200e-6, release="v0.9.0"),
    point("Latency", "128x128 128x128", "mlx_gpu", math.nan, release="v0.11.0"),
    point("Latency", "128x128 128x128", "mlx_gpu", None, release="v0.11.0"),
]


def one(points=POINTS, machine=None, release=None):
    """The figures of the only machine."""
    (found,) = figures(points, ORDER, machine, release)
    return found


def test_the_newest_release_that_was_measured():
    """By the order of releases, not of their names; a skip and a failure are no measurement."""
    assert one().release == "v0.10.0"
    assert one(release="v0.9.0").seconds["Latency", "128x128 128x128", "mlx_gpu"] == 200e-6


def test_controls_are_taken_from_whenever_they_were_measured():
    """A sweep measures PyTorch once, beside its newest release."""
    assert one().product("128x128 128x128", "mps").latency == 90e-6
    assert one().backends == ["mlx_cpu", "mlx_gpu", "mps"]


def test_throughput_is_per_product_of_the_longest_call():
    """What is waited for at its end is shared among the most products."""
    product = one().product("128x128 128x128", "mlx_gpu")
    assert (product.latency, product.throughput) == (115e-6, pytest.approx(6e-6))
    assert one().product("2x2 2x2", "mlx_gpu").throughput is None
    assert one().product("2x2 2x2", "mps") is None


def test_overheads_are_of_one():
    """Of each of the operations that one call does."""
    assert one().overhead("AddChain", "1 times=500", 500, "mlx_gpu") == pytest.approx(1e-6)
    assert one().overhead("AddChain", "1 times=500", 500, "mlx_cpu") is None


def test_importing_leaves_out_what_python_takes():
    """The difference to a process that imports nothing; unknown unless both are known."""
    assert one().importing("mlx_cpu") == pytest.approx(0.05)
    assert one().importing("mlx_gpu") is None


def test_by_size_has_squares_alone():
    """The blog's 128x30 is not on an axis of sizes."""
    assert one().by_size("Latency", "mlx_gpu") == {2: 100e-6, 128: 115e-6}
    assert one().by_size("Throughput", "mlx_gpu") == {128: pytest.approx(6e-6)}
    assert one().by_size("Latency", "cuda") == {}


def test_each_machine_on_its_own():
    """Sorted by name, or the one that is asked for."""
    other = [point("Latency", "2x2 2x2", "mlx_cpu", 1e-5, machine="linux")]
    assert [each.machine for each in figures(POINTS + other, ORDER, None, None)] == ["linux", "mac"]
    assert one(POINTS + other, machine="linux").seconds == {("Latency", "2x2 2x2", "mlx_cpu"): 1e-5}


def test_other_families_are_none_of_its_business():
    """A MatMul is no product of this family."""
    other = {**POINTS[0], "benchmark": "linear.MatMul.time_forward"}
    with pytest.raises(NoFigures, match="There are no results of the family dispatch: measure"):
        figures([other], ORDER, None, None)


def test_nothing_measured_says_what_to_run():
    """With what was asked for."""
    with pytest.raises(NoFigures, match=r"dispatch of v0\.11\.0 of mac: .*`mlx-asv sweep"):
        figures(POINTS, ORDER, "mac", "v0.11.0")
