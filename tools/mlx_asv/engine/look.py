"""A look at a case before it is measured, kept beside the block sets of its run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from mlx_asv.files import write_atomically
from mlx_asv.job import Look, Subject
from mlx_asv.measurement.process import Hung, Skipped, WorkerFailed
from mlx_asv.measurement.zygotes import Start
from mlx_asv.observations.store import case_key

from .probe import Probe

#: The names of the files.
FILES = "probe-*.json"


def look(job: Look, *, start: Start, suite: str, clock: Callable[[], float]) -> Probe | None:
    """Load the arms one by one; an arm that fails is started once more.

    Returns None if that takes longer than the job may.
    """
    found = Probe({}, {}, {}, {}, {})
    case = job.case
    end = clock() + job.limit
    for arm in job.arms:
        for again in (False, True):
            began = clock()
            limit = min(case.timeout, end - began)
            if limit <= 0:
                return None
            with start(arm, again=again) as worker:
                try:
                    worker.start_load(suite, case.benchmark, case.backends[arm.backend])
                    worker.wait_for_start(limit)
                    started = clock()
                    loaded = worker.finish_load(limit)
                except Skipped as skip:
                    found.missing[arm.backend] = ("skipped", str(skip))
                except Hung as failure:
                    if limit < case.timeout:
                        return None
                    found.missing[arm.backend] = ("failed", str(failure))
                    if not again:
                        continue
                except WorkerFailed as failure:
                    found.missing[arm.backend] = ("failed", str(failure))
                    if not again:
                        continue
                else:
                    found.missing.pop(arm.backend, None)
                    found.seconds[arm.backend] = loaded.seconds
                    found.processor[arm.backend] = loaded.processor
                    found.besides[arm.backend] = loaded.besides
                    found.rss[arm.backend] = loaded.rss
                    found.starting[arm.backend] = started - began
                    found.loading[arm.backend] = clock() - started
            break
    return found


def keep(directory: Path, subject: Subject, found: Probe) -> None:
    """Write the finding of a look to the disk."""
    document = {"subject": subject, "probe": asdict(found)}
    write_atomically(directory / FILES.replace("*", case_key(*subject)), json.dumps(document))


def kept(directory: Path) -> Iterator[tuple[Subject, Probe]]:
    """The findings of earlier looks, by case."""
    for path in sorted(directory.glob(FILES)):
        document = json.loads(path.read_text(encoding="utf-8"))
        if "subject" not in document or "starting" not in document["probe"]:
            continue  # of a version that did not write whose look it was, or what it took
        benchmark, label = document["subject"]
        found = Probe(**document["probe"])
        missing = {name: (outcome, reason) for name, (outcome, reason) in found.missing.items()}
        yield (benchmark, label), replace(found, missing=missing)
