from mlx_asv.engine.budget import Need, fit_in_words, fitting, in_turn

from .played import case


def need(key: str, seconds: float, *, begun: bool = False) -> Need[str]:
    """A need of the family that the key's first letter names."""
    return Need(key, key[0], seconds, begun)


def test_every_family_keeps_its_cheapest_before_any_has_two() -> None:
    """Then the second of each, the cheapest first."""
    needs = [need("a1", 1), need("a2", 2), need("a3", 3), need("b1", 5), need("b2", 6)]
    assert fitting(needs, 100) == ["a1", "b1", "a2", "b2", "a3"]
    assert fitting(needs, 9) == ["a1", "b1", "a2"]


def test_what_does_not_fit_is_passed_over() -> None:
    """A cheaper one of a later rank may: time is not left over for the sake of the order."""
    needs = [need("a1", 1), need("a2", 2), need("b1", 50)]
    assert fitting(needs, 10) == ["a1", "a2"]
    assert fitting(needs, 0.5) == []


def test_what_is_begun_goes_on() -> None:
    """Before all others, and if it does not fit any more."""
    needs = [need("a1", 1), need("a2", 7, begun=True)]
    assert fitting(needs, 8) == ["a2", "a1"]
    assert fitting(needs, 1) == ["a2"]


def test_families_take_turns() -> None:
    """In the order of the suite."""
    cases = [case(name) for name in "ABC"]
    assert in_turn(cases) == cases


def test_what_is_left_out_is_named() -> None:
    """In one line."""
    said = fit_in_words(["Sort small", "Sum small"], 4, 100.0)
    assert said == "2 of 4 cases fit into 2 min; left out: Sort small, Sum small"
    assert fit_in_words(["Sort small"], 4, 60.0).startswith("3 of 4 cases fit into 60 s; ")
