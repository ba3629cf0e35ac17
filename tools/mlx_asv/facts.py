"""What a suite says of itself: what its backends are, and what a case does.

A suite says so in ``facts.py`` in the directory of its benchmarks, by two names, of which either
may be missing:

    BACKENDS: a mapping from a backend's name to an object with the attributes of `Backend`
    case(family, operation, method, values): an object with the attributes of `CaseFacts`, or None

A suite without that module has no facts. What a backend's object or a case's lacks has the default.
"""

import sys
from ast import literal_eval
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from .axes import Axes, Name

#: The module of a suite that has its facts.
MODULE = "facts"

_loaded: dict[Path, ModuleType] = {}


class FactsError(Exception):
    """A suite's facts cannot be had; says which module, and why."""


@dataclass(frozen=True)
class Backend:
    """What a backend is.

    `control`: it does not change with the release, and is there to compare with. `imports`: what
    is imported before its processes are copied; None: its processes start from nothing.
    """

    name: str
    framework: str = ""
    device: str = ""
    compiled: bool = False
    control: bool = False
    imports: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Work:
    """Of one call: `bytes` that it moves at least, floating-point `operations` (None: unknown)."""

    bytes: int
    operations: int | None = None


@dataclass(frozen=True)
class CaseFacts:
    """What a case is.

    `shapes`: of its inputs, as many as it names. `axis`: the one along which something is done.
    `numbers`: others that it names. `work`: None where nobody says. `table`: the one that it is a
    row of, "operations" or "models", and `title`: what it is called there; None if there is none.
    `dtype`: the element type of its floating-point inputs. `mode`: what is called, "forward" or the
    "gradient" by all inputs. Of a tracking benchmark: `allowed`, the largest value that is right
    for the case, and `rounding`, the one that nothing can be better than; None where nobody says.
    """

    shapes: tuple[tuple[int, ...], ...] = ()
    axis: int | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    work: Work | None = None
    table: str | None = None
    title: str = ""
    dtype: str = "float32"
    mode: str = "forward"
    allowed: float | None = None
    rounding: float | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of the suite in `directory`.

    `settings`: the section "sweep" of asv.conf.json. There a suite that does not export BACKENDS
    names its "controls" and "imports". Reading raises FactsError.
    """

    directory: Path
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def backends(self) -> Mapping[str, Backend]:
        """Those that are known, by name, in the suite's order."""
        exported = getattr(_module(self.directory), "BACKENDS", None)
        if exported is not None:
            return {name: _filled(Backend, each, name=name) for name, each in exported.items()}
        controls, imports = (self.settings.get(key, {}) for key in ("controls", "imports"))
        return {
            name: Backend(
                name,
                control=name in controls,
                imports=tuple(imports[name]) if name in imports else None,
            )
            for name in (*imports, *(name for name in controls if name not in imports))
        }

    def backend(self, name: str) -> Backend:
        """What is known of one: of an unknown one its name."""
        return self.backends.get(name) or Backend(name)

    @property
    def controls(self) -> frozenset[str]:
        """The backends that do not change with the release."""
        return frozenset(name for name, each in self.backends.items() if each.control)

    @property
    def imports(self) -> dict[str, tuple[str, ...]]:
        """What to import for the backends whose processes may be copies."""
        found = self.backends.items()
        return {name: each.imports for name, each in found if each.imports is not None}

    def allowed(self, benchmark: str, axes: Axes) -> float | None:
        """The largest value that is right for a case of a tracking benchmark."""
        found = self.case(benchmark, axes)
        return None if found is None else found.allowed

    def case(self, benchmark: str, axes: Axes) -> CaseFacts | None:
        """What is known of a case of a benchmark."""
        describe = getattr(_module(self.directory), "case", None)
        if describe is None:
            return None
        name = Name(benchmark)
        said = describe(name.family, name.operation, name.method, values(axes))
        if said is None:
            return None
        done = getattr(said, "work", None)
        work = None if done is None else _filled(Work, done)
        found: CaseFacts = _filled(CaseFacts, said, work=work)
        return found


def values(axes: Axes) -> dict[str, Any]:
    """The values themselves where asv's repr is one of Python's own, the repr elsewhere."""
    return {name: _value(text) for name, text in axes.items()}


def _value(text: str) -> Any:
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _filled(kind: Any, said: object, **known: Any) -> Any:
    """An object of the class `kind`: of what is known, and of what another one says."""
    names = [each.name for each in fields(kind) if each.name not in known]
    return kind(**known, **{name: getattr(said, name) for name in names if hasattr(said, name)})


def _module(directory: Path) -> ModuleType | None:
    """The module of a suite, imported from where it is and under a name of its own: what else is
    called like the suite, or is in the current directory, has no part in it."""
    directory = directory.absolute()
    if not (directory / f"{MODULE}.py").is_file():
        return None  # may come yet
    if directory not in _loaded:
        package = f"_suite_{sha256(str(directory).encode()).hexdigest()[:12]}"
        spec = spec_from_file_location(
            package, directory / "__init__.py", submodule_search_locations=[str(directory)]
        )
        assert spec is not None and spec.loader is not None
        sys.modules[package] = module_from_spec(spec)
        try:
            if (directory / "__init__.py").is_file():
                spec.loader.exec_module(sys.modules[package])
            _loaded[directory] = import_module(f"{package}.{MODULE}")
        except ImportError as error:
            raise FactsError(f"{directory / MODULE}.py cannot be imported: {error}.") from error
    return _loaded[directory]
