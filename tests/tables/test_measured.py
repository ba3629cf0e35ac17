import pytest
from mlx_asv.tables.measured import History, notes
from mlx_asv.tables.model import TableError
from mlx_asv.tables.rows import MODELS

from tests.facts import describe, row, stored

ORDER = ["v1", "v2", "v3", "v4"]
CONTROLS = {"cpu", "numpy"}


def point(release, backend, seconds, case="8", benchmark="reductions.SumAll.time_forward", env="e"):
    """A stored result."""
    return row(
        release=release,
        value=seconds,
        benchmark=benchmark,
        case=case,
        backend=backend,
        environment=env,
    )


POINTS = [
    point("v1", "mlx_cpu", 0.001),
    point("v1", "cpu", 0.005),
    point("v2", "mlx_cpu", 0.002),
    point("v3", "mlx_cpu", float("nan")),
    point("v3", "cpu", 0.006),
    point("v2", "mlx_cpu", None, case="9"),
    point("v2.dev1", "mlx_cpu", 0.9),
    point("v2.dev1", "numpy", 0.9),
    point("v1", "mlx_cpu", 0.5, "characters=50 batch=1", "models.BertBase.time_forward"),
    point("v2", "mlx_cpu", 0.5, "8 times=10", "other.Chain.time_forward"),
    point("v2", "mlx_cpu", 0.5, "8x8 8x8", "dispatch.Latency.time_forward"),
    point("v2", "mlx_cpu", 0.5, "8", "other.Thing.time_import"),
]


def at(*arguments, points=POINTS, **options):
    """The rows of one release of operations."""
    return History(stored(points), ORDER, CONTROLS, describe).at(*arguments, **options)


def test_newest_release_with_a_number_of_its_own():
    """A release of which only controls were measured is none; a skip is no number."""
    found = at()
    assert found.release == "v2"
    assert [(row.label, dict(row.milliseconds)) for row in found.rows] == [
        ("SumAll / dim=8", {"mlx_cpu": 2.0, "cpu": 6.0})
    ]


def test_models_are_apart():
    """With a newest release of their own."""
    found = History(stored(POINTS), ORDER, CONTROLS, describe, MODELS).at()
    assert found.release == "v1"
    assert [row.label for row in found.rows] == [
        "bert-base-uncased / inputs-char-no=50 / batch-size=1"
    ]


def test_controls_are_those_of_another_release_if_need_be():
    """They do not change with it; it is said, and so is how many cases have no number."""
    found = at()
    assert found.borrowed == {"cpu": "v3"}
    assert found.missing == 1
    assert notes(found) == [
        "measured here: box, v2, e",
        "cpu: measured beside v3, and no part of MLX",
        "left out: cases that were measured on no backend, 1",
    ]
    own = at("v1")
    assert own.rows[0].milliseconds == {"mlx_cpu": 1.0, "cpu": 5.0}
    assert own.borrowed == {}


def test_release_that_was_not_measured():
    """Is named with those that were; and nothing at all says what to do."""
    with pytest.raises(TableError, match="v4 was not measured on box: there are v1, v2"):
        at("v4")
    with pytest.raises(TableError, match="mlx-asv sweep"):
        at(points=[])


def test_one_environment_is_chosen():
    """By a part of its name; two are asked about."""
    both = [*POINTS, point("v2", "mlx_gpu", 0.0001, env="e-cuda")]
    with pytest.raises(TableError, match="several environments, e, e-cuda: --environment"):
        at(points=both)
    found = at(points=both, environment="cuda")
    assert dict(found.rows[0].milliseconds) == {"mlx_gpu": pytest.approx(0.1)}
    history = History(stored(both), ORDER, CONTROLS, describe)
    assert history.environments() == ["e", "e-cuda"]
    assert history.environments("v1") == ["e"]
    assert history.releases("e") == ["v1", "v2"]
