from pathlib import Path

import pytest

from .program import mlx_asv


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("tour", "--count", "0"), "--count"),
        (("tour", "--count", "many"), "--count"),
        (("releases", "--python", "latest"), "--python"),
        (("releases", "--python", ""), "--python"),
    ],
)
def test_values_that_make_no_sense_name_the_option(
    here: Path, arguments: tuple[str, ...], option: str
) -> None:
    """A wrong value is an error of usage, told with the option's name."""
    result = mlx_asv(here, *arguments)
    assert result.returncode == 2
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: Invalid value for ") and option in last
    assert "Traceback" not in result.stderr
