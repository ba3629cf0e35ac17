from argparse import Namespace
from types import SimpleNamespace

import pytest
from asv.commands import make_argparser
from asv.util import UserError
from mlx_asv.asv_edge import own_way


def conf(**changed):
    """A configuration of releases beside each other."""
    usual = {"repo": "pypi:mlx", "environment_type": "virtualenv-overlay", "sweep": {}}
    return SimpleNamespace(**usual | changed)


def typed(*words) -> Namespace:
    """What asv makes of a command."""
    parsed: Namespace = make_argparser()[0].parse_args(words)
    return parsed


@pytest.mark.parametrize(
    ("changed", "off"),
    [
        ({}, False),
        ({"sweep": {"engine": "mlx-asv"}}, False),
        ({"sweep": {"engine": "asv"}}, True),
        ({"repo": "https://example.org/x.git"}, True),
        ({"environment_type": "virtualenv"}, True),
    ],
)
def test_who_measures_is_said_by_the_configuration(changed, off):
    """One key switches the engine off; a suite of commits is asv's."""
    assert own_way.switched_off(conf(**changed)) is off


def test_another_engine_is_one_sentence():
    """It is named, with what it may be."""
    with pytest.raises(UserError, match=r'"engine" under "sweep" in .* is "asv" or "mlx-asv"'):
        own_way.switched_off(conf(sweep={"engine": "asw"}))


@pytest.mark.parametrize(
    "words",
    [
        "run",
        "run A..B -b x --quick --steps 3 --skip-existing --dry-run --show-stderr --parallel 2",
        "run A..B --interleave-rounds --no-pull --durations 3 --machine box",
        "--config dir/asv.conf.json run A..B",
        "continuous A B",
        "continuous B -f 1.05 --split --no-only-changed --sort name --quick --record-samples",
    ],
)
def test_what_the_engine_understands(words):
    """Options that mean something where all releases are measured together."""
    assert own_way.why(conf(), typed(*words.split())) is None


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("run A --profile", "--profile"),
        ("run A --append-samples", "--append-samples"),
        ("run A --record-samples", "--record-samples"),
        ("run A -a repeat=3", "-a or --cpu-affinity"),
        ("run A --cpu-affinity 0", "-a or --cpu-affinity"),
        ("run A --launch-method spawn", "--launch-method"),
        ("run --set-commit-hash A", "--set-commit-hash"),
        ("--config other.json run A", "asv.conf.json"),
        ("continuous A B --no-stats", "--no-stats"),
        ("continuous A B --append-samples", "--append-samples"),
    ],
)
def test_what_only_asv_can_do(words, named):
    """Options of asv's own way of measuring: the reason names them."""
    assert named in (own_way.why(conf(), typed(*words.split())) or "")


@pytest.mark.parametrize("words", ["run A --python same", "run A -E existing", "run A -E x:3.9"])
def test_another_environment_is_asvs(monkeypatch, words):
    """Only overlays can be alive side by side."""

    def environments(conf, asked, verbose=True):
        return [SimpleNamespace(name="usual" if asked in (None, ["virtualenv-overlay"]) else "x")]

    monkeypatch.setattr(own_way, "get_environments", environments)
    assert "environment" in (own_way.why(conf(), typed(*words.split())) or "")
    usual = typed("run", "A", "-E", "virtualenv-overlay")
    assert own_way.why(conf(), usual) is None
