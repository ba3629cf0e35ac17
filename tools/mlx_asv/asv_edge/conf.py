"""asv.conf.json of a directory, which need not be the one that a process works in."""

import sys
from copy import copy
from pathlib import Path
from typing import Any

from asv.config import Config
from asv.plugin_manager import plugin_manager
from asv.util import UserError

#: asv reads either.
NAMES = ("asv.conf.json", "asv.conf.jsonc")

#: The settings that are paths, from the directory of asv.conf.json on.
PATHS = ("benchmark_dir", "env_dir", "results_dir", "html_dir")


def load_conf(directory: Path = Path()) -> Any:
    """asv's configuration in `directory`, its paths starting from there.

    Raises asv's UserError, or ValueError for what is no JSON.
    """
    found = [directory / name for name in NAMES if (directory / name).exists()]
    if len(found) != 1:
        which = "both of" if found else "neither of"
        raise UserError(f"There are {which} {' and '.join(NAMES)} in {directory.absolute()}.")
    return placed(Config.load(str(found[0])), directory)


def placed(conf: Any, directory: Path) -> Any:
    """A copy of asv's configuration, its paths starting from `directory`."""
    conf = copy(conf)
    for name in PATHS:
        setattr(conf, name, str(directory / getattr(conf, name)))
    conf.directory = directory
    return conf


def directory_of(conf: Any) -> Path:
    """The directory of the asv.conf.json that `conf` was read from.

    asv works in that directory, and its paths start from there.
    """
    directory: Path = getattr(conf, "directory", Path())
    return directory


def import_plugins(conf: Any) -> None:
    """Let asv import the plugins that the configuration names. Raises ImportError."""
    path = str(directory_of(conf).absolute())
    for plugin in conf.plugins:
        sys.path.insert(0, path)
        try:
            plugin_manager.import_plugin(plugin)
        finally:
            sys.path.remove(path)
