import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mlx_asv.releases import builds
from mlx_asv.releases.builds import (
    ONLY_BUILD,
    NotInstallable,
    Target,
    choose_build,
    installable,
    wheels_for,
)
from mlx_asv.releases.lock import Lock, Release, Wheel
from mlx_asv.releases.ranges import resolve

from tests.wheels import make_wheel

ROOT = Path(__file__).parents[2]
LOCK = Lock.load(ROOT / "mlx.lock.json")

#: What packaging says of these machines, best first.
PLATFORMS = {
    "linux": [
        *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
        "linux_x86_64",
    ],
    "old linux": [*(f"manylinux_2_{minor}_x86_64" for minor in range(17, 4, -1)), "linux_x86_64"],
    "macos": [f"macosx_{major}_0_arm64" for major in range(14, 10, -1)],
}

#: The releases of v0.5.0..v0.31.1 that Linux x86_64 has wheels of for CPython 3.11.
ON_LINUX = (
    "0.21.1 0.25.2 0.26.1 0.26.2 0.26.3 0.26.5 0.27.1 0.28.0 0.29.0 0.29.1 0.29.2 0.29.3 0.29.4 "
    "0.30.0 0.30.1 0.30.3 0.30.4 0.30.5 0.30.6 0.31.0 0.31.1"
)

On = Callable[[str], None]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> On:
    """Make the machine one of PLATFORMS, as far as wheels are concerned."""

    def machine(name: str) -> None:
        monkeypatch.setattr(builds, "platform_tags", lambda: iter(PLATFORMS[name]))

    return machine


def names(tag: str, target: Target) -> list[str]:
    """The files to install for a release."""
    return [wheel.filename for wheel in wheels_for(LOCK, LOCK.by_tag[tag], target)]


# -- which releases, which wheels ------------------------------------------------------------


def test_range_on_linux_is_the_21_releases_with_wheels(on: On) -> None:
    """v0.5.0..v0.31.1 on Linux x86_64 and CPython 3.11 is exactly the 21 known releases."""
    on("linux")
    here = installable(LOCK, Target("3.11", "cpu"))
    found = [r.version for r in resolve(LOCK, "v0.5.0..v0.31.1") if r.tag in here]
    assert found[::-1] == ON_LINUX.split()


def test_macos_has_every_release_that_is_on_the_index(on: On) -> None:
    """On macOS arm64 a release is left out only when the index has nothing of it."""
    on("macos")
    here = installable(LOCK, Target("3.11", "metal"))
    assert list(here) == [release.tag for release in LOCK.releases if release.wheels]
    assert len(here) >= 60


def test_macos_takes_the_metal_companion_where_there_is_one(on: On) -> None:
    """mlx-metal comes with mlx, of the same version, in the releases that have it."""
    on("macos")
    for tag, wheels in installable(LOCK, Target("3.11", "metal")).items():
        split = "mlx-metal" in LOCK.by_tag[tag].packages()
        assert [w.package for w in wheels] == (["mlx", "mlx-metal"] if split else ["mlx"])
        assert {w.version for w in wheels} == {tag[1:]}
    assert names("v0.31.1", Target("3.11", "metal")) == [
        "mlx-0.31.1-cp311-cp311-macosx_14_0_arm64.whl",
        "mlx_metal-0.31.1-py3-none-macosx_14_0_arm64.whl",
    ]


def test_cpu_companion_comes_from_0_26_5_on(on: On) -> None:
    """0.26.3 is one wheel; from 0.26.5 mlx is a front end and mlx-cpu comes with it."""
    on("linux")
    assert names("v0.26.3", Target("3.11", "cpu")) == [
        "mlx-0.26.3-cp311-cp311-manylinux_2_31_x86_64.whl"
    ]
    for tag, wheels in installable(LOCK, Target("3.11", "cpu")).items():
        split = tag not in ("v0.2.0", "v0.21.1", "v0.25.2", "v0.26.1", "v0.26.2", "v0.26.3")
        assert [w.package for w in wheels] == (["mlx", "mlx-cpu"] if split else ["mlx"])
        assert {w.version for w in wheels} == {tag[1:]}


@pytest.mark.parametrize(
    ("tag", "build", "package"),
    [
        ("v0.31.1", "cuda12", "mlx-cuda-12"),
        ("v0.28.0", "cuda12", "mlx-cuda"),
        ("v0.31.1", "cuda13", "mlx-cuda-13"),
    ],
)
def test_cuda_companion_under_either_name(on: On, tag: str, build: str, package: str) -> None:
    """The CUDA 12 half was once called mlx-cuda."""
    on("linux")
    wheels = wheels_for(LOCK, LOCK.by_tag[tag], Target("3.11", build))
    assert [(w.package, w.version) for w in wheels] == [("mlx", tag[1:]), (package, tag[1:])]


@pytest.mark.parametrize(
    ("machine", "tag", "build", "reason"),
    [
        ("linux", "v0.22.0", "cpu", "no wheel on the package index"),
        ("linux", "v0.0.2", "cpu", "no wheel for .*CPython 3.11"),
        ("old linux", "v0.31.1", "cpu", "no wheel for .*CPython 3.11"),
        ("linux", "v0.26.3", "cuda12", "no cuda12 build of this release"),
        ("linux", "v0.28.0", "cuda13", "no cuda13 build of this release"),
        ("linux", "v0.31.1", "metal", "no mlx-metal wheel for .*CPython 3.11"),
        ("macos", "v0.31.1", "cpu", "no mlx-cpu wheel for .*CPython 3.11"),
    ],
)
def test_reasons(on: On, machine: str, tag: str, build: str, reason: str) -> None:
    """What cannot be installed says which wheel is missing."""
    on(machine)
    target = Target("3.11", build)
    with pytest.raises(NotInstallable, match=f"^{reason}"):
        wheels_for(LOCK, LOCK.by_tag[tag], target)
    assert tag not in installable(LOCK, target)


def test_other_pythons_get_their_own_wheels(on: On) -> None:
    """The front end is compiled for one CPython; its companion serves all."""
    on("linux")
    assert names("v0.31.1", Target("3.12", "cpu")) == [
        "mlx-0.31.1-cp312-cp312-manylinux_2_35_x86_64.whl",
        "mlx_cpu-0.31.1-py3-none-manylinux_2_35_x86_64.whl",
    ]
    with pytest.raises(NotInstallable, match=r"CPython 3\.7"):
        names("v0.31.1", Target("3.7", "cpu"))


def test_package_without_builds_is_one_wheel(on: On) -> None:
    """A lock that names no builds installs the package alone, under its only build."""
    on("linux")
    wheel = Wheel("other-1.0-py3-none-any.whl", "0" * 64)
    release = Release("v1.0", None, "", (wheel,))
    lock = Lock("other", "other", None, {}, {}, (release,))
    assert choose_build(lock) == ONLY_BUILD
    assert wheels_for(lock, release, Target("3.11", ONLY_BUILD)) == [wheel]


# -- the best wheel --------------------------------------------------------------------------


def test_best_wheel_is_the_one_for_the_newest_system(on: On) -> None:
    """Of two wheels that fit, the more specific wins, whatever their order."""
    on("macos")
    wheels = [
        Wheel(f"mlx-1.0-cp311-cp311-macosx_{major}_0_arm64.whl", "0" * 64) for major in (13, 14, 15)
    ]
    assert Target("3.11", "metal").best(wheels) is wheels[1]
    assert Target("3.11", "metal").best(wheels[::-1]) is wheels[1]
    assert Target("3.11", "metal").best(wheels[2:]) is None


def test_best_wheel_is_the_one_pip_takes(tmp_path: Path) -> None:
    """On this machine, with ever fewer wheels to choose from, pip downloads the one we name."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = f"cp{python.replace('.', '')}"
    target = Target(python, "cpu")
    # Old and new pips disagree about the bare linux_x86_64, which no index accepts.
    order = [str(tag) for tag in target.rank if not tag.platform.startswith("linux_")]
    specific = [tag for tag in order if tag.startswith(f"{interpreter}-{interpreter}-")]
    tags = [
        "py3-none-any",
        specific[-1],
        next(tag for tag in order if "-abi3-" in tag),
        specific[0],
        "cp27-cp27mu-manylinux1_x86_64",
        next(tag for tag in order if tag.startswith("py3-none-") and not tag.endswith("any")),
    ]
    wheels = [make_wheel(tmp_path / "index", f"fake-1.0-{tag}.whl", {}) for tag in tags]
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary=:all:", "--python-version", python, "--no-index"),
        *("--find-links", str(tmp_path / "index"), "fake==1.0"),
    ]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    environ["PIP_CONFIG_FILE"] = os.devnull
    chosen = []
    while best := target.best(wheels):
        into = tmp_path / f"{len(wheels)}"
        subprocess.run([*command, "--dest", str(into)], env=environ, check=True)
        assert [path.name for path in into.iterdir()] == [best.filename]
        chosen.append(best)
        wheels.remove(best)
        (tmp_path / "index" / best.filename).unlink()
    assert len(chosen) == len(set(tags)) - 1
    assert [wheel.filename for wheel in wheels] == ["fake-1.0-cp27-cp27mu-manylinux1_x86_64.whl"]


# -- which build -----------------------------------------------------------------------------


@pytest.mark.parametrize("build", LOCK.builds)
def test_variable_chooses_the_build(build: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLX_BUILD has the last word."""
    monkeypatch.setenv("MLX_BUILD", build)
    assert choose_build(LOCK) == build


def test_variable_is_named_after_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package has a variable of its own."""
    monkeypatch.setenv("OTHER_PACKAGE_BUILD", "cuda13")
    assert choose_build(replace(LOCK, package="other-package")) == "cuda13"


def test_unknown_build_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that the package has not is refused with those it has."""
    monkeypatch.setenv("MLX_BUILD", "rocm")
    with pytest.raises(NotInstallable, match=r"MLX_BUILD=rocm .*metal, cpu, cuda12, cuda13"):
        choose_build(LOCK)


def test_macos_gets_metal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Mac the build is metal, also when the variable is set to nothing."""
    monkeypatch.setenv("MLX_BUILD", "")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert choose_build(LOCK) == "metal"


DRIVER = r"""
#include <stdlib.h>
int cuDriverGetVersion(int *version) {
    *version = atoi(getenv("FAKE_CUDA_VERSION"));
    return atoi(getenv("FAKE_CUDA_STATUS"));
}
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a CUDA driver library that says what the environment tells it to."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if platform.system() != "Linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler to make a driver library")
    directory = tmp_path_factory.mktemp("driver")
    (directory / "driver.c").write_text(DRIVER)
    library = directory / "libcuda.so.1"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", library, directory / "driver.c"], check=True
    )
    return directory


def build_with(libraries: Path, **variables: str) -> str:
    """What `choose_build` says in a process that finds its libraries in `libraries`."""
    program = (
        "from pathlib import Path\n"
        "from mlx_asv.releases.builds import choose_build\n"
        "from mlx_asv.releases.lock import Lock\n"
        "print(choose_build(Lock.load(Path('mlx.lock.json'))))"
    )
    environ = {k: v for k, v in os.environ.items() if k != "MLX_BUILD"}
    environ |= {"LD_LIBRARY_PATH": str(libraries), **variables}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.mark.parametrize(
    ("version", "status", "build"),
    [
        ("11080", "0", "cpu"),
        ("12000", "0", "cuda12"),
        ("12090", "0", "cuda12"),
        ("13010", "0", "cuda13"),
        ("14000", "0", "cuda13"),
        ("13010", "100", "cpu"),
    ],
)
def test_cuda_driver_chooses_the_build(driver: Path, version: str, status: str, build: str) -> None:
    """The newest CUDA that the driver supports decides; a driver that fails counts as none."""
    found = build_with(driver, FAKE_CUDA_VERSION=version, FAKE_CUDA_STATUS=status)
    assert found == build


@pytest.mark.skipif(platform.system() != "Linux", reason="LD_LIBRARY_PATH is Linux's")
def test_without_a_driver_the_build_is_cpu(tmp_path: Path) -> None:
    """A driver library that cannot be loaded is no driver."""
    (tmp_path / "libcuda.so.1").write_text("not a library")
    assert build_with(tmp_path) == "cpu"


@pytest.mark.parametrize(("machine", "build"), [("linux", "metal"), ("macos", "cpu")])
def test_a_wheel_is_never_taken_for_another_platforms_build(
    machine: str, build: str, on: On
) -> None:
    """A release that is one wheel is Metal on a Mac and the CPU on Linux, whatever is asked."""
    on(machine)
    with pytest.raises(NotInstallable, match=f"no {build} build of this release"):
        wheels_for(LOCK, LOCK.by_tag["v0.21.1"], Target("3.11", build))
