"""When `asv run` and `asv continuous` measure themselves, as asv does, and what is said then."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asv.environment import get_environments
from asv.util import UserError

from .conf import NAMES
from .environment import VirtualenvOverlay
from .repo import PyPIReleases

#: The key under ``"sweep"`` in asv.conf.json that says who measures, and what it may say.
KEY, ASV, ENGINE = "engine", "asv", "mlx-asv"

#: Options that mean nothing where processes of all releases are visited in turns, by their names in
#: asv's arguments: what a person typed, and why.
MEANINGLESS: Mapping[str, tuple[str, str]] = {
    "profile": ("--profile", "records one process of one release"),
    "append_samples": ("--append-samples", "adds to the samples of single processes"),
    "attribute": ("-a or --cpu-affinity", "changes how asv itself times"),
    "launch_method": ("--launch-method", "is about asv's own processes"),
    "set_commit_hash": ("--set-commit-hash", "names what no release is"),
}


def switched_off(conf: Any) -> bool:
    """Whether asv measures here by itself, without a word: the suite is none of releases beside
    each other, or asv.conf.json says so. Raises UserError for what it cannot say."""
    said = getattr(conf, "sweep", {}).get(KEY, ENGINE)
    if said not in (ASV, ENGINE):
        raise UserError(f'"{KEY}" under "sweep" in asv.conf.json is "{ASV}" or "{ENGINE}".')
    of_releases = PyPIReleases.url_match(conf.repo or "")
    return not of_releases or conf.environment_type != VirtualenvOverlay.tool_name or said == ASV


def why(conf: Any, args: Namespace) -> str | None:
    """Why asv measures by itself what is asked for; None: it need not.

    `args`: those of `asv run` or `asv continuous`.
    """
    for name, (typed, reason) in MEANINGLESS.items():
        if getattr(args, name, None):
            return f"{typed} {reason}"
    if getattr(args, "range", None) is not None and args.record_samples:
        return "--record-samples keeps the samples of single processes"
    if not getattr(args, "use_stats", True):
        return "--no-stats compares without an interval"
    config = getattr(args, "config", None)
    if config and Path(config).name not in NAMES:
        return f"the configuration is not called {NAMES[0]}"
    if args.env_spec and not _is_the_only_one(conf, args.env_spec):
        return "-E or --python names another environment than that of all releases"
    return None


def _is_the_only_one(conf: Any, asked: list[str]) -> bool:
    """Whether the environments that are asked for are those of the configuration."""
    found, usual = (
        {environment.name for environment in get_environments(conf, each, verbose=False)}
        for each in (asked, None)
    )
    return found == usual
