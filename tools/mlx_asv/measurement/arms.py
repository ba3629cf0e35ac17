"""What is compared: cases, and the arms that each runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["reference", "twin", "release", "control"]


@dataclass(frozen=True)
class Case:
    """One benchmark with one combination of its parameters, the backend left open."""

    benchmark: str
    version: str
    label: str
    #: Seconds that loading the case may take.
    timeout: float
    #: Backend -> position among the benchmark's combinations of parameters (None: it has none).
    backends: Mapping[str, int | None] = field(hash=False)

    @property
    def name(self) -> str:
        """What a person calls it: ``Softmax 1024x64x32x8 axis=-1``."""
        parts = self.benchmark.split(".")
        return f"{parts[-2] if len(parts) > 2 else parts[-1]} {self.label}".strip()


@dataclass(frozen=True)
class Arm:
    """One (release, backend) under test, or a control; a worker process in every block set."""

    backend: str
    release: str
    role: Role
    #: Environment variables of its process: which release is imported, threads, cores.
    environ: Mapping[str, str] = field(hash=False, repr=False)

    @property
    def label(self) -> str:
        """The release; its twin is told apart."""
        return f"{self.release} (A/A)" if self.role == "twin" else self.release

    def __str__(self) -> str:
        return f"{self.label} {self.backend}".strip()


def arms(
    case: Case,
    releases: Mapping[str, Mapping[str, str]],
    reference: str,
    controls: frozenset[str],
) -> list[Arm]:
    """Every release on every backend of the case, the reference twice, and one of each control.

    `releases` maps a release, oldest first, to its processes' environment. A control runs
    beside the newest, which it does not use.
    """
    found = []
    newest = list(releases)[-1]
    for backend in case.backends:
        if backend in controls:
            found.append(Arm(backend, newest, "control", releases[newest]))
            continue
        for release, environ in releases.items():
            if release == reference:
                found.append(Arm(backend, release, "reference", environ))
                found.append(Arm(backend, release, "twin", environ))
            else:
                found.append(Arm(backend, release, "release", environ))
    return found


def grouped(arms: list[Arm], needs: Mapping[str, int], memory: int) -> list[list[Arm]]:
    """`arms` in groups that fit into `memory` bytes together, each with its references.

    `needs` are the bytes of one process of a backend. The arms of a backend stay together as
    far as they can; controls go with the first group. Even a group that is too large holds
    one arm beside its reference: less cannot be compared.
    """
    references = {arm.backend: arm for arm in arms if arm.role == "reference"}
    controls = sum(needs[arm.backend] for arm in arms if arm.role == "control")
    groups: list[list[Arm]] = []
    left = 0
    for arm in sorted(arms, key=lambda a: (a.role == "control", a.backend)):
        if arm.role == "reference":
            continue
        reference = references.get(arm.backend)
        if reference is None:  # a control is compared with the first of the group's references
            groups = groups or [list(references.values())[:1]]
            groups[0].append(arm)
            continue
        new = [arm] if groups and reference in groups[-1] else [reference, arm]
        if not groups or sum(needs[each.backend] for each in new) > left:
            left = memory if groups else memory - controls
            groups.append([])
            new = [reference, arm]
        groups[-1] += new
        left -= sum(needs[each.backend] for each in new)
    return groups or [list(references.values())]
