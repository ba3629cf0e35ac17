"""What asv's result files hold already, and need not be measured again."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from asv.results import iter_results_for_machine_and_hash

from .listing import Listing, Place
from .suite import Suite


@dataclass(frozen=True)
class Skip:
    """What of a release is not measured again: what has a value (a skip is one), what has failed,
    or anything once there is a result file of the release."""

    successful: bool = False
    failed: bool = False
    commits: bool = False

    @classmethod
    def asked(cls, args: Namespace) -> Self:
        """What the arguments of `asv run` say."""
        return cls(
            args.skip_existing_successful or args.skip_existing,
            args.skip_existing_failed or args.skip_existing,
            args.skip_existing_commits,
        )


def has_results(suite: Suite, machine: str, release: str) -> bool:
    """Whether there is a result file of a release on a machine, of whatever environment."""
    return any(True for _ in _results(suite, machine, release))


def lacking(
    suite: Suite, machine: str, listing: Listing, releases: Iterable[str], skip: Skip
) -> dict[Place, tuple[str, ...]]:
    """The releases on which each place is to be measured, in their order."""
    there = {tag: set(_held(suite, machine, listing, tag, skip)) for tag in releases}
    return {
        place: tuple(tag for tag, places in there.items() if place not in places)
        for place in listing.places()
    }


def _held(
    suite: Suite, machine: str, listing: Listing, release: str, skip: Skip
) -> Iterator[Place]:
    """The places of which a release has what is not measured again. As asv has it, what has no
    value in a benchmark that has others has failed."""
    if not (skip.successful or skip.failed):
        return
    benchmarks, places = listing.benchmarks, listing.places()
    for results in _results(suite, machine, release):
        if results.env_name != suite.environment.name:
            continue
        values = {
            name: results.get_result_value(name, benchmarks[name]["params"])
            for name in results.get_result_keys(benchmarks)
        }
        for place, position in places.items():
            if place[0] in values:
                failed = values[place[0]][position] is None
                if skip.failed if failed else skip.successful:
                    yield place


def _results(suite: Suite, machine: str, release: str) -> Iterator[Any]:
    """asv's results of a release on a machine."""
    found: Iterator[Any] = iter_results_for_machine_and_hash(str(suite.results), machine, release)
    return found
