"""The record of what was ever published: names that results refer to, sources behind numbers.

``make record`` adds what is new and takes over raised versions. It refuses to forget a name,
and to take over a changed source under an unchanged version, unless told that the change
leaves the numbers as they are (``make record ARGS=--same-numbers``).
"""

import ast
import hashlib
import inspect
import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from benchmarks import backends, catalogue, frameworks, operation, resources
from benchmarks.operation import HARNESS_VERSION, Operation

PATH = Path(__file__).with_name("published.json")

#: Modules whose sources concern every operation: the harness has a version of its own, labels
#: have none, and how inputs are drawn shows in all numbers at once. The last shift no number.
SHARED = {"backends", "cases", "frameworks", "inputs", "operation", "resources"}
SHARED |= {"agreement", "decoder_reference", "encoder_reference", "work"}

#: What shifts no number: attributes that name things (they are recorded themselves), and what an
#: operation says of itself beside what is timed.
UNTIMED = {
    *("cases", "version", "dtypes", "modes", "table", "title", "BACKENDS"),
    *("since", "since_by_dtype", "tolerances", "gradient_tolerances"),
    *("error_cases", "componentwise", "hurting"),
    *("small_cases", "small", "reference", "tolerance", "random", "work"),
}


def operations() -> dict[str, type[Operation]]:
    """Every benchmark class by asv's name for it, ``family.Class``."""
    return catalogue.operations()


def current() -> dict[str, Any]:
    """What the sources say now, in the form of the record."""
    modules = (operation, frameworks, resources, backends)
    harness = [_outline(_bare(ast.parse(inspect.getsource(module)))) for module in modules]
    return {
        "harness": {
            "version": str(HARNESS_VERSION),
            "fingerprint": _hash(harness),
        },
        "backends": list(backends.BACKENDS),
        "kinds": {
            name: [each.framework, each.device, each.compiled]
            for name, each in backends.BACKENDS.items()
        },
        "operations": {
            name: {
                "version": str(cls.version),
                "fingerprint": fingerprint(cls),
                "cases": list(cls.cases),
                **(
                    {"axes": {axis: list(each) for axis, each in cls.axes.items()}}
                    if cls.axes
                    else {}
                ),
            }
            for name, cls in sorted(operations().items())
        },
    }


def fingerprint(cls: type[Operation]) -> str:
    """A hash of all the source in its module that the class uses, and in those that this module
    imports from, but for `SHARED` ones; comments do not count."""
    defined = _definitions(cls.__module__)
    todo, used = [cls.__name__], {}
    while todo:
        name = todo.pop()
        if name in defined and name not in used:
            used[name] = _bare(defined[name])
            todo += [node.id for node in ast.walk(used[name]) if isinstance(node, ast.Name)]
    return _hash([_outline(used[name]) for name in sorted(used)])


def _definitions(module: str) -> dict[str, ast.stmt]:
    """What a module defines, and what those define that it imports from."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    defined: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module not in SHARED:
            defined |= _definitions(f"{module.rpartition('.')[0]}.{node.module}")
    return defined | {name: node for node in tree.body for name in _defined_names(node)}


def _defined_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _bare(tree: Any) -> Any:
    """A copy of a syntax tree without docstrings, annotations and attributes that only name."""
    tree = deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Module):
            if ast.get_docstring(node) is not None:
                del node.body[0]
            node.body = [child for child in node.body if not _is_untimed(child)]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _outline(node: Any) -> Any:
    """A syntax tree as nested lists, the same for every Python that parses it."""
    if isinstance(node, list):
        return [_outline(child) for child in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
    return [type(node).__name__, *([name, _outline(value)] for name, value in fields)]


def _is_untimed(node: ast.stmt) -> bool:
    return bool(UNTIMED & set(_defined_names(node)))


def _hash(outline: Any) -> str:
    return hashlib.sha256(json.dumps(outline).encode()).hexdigest()[:16]


def recorded() -> dict[str, Any]:
    """The record in git; empty before the first one."""
    if not PATH.exists():
        return {"harness": {}, "backends": [], "operations": {}}
    record: dict[str, Any] = json.loads(PATH.read_text())
    return record


def forgotten(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Names that were published and are gone."""
    gone = [f"backend {name}" for name in old["backends"] if name not in new["backends"]]
    for name, entry in old["operations"].items():
        if name not in new["operations"]:
            gone.append(f"operation {name}")
            continue
        for kind, (before, after) in _values(entry, new["operations"][name]).items():
            gone += [f"{kind} {name} {value!r}" for value in before if value not in after]
    return gone


def _values(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[list[str], list[str]]]:
    """Of an operation: the values of each parameter but the backend, before and now."""
    axes, later = old.get("axes", {}), new.get("axes", {})
    return {
        "case": (old["cases"], new["cases"]),
        **{axis: (axes[axis], later.get(axis, [])) for axis in axes},
    }


def silently_changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What has another source under the same version."""
    pairs = [("harness", old["harness"], new["harness"])]
    pairs += [
        (name, entry, new["operations"][name])
        for name, entry in old["operations"].items()
        if name in new["operations"]
    ]
    found = [
        name
        for name, before, after in pairs
        if before
        and before["version"] == after["version"]
        and before["fingerprint"] != after["fingerprint"]
    ]
    kinds = old.get("kinds", {})
    return found + [f"backend {name}" for name in kinds if new["kinds"].get(name) != kinds[name]]


def main(arguments: list[str]) -> int:
    """Write the record; the exit status is 1 when that would break published results."""
    old, new = recorded(), current()
    if gone := forgotten(old, new):
        print(f"Published names must stay, results refer to them: {', '.join(gone)}.")
        return 1
    changed = silently_changed(old, new)
    if changed and "--same-numbers" not in arguments:
        print(
            f"Changed under the same version: {', '.join(changed)}. Raise `version` (the harness: "
            "HARNESS_VERSION), or say with ARGS=--same-numbers that no number shifts."
        )
        return 1
    PATH.write_text(json.dumps(new, indent=1) + "\n")
    print(f"{PATH.name}: {len(new['operations'])} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
