"""Which arms a case has, and which of them fit in memory together."""

from collections.abc import Mapping, Sequence

from mlx_asv.job import Arm, Case


def arms(
    case: Case,
    releases: Sequence[str],
    reference: str,
    controls: frozenset[str],
) -> list[Arm]:
    """Every release on every backend of the case, the reference twice, and one of each control.

    `releases`: the oldest first. A control's process has the newest of them on its path, and does
    not use it.
    """
    found = []
    for backend in case.backends:
        if backend in controls:
            found.append(Arm(backend, releases[-1], "control"))
            continue
        for release in releases:
            if release == reference:
                found.append(Arm(backend, release, "reference"))
                found.append(Arm(backend, release, "twin"))
            else:
                found.append(Arm(backend, release, "release"))
    return found


def references(case: Case, release: str, controls: frozenset[str]) -> tuple[Arm, ...]:
    """The arms of the release that all others are compared with, on each backend of the case."""
    return tuple(
        Arm(backend, release, "reference") for backend in case.backends if backend not in controls
    )


def grouped(arms: list[Arm], needs: Mapping[str, int], memory: int) -> list[list[Arm]]:
    """`arms` in groups that fit into `memory` bytes together, each with its references.

    `needs`: backend -> bytes of one of its processes. The arms of a backend stay together as far as
    they can; controls go with the first group. Every group holds at least one arm beside its
    reference, even if the two are too large: one arm alone cannot be compared.
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
