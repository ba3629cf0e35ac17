from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mlx_asv.tour.stages import Stages


@pytest.fixture
def context(tmp_path: Path) -> Any:
    """Where a tour runs, as far as its stages ask."""
    return SimpleNamespace(
        state=tmp_path / "state", machine="box", environment="py", conditions={"threads": "1"}
    )


def test_a_stage_that_has_ended_is_known_to_the_same_tour(context: Any, tmp_path: Path) -> None:
    """Of the same releases, cases, machine and conditions, and to no other."""
    left = tmp_path / "observations.parquet"
    left.touch()
    Stages.of(context, ["v1", "v2"], ["@tour"]).end("sweep", left)
    same = Stages.of(context, ["v1", "v2"], ["@tour"])
    assert (same.has("sweep"), same.has("count")) == (True, False)
    for releases, patterns in ((["v1"], ["@tour"]), (["v1", "v2"], ["Conv"])):
        assert not Stages.of(context, releases, patterns).has("sweep")
    context.conditions = {"threads": "2"}
    assert not Stages.of(context, ["v1", "v2"], ["@tour"]).has("sweep")


def test_a_stage_whose_observations_are_gone_has_not_ended(context: Any, tmp_path: Path) -> None:
    """Its user has removed them, to measure anew."""
    left = tmp_path / "observations.parquet"
    left.touch()
    stages = Stages.of(context, ["v1"], [])
    stages.end("sweep", left)
    stages.end("confirm")
    left.unlink()
    assert (stages.has("sweep"), stages.has("confirm")) == (False, True)


def test_a_forgotten_tour_begins_anew(context: Any) -> None:
    """Whether there was one or not."""
    stages = Stages.of(context, ["v1"], [])
    stages.forget()
    stages.end("confirm")
    stages.forget()
    assert not stages.has("confirm")


def test_names_cannot_be_mistaken_for_each_other(context: Any) -> None:
    """A release is no pattern."""
    one, other = (
        Stages.of(context, releases, patterns).path
        for releases, patterns in ((["v1", "v2"], []), (["v1"], ["v2"]))
    )
    assert cast(Path, one) != other
