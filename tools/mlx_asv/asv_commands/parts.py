"""The parts of a run: cases that lack results of the same releases, each a sweep of its own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mlx_asv.asv_edge.listing import Place
from mlx_asv.job import Case


@dataclass(frozen=True)
class Part:
    """Releases, in the order in which they were given, and the cases to be measured on each."""

    releases: tuple[str, ...]
    cases: tuple[Case, ...]


def parts(
    cases: Iterable[Case], lacking: Mapping[Place, Sequence[str]], controls: frozenset[str]
) -> list[Part]:
    """The parts of a run, the one with most cases first.

    `lacking`: the releases on which each place is still to be measured. Controls are measured
    beside whatever is: what they took with a release is no result of the release.
    """
    found: defaultdict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in cases:
        by_releases: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for backend in set(case.backends) - controls:
            by_releases[tuple(lacking[*case.subject, backend])].add(backend)
        for releases, backends in by_releases.items():
            if releases:
                wanted = backends | controls
                here = {name: index for name, index in case.backends.items() if name in wanted}
                found[releases].append(replace(case, backends=here))
    every = [Part(releases, tuple(of_it)) for releases, of_it in found.items()]
    return sorted(every, key=lambda part: -len(part.cases))
