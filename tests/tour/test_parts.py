from mlx_asv.tour.parts import Parts


def test_each_part_has_what_went_by_since_the_one_before() -> None:
    """The first begins when the user's command did, and a part may have several pieces."""
    times = iter((160.0, 220.0, 250.0, 310.0))
    parts = Parts(100.0, lambda: next(times))
    for name in ("set-up", "sweep", "count", "sweep"):
        with parts.part(name):
            pass
    assert str(parts) == "4 min: set-up 60 s, sweep 2 min, count 30 s"
