"""An operation's source without the suite around it: what its inputs and its MLX call need.

The suite is read, not imported. Of the class and those that it derives from the inputs and the MLX
definition stay, as plain functions, with the helpers, constants and imports that these use.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path

from mlx_asv.axes import Name

#: The methods that become functions of the same names.
KEPT = ("arrays", "mlx")

#: Methods that change what is called, or with what, in a way that these functions do not show.
UNSHOWN = ("load", "input_dtype", "differentiated", "prepare")

#: Characters of a line on which a function is written, if its statements are simple.
WIDTH = 100
COMPOUND = re.compile(r"(def|class|if|for|while|with|try)\b")


class NoSource(Exception):
    """There is no such operation, or it cannot stand by itself; says why."""


@dataclass(frozen=True)
class Source:
    """Python: import statements, and the lines after them."""

    imports: list[str]
    lines: list[str]


def standalone(suite: Path, benchmark: str) -> Source:
    """What defines `arrays(case, rng)` and `mlx(case, mx, nn)` of a benchmark.

    `suite`: the directory of its modules. `benchmark`: ``sorting.Sort.time_forward``. Raises
    NoSource.
    """
    module, name = Name(benchmark).family, Name(benchmark).operation
    try:
        lineage = _lineage(suite, module, name)
        if any(each.method(method) for each in lineage[:-1] for method in UNSHOWN):
            raise NoSource(f"{name} prepares more than its inputs.")
        found = _Collected(suite, lineage)
        for method in KEPT:
            found.function(method, 0)
    except OSError as error:
        raise NoSource(f"{suite / module}.py cannot be read: {error.strerror}.") from error
    return Source(found.imports, found.lines)


@dataclass(frozen=True)
class _Class:
    module: str
    node: ast.ClassDef

    def method(self, name: str) -> ast.FunctionDef | None:
        """Its own definition of a method, if it has one that is not abstract."""
        found = (n for n in self.node.body if isinstance(n, ast.FunctionDef) and n.name == name)
        node = next(found, None)
        if node is None or any(_is_abstract(each) for each in node.decorator_list):
            return None
        return node


def _is_abstract(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id == "abstractmethod"


def _lineage(suite: Path, module: str, name: str) -> list[_Class]:
    """A class and its bases of the suite, the base last: the first base of each."""
    found: list[_Class] = []
    while place := _defined(suite, module, name):
        module, node = place
        if not isinstance(node, ast.ClassDef):
            break
        found.append(_Class(module, node))
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        if not bases:
            break
        name = bases[0]
    if not found:
        raise NoSource(f"{suite / module}.py defines no class {name}.")
    return found


def _defined(suite: Path, module: str, name: str) -> tuple[str, ast.stmt] | None:
    """The module of the suite that binds `name`, seen from `module`, and the statement."""
    for node in ast.parse((suite / f"{module}.py").read_text(encoding="utf-8")).body:
        if name in _bound(node):
            if isinstance(node, ast.ImportFrom) and node.level:
                return _defined(suite, str(node.module), name)
            return module, node
    return None


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement at the top of a module binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


@dataclass
class _Collected:
    """Lines in the order in which they must stand: whatever is used comes first."""

    suite: Path
    lineage: Sequence[_Class]
    imports: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    _done: set[str] = field(default_factory=set)

    def function(self, method: str, first: int) -> str:
        """Write `method` as the class at `first`, or the nearest above it, has it; its name."""
        places = [n for n, each in enumerate(self.lineage) if each.method(method)]
        place = next((n for n in places if n >= first), None)
        if place is None:
            raise NoSource(f"{self.lineage[0].node.name} defines no method {method!r}.")
        owner = self.lineage[place]
        name = method if place == places[0] else f"{method}_of_{owner.node.name}".replace("__", "_")
        if name not in self._done:
            self._done.add(name)
            node = owner.method(method)
            assert node is not None
            node.name, node.args.args = name, node.args.args[1:]
            self._write(owner.module, _Plain(self, place).visit(node))
        return name

    def use(self, module: str, name: str) -> None:
        """Write what `name` is in `module`, if it is defined there or imported."""
        place = _defined(self.suite, module, name)
        if place is None or name in self._done:
            return
        self._done.add(name)
        module, node = place
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [a for a in node.names if name == (a.asname or a.name)]
            self.imports.append(ast.unparse(node))
        else:
            self._write(module, _Plain(self, 0).visit(node))

    def _write(self, module: str, node: ast.stmt) -> None:
        node = ast.fix_missing_locations(node)
        for name in dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name)):
            if name == "self":
                raise NoSource(f"{self.lineage[0].node.name} uses more of itself than methods.")
            self.use(module, name)
        self.lines += _short([line for line in ast.unparse(node).splitlines() if line.strip()])


def _short(lines: Sequence[str]) -> list[str]:
    """With each function that has only simple statements on a line of its own, where it fits."""
    found: list[str] = []
    rest = list(lines)
    while rest:
        head = rest.pop(0)
        deep = len(head) - len(head.lstrip())
        body = list(takewhile(partial(_inside, deep), rest))
        simple = all(line[deep + 4] != " " and not COMPOUND.match(line.strip()) for line in body)
        joined = f"{head} {'; '.join(line.strip() for line in body)}"
        if head.lstrip().startswith("def ") and simple and len(joined) <= WIDTH:
            found.append(joined)
            rest = rest[len(body) :]
        else:
            found.append(head)
    return found


def _inside(deep: int, line: str) -> bool:
    return line[: deep + 1].isspace()


@dataclass
class _Plain(ast.NodeTransformer):
    """Takes off annotations, docstrings and decorators, and makes calls of methods plain ones."""

    source: _Collected
    #: The class, in the lineage, whose method this is.
    place: int

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """The bare function."""
        node.returns, node.decorator_list = None, []
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """An assignment without its type."""
        self.generic_visit(node)
        return node if node.value is None else ast.Assign([node.target], node.value)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """``self.f(x)`` and ``super().f(x)`` as ``f(x)``."""
        self.generic_visit(node)
        if isinstance(method := node.func, ast.Attribute):
            owner = ast.unparse(method.value)
            if owner in ("self", "super()"):
                first = 0 if owner == "self" else self.place + 1
                node.func = ast.Name(self.source.function(method.attr, first), ast.Load())
        return node
