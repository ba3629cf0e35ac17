"""All changes of asv's functions, each with its reason. Tested against the pinned asv.

asv has no hooks for them. Every change wraps one function, which otherwise does what it did.
"""

import errno
import functools
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asv import util
from asv.benchmarks import Benchmarks
from asv.commands import continuous, find, publish, run
from asv.console import log
from asv.repo import get_repo

from mlx_asv.axes import listed_pattern
from mlx_asv.files import write_atomically

from . import own_way
from .publisher import OurPages
from .repo import PyPIReleases

#: The results directory of `asv continuous` and of ``--quick``, beside the environments.
SCRATCH_RESULTS = ".asv/scratch-results"

#: Benchmarks that an ordinary run leaves out: of counts under Valgrind a release takes long, errors
#: are tracked by `mlx-asv track`.
UNLESS_NAMED = ("track_instructions", "track_error")

#: What asv is given as a pattern to write benchmarks.json and no more.
JUST_DISCOVER = ["just-discover"]

#: The status of a command that the engine cannot run: asv's own is 1, by which `asv continuous`
#: says that something is slower.
NOT_RUN = {"run": 1, "continuous": 2}

#: A regular expression that finds nothing.
NOTHING = "(?!)"

#: Text files in the benchmark directory that are no lists of cases.
FOR_PIP = ("constraints", "requirements")


def install() -> None:
    """Apply every change, once per process."""
    if hasattr(util.write_json, "__wrapped__"):
        return
    util.write_json = _atomic(util.write_json)
    run.get_repo = find.get_repo = continuous.get_repo = _runnable_repo
    Benchmarks.__init__ = _with_lists(Benchmarks.__init__)
    Benchmarks.discover = classmethod(_without_unnamed(Benchmarks.discover.__func__))
    for command in (run.Run, continuous.Continuous):
        command.run = classmethod(_guarded(command.run.__func__))
        command.run_from_conf_args = classmethod(_by_engine(command.run_from_conf_args.__func__))
    publish.Publish.run = classmethod(_with_ours(publish.Publish.run.__func__))


def _atomic(write_json: Callable[..., None]) -> Callable[..., None]:
    """Write result files whole or not at all: asv writes into the old file, and a kill leaves half
    of the new one."""

    @functools.wraps(write_json)
    def wrapper(
        path: str, data: Any, api_version: int | None = None, compact: bool = False
    ) -> None:
        if api_version is not None:
            data = {**data, "version": api_version}
        text = json.dumps(data) if compact else json.dumps(data, indent=4, sort_keys=True)
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
        # asv publish writes a file per graph: waiting for the disk each time would take minutes.
        write_atomically(path, text, durable=False)

    return wrapper


def _runnable_repo(conf: Any) -> Any:
    """The repository, in which commands that measure select only what can be installed here."""
    repo = get_repo(conf)
    if isinstance(repo, PyPIReleases):
        repo.only_installable(conf.pythons[0])
    return repo


def _with_lists(init: Callable[..., None]) -> Callable[..., None]:
    """Let ``-b @tour`` mean the cases that ``tour.txt`` in the benchmark directory lists."""

    @functools.wraps(init)
    def wrapper(self: Any, conf: Any, benchmarks: Any, regex: Any = None) -> None:
        expanded = []
        for pattern in _patterns(regex):
            if pattern.startswith("@"):
                expanded += listed(Path(conf.benchmark_dir), pattern[1:])
            else:
                expanded.append(pattern)
        init(self, conf, benchmarks, regex=expanded)

    return wrapper


def _patterns(regex: Any) -> list[str]:
    """The regular expressions that asv was given: one, several or none."""
    return [regex] if isinstance(regex, str) else list(regex or [])


def _without_unnamed(discover: Callable[..., Any]) -> Callable[..., Any]:
    """Select benchmarks that are to be run: those in UNLESS_NAMED by patterns that name them alone.

    ``-b MatMul`` is everything of MatMul's that is timed, ``-b MatMul.track_instructions`` counts.
    """

    @functools.wraps(discover)
    def wrapper(
        cls: Any,
        conf: Any,
        repo: Any,
        environments: Any,
        commit_hash: Any,
        regex: Any = None,
        check: bool = False,
    ) -> Any:
        found = discover(cls, conf, repo, environments, commit_hash, regex, check)
        for method in UNLESS_NAMED:
            left = {n: b for n, b in found._all_benchmarks.items() if n.endswith(f".{method}")}
            named = [pattern for pattern in _patterns(regex) if method in pattern]
            chosen = cls(conf, left.values(), regex=named or NOTHING)
            for name in left:
                found.pop(name, None)
                found._benchmark_selection[name] = chosen._benchmark_selection[name]
            found.update(chosen)
        return found

    return wrapper


def listed(benchmark_dir: Path, name: str) -> list[str]:
    """Regular expressions for the list `name`, ``NAME`` or ``NAME:BACKENDS``.

    The list is ``NAME.txt`` in the benchmark directory, a line for each ``Class case``, with the
    values of other axes after a comma: ``Class case, bfloat16, forward``;
    BACKENDS is a regular expression for the whole name of a backend. Raises asv's UserError when
    there is no such file.
    """
    name, _, backends = name.partition(":")
    path = benchmark_dir / f"{name}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lists = [f"@{p.stem}" for p in benchmark_dir.glob("*.txt") if p.stem not in FOR_PIP]
        raise util.UserError(
            f"There is no list @{name}: {path} does not exist. "
            f"There are: {', '.join(sorted(lists)) or 'none'}."
        ) from None
    entries = (line.partition("#")[0].strip().partition(" ") for line in lines)
    return [
        listed_pattern(operation, label.strip(), backends or ".*")
        for operation, _, label in entries
        if operation
    ]


def _guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Keep scratch results apart, install serially, and say in a sentence what a stop has cost."""

    @functools.wraps(command)
    def wrapper(cls: Any, conf: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("quick") or command.__qualname__.startswith("Continuous"):
            _keep_apart(conf)
        if "parallel" in kwargs:
            # To install a release is to change a path of *this* process. What a process of a pool
            # changes is lost: asv would measure the last release under the name of the next.
            kwargs["parallel"] = 1
        try:
            return command(cls, conf, *args, **kwargs)
        except KeyboardInterrupt:
            raise util.UserError(
                "Interrupted. Every release finished before is saved; the one that was running "
                "is not. The same command with --skip-existing goes on from there."
            ) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise util.UserError(
                "The disk is full. Results saved before are whole; free some space and run the "
                "same command with --skip-existing."
            ) from error

    return wrapper


def _by_engine(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let the engine measure what a person asks asv to measure, with asv's options and status:
    releases next to each other. Where it cannot, asv does, and one line says why."""
    name = command.__qualname__.split(".")[0].lower()

    @functools.wraps(command)
    def wrapper(cls: Any, conf: Any, args: Any, **kwargs: Any) -> Any:
        if own_way.switched_off(conf) or args.bench == JUST_DISCOVER:
            return command(cls, conf, args, **kwargs)
        reason = own_way.why(conf, args)
        if reason is None:
            try:
                ours = importlib.import_module(f"mlx_asv.asv_commands.{name}")
            except ModuleNotFoundError as error:
                reason = f"{error.name} is not installed here (`pip install .` installs mlx-asv)"
        if reason is not None:
            log.info(f"asv measures by itself, one release after another: {reason}")
            return command(cls, conf, args, **kwargs)
        log.flush()
        try:
            return getattr(ours, name)(args, lambda asked: command(cls, conf, asked, **kwargs))
        except (util.UserError, *importlib.import_module("mlx_asv.asv_commands").ERRORS) as error:
            log.error(str(error))
        except KeyboardInterrupt:
            log.error("Interrupted before anything was measured.")
        return NOT_RUN[name]

    return wrapper


def _with_ours(command: Callable[..., Any]) -> Callable[..., Any]:
    """Begin our pages before asv's, which keep one processor busy for long: ours take another."""

    @functools.wraps(command)
    def wrapper(cls: Any, conf: Any, *args: Any, **kwargs: Any) -> Any:
        OurPages.begin(conf)
        return command(cls, conf, *args, **kwargs)

    return wrapper


def _keep_apart(conf: Any) -> None:
    """Keep results of `asv continuous` and ``--quick`` apart: they have fewer samples, and asv
    would overwrite the history with them, under the same file names."""
    if conf.results_dir != SCRATCH_RESULTS:
        log.info(f"Results of this run are kept apart from the history, in {SCRATCH_RESULTS}")
        conf.results_dir = SCRATCH_RESULTS
