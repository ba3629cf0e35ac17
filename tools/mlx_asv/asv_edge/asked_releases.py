"""The releases that the arguments of asv's commands select, with asv's own meaning."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asv.console import log
from asv.repo import NoSuchNameError
from asv.results import get_existing_hashes
from asv.util import UserError, pick_n

from .repo import PyPIReleases

#: What a text begins with that names a file of releases; and the file that is standard input.
HASHFILE, STDIN = "HASHFILE:", "-"


def asked_releases(conf: Any, repo: PyPIReleases, args: Namespace) -> list[str]:
    """Their tags, none twice, the order asv's. Raises UserError, also where there are none."""
    before = None
    match args.range:
        case None:
            found = [repo.get_hash_from_name(branch) for branch in conf.branches]
        case "EXISTING":
            found = _installable(repo, get_existing_hashes(conf.results_dir))
        case "NEW":
            before = get_existing_hashes(conf.results_dir)
            found = repo.get_new_branch_commits(conf.branches, before)
        case "ALL":
            found = repo.get_new_branch_commits(conf.branches, [])
        case "TAGS":
            found = list(repo.get_tags())[::-1]
        case "HEAD":
            found = [repo.get_hash_from_name("HEAD")]
        case str(text) if text.startswith(HASHFILE):
            found = _installable(repo, _named_in(text.removeprefix(HASHFILE), repo))
        case text:
            found = repo.get_hashes_from_range(text)
    if args.date_period is not None:
        found = repo.filter_date_period(found, args.date_period, before)
    if args.steps is not None:
        found = pick_n(found, args.steps)
    if not found:
        raise UserError(f"{args.range or 'The newest release'} selects no release.")
    return list(dict.fromkeys(found))


def _installable(repo: PyPIReleases, tags: Sequence[str]) -> list[str]:
    """Those of `tags` that can be installed here, the newest first; of others it is said."""
    here = [tag for tag in repo.get_branch_commits(None) if tag in tags]
    if left := len(set(tags)) - len(here):
        log.info(f"{left} of {len(set(tags))} releases are left out: `mlx-asv releases` says why")
    return here


def _named_in(path: str, repo: PyPIReleases) -> list[str]:
    """The releases that a file names, a line each; of a line that names none it is said."""
    try:
        text = sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{HASHFILE}{path} cannot be read: {error}.") from error
    found = []
    for name in filter(None, map(str.strip, text.splitlines())):
        try:
            found.append(repo.get_hash_from_name(name))
        except NoSuchNameError as error:
            log.warning(f"There is no release {error}, which {path} names")
    return found


def asked_pair(conf: Any, repo: PyPIReleases, args: Namespace) -> tuple[str, str]:
    """The tags of the two releases that the arguments of `asv continuous` name, the one that the
    other is compared with first: if it is left out, the release before. Raises UserError."""
    try:
        head = repo.get_hash_from_name(args.branch or conf.branches[0])
        if args.base is None:
            return repo.get_hash_from_parent(head), head
        return repo.get_hash_from_name(args.base), head
    except NoSuchNameError as error:
        raise UserError(f"Unknown commit {error}") from error
