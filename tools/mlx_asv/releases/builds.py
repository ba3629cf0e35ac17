"""The build of a release (metal, cpu, cuda12, cuda13) that fits this machine, and its wheels."""

import ctypes
import os
import platform
import sys
from dataclasses import dataclass
from functools import cached_property

from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags
from packaging.utils import parse_wheel_filename

from .lock import Lock, Release, Wheel

#: The build of a package whose lock names none.
ONLY_BUILD = "wheel"


class NotInstallable(Exception):
    """A release cannot be installed here; the text says why."""


@dataclass(frozen=True)
class Target:
    """A CPython (``"3.11"``) on this machine, and the build that is wanted for it."""

    python: str
    build: str

    @cached_property
    def rank(self) -> dict[Tag, int]:
        """Every wheel tag this interpreter accepts, best first."""
        version = tuple(int(part) for part in self.python.split("."))
        platforms = list(platform_tags())
        interpreter = "cp" + "".join(self.python.split(".")[:2])
        tags = [
            *cpython_tags(python_version=version, platforms=platforms),
            *compatible_tags(version, interpreter, platforms),
        ]
        return {tag: position for position, tag in enumerate(tags)}

    def __str__(self) -> str:
        return f"{platform.system()} {platform.machine()}, CPython {self.python}"

    def best(self, wheels: list[Wheel]) -> Wheel | None:
        """The wheel pip would prefer, or None if none fits."""
        ranked = []
        for wheel in wheels:
            tags = parse_wheel_filename(wheel.filename)[3]
            ranks = [self.rank[tag] for tag in tags if tag in self.rank]
            if ranks:
                ranked.append((min(ranks), wheel))
        return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def build_variable(lock: Lock) -> str:
    """The environment variable that chooses the build: ``MLX_BUILD``."""
    return f"{lock.package.upper().replace('-', '_')}_BUILD"


def choose_build(lock: Lock) -> str:
    """The build for this machine: ``MLX_BUILD`` if set, else what its hardware suggests.

    Raises NotInstallable when the variable names no build of the package.
    """
    if not lock.builds:
        return ONLY_BUILD
    variable = build_variable(lock)
    if wanted := os.environ.get(variable):
        if wanted not in lock.builds:
            raise NotInstallable(
                f"{variable}={wanted} is no build of {lock.package}: "
                f"set it to one of {', '.join(lock.builds)}, or unset it."
            )
        return wanted
    if sys.platform == "darwin":
        return "metal"
    cuda = cuda_driver_version()
    if cuda >= 12:
        return "cuda13" if cuda >= 13 else "cuda12"
    return "cpu"


def cuda_driver_version() -> int:
    """The newest CUDA major version the NVIDIA driver supports; 0 without a driver."""
    version = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    return version.value // 1000 if driver.cuDriverGetVersion(ctypes.byref(version)) == 0 else 0


def wheels_for(lock: Lock, release: Release, target: Target) -> list[Wheel]:
    """The wheels to install together: the package and, where the build has one, its companion.

    Raises NotInstallable with the reason.
    """
    mine = [wheel for wheel in release.wheels if wheel.package == lock.package]
    if not mine:
        raise NotInstallable("no wheel on the package index")
    front = target.best(mine)
    if front is None:
        raise NotInstallable(f"no wheel for {target}")
    if not lock.builds:
        return [front]
    companions = [name for name in lock.builds[target.build] if name in release.packages()]
    if not companions:
        platform_part = lock.standalone.get(target.build)
        if platform_part and platform_part in front.filename:
            return [front]
        raise NotInstallable(f"no {target.build} build of this release")
    for name in companions:
        companion = target.best([wheel for wheel in release.wheels if wheel.package == name])
        if companion is not None:
            return [front, companion]
    raise NotInstallable(f"no {' or '.join(companions)} wheel for {target}")


def installable(lock: Lock, target: Target) -> dict[str, list[Wheel]]:
    """The wheels of every release that can be installed on `target`, by tag, oldest first."""
    found = {}
    for release in lock.releases:
        try:
            found[release.tag] = wheels_for(lock, release, target)
        except NotInstallable:
            continue
    return found
