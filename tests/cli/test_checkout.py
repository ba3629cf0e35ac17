from pathlib import Path

import pytest

from .program import mlx_asv


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tour",), "There is no asv.conf.json here"),
        (("releases", "--package", "nothing"), "There is no lock file nothing.lock.json"),
    ],
)
def test_errors_are_one_line(here: Path, arguments: tuple[str, ...], message: str) -> None:
    """What cannot be done is said in one line on stderr, with a status that is not 0."""
    result = mlx_asv(here, *arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_unknown_build_is_one_line(here: Path) -> None:
    """A build that MLX has not is refused with those it has."""
    result = mlx_asv(here, "releases", MLX_BUILD="rocm")
    assert result.returncode == 1
    assert result.stderr == (
        "Error: MLX_BUILD=rocm is no build of mlx: "
        "set it to one of metal, cpu, cuda12, cuda13, or unset it.\n"
    )


@pytest.mark.parametrize("arguments", [("releases",), ("releases", "update")])
def test_damaged_lock_is_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """No command gets past a lock that cannot be read."""
    (tmp_path / "mlx.lock.json").write_text("{")
    result = mlx_asv(tmp_path, *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: The lock file mlx.lock.json is damaged")
    assert result.stderr.count("\n") == 1
